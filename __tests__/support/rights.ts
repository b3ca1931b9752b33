/** Who owns what and who may do what on a server, read from its catalogs with nothing of the product. */
import { runSql, type TestServer } from './servers.js'

/** What is so (`owner of table public.t`), and how (`app`). */
export type Rights = ReadonlyMap<string, string>

/** Rights inside one database. The owner is written as such in privileges, because it may be another on the other side. */
export async function rightsIn(server: TestServer, database: string): Promise<Rights> {
  const rights = await read(server, database, [
    owners,
    privileges,
    columnPrivileges,
    defaultPrivileges,
    createOnPublic,
  ])
  return new Map([...rights].map(([what, how]) => [asEveryMajor(what), how]))
}

/** Roles with all that they are, memberships, settings, and the databases themselves. */
export function rightsOf(server: TestServer): Promise<Rights> {
  return read(server, 'postgres', [
    roles,
    memberships(server.major),
    settings,
    databases,
    ...(server.major >= 15 ? [parameterPrivileges] : []),
  ])
}

export interface Differing {
  readonly what: string
  readonly source: string | undefined
  readonly target: string | undefined
}

/** What somebody may do on the target and nobody on the source; new objects of newer extensions are none of these. */
const mayNotBeMore = /^(?:default privileges|membership|setting|privileges on column)/

/** What of the source is not so on the target, and what the target has too much. */
export function differing(source: Rights, target: Rights): Differing[] {
  const extra = [...target.keys()].filter((what) => mayNotBeMore.test(what) && !source.has(what))
  return [...source.keys(), ...extra]
    .map((what) => ({ what, source: source.get(what), target: target.get(what) }))
    .filter((each) => each.source !== each.target)
    .filter((each) => each.source !== extensionsOwn || each.target !== undefined)
}

async function read(
  server: TestServer,
  database: string,
  branches: readonly string[],
): Promise<Rights> {
  const rows = await runSql<{ what: string; how: string }>(
    server,
    database,
    `set search_path = pg_catalog; set quote_all_identifiers = off; 
     select r.what, r.how from (${branches.join(' union all ')}) r (what, how) order by 1`,
  )
  return new Map(rows.map(({ what, how }) => [what, how]))
}

/** A word may be a keyword, and so be quoted, on one of both sides; and 17 leaves the schema of json away. */
function asEveryMajor(text: string): string {
  return text.replaceAll(/"([a-z_][a-z0-9_]*)"/g, '$1').replaceAll(/\bpg_catalog\.(?=json\b)/g, '')
}

/** Grantee, privilege, `*` for the grant option, grantor; MAINTAIN is new in 17, and comes with what an owner has. */
const aclText = (acl: string, owner: string) => `
  coalesce((select string_agg(line, ', ' order by line collate "C") from (
    select format('%s=%s%s/%s', case a.grantee when 0 then 'PUBLIC' when ${owner} then '(owner)' else pg_get_userbyid(a.grantee)::text end,
                  a.privilege_type, case when a.is_grantable then '*' end,
                  case a.grantor when ${owner} then '(owner)' else pg_get_userbyid(a.grantor)::text end) as line
      from aclexplode(${acl}) a where not (a.privilege_type = 'MAINTAIN' and a.grantee = ${owner})) l), 'nobody')`

interface Catalog {
  readonly name: string
  readonly prefix: string
  readonly acl?: readonly [column: string, kind: string]
  readonly only?: string
}

const catalogs: readonly Catalog[] = [
  {
    name: 'pg_class',
    prefix: 'rel',
    acl: ['relacl', `case x.relkind when 'S' then 's' else 'r' end`],
    only: `x.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and x.relpersistence <> 't'`,
  },
  { name: 'pg_proc', prefix: 'pro', acl: ['proacl', `'f'`] },
  // The row type of a table goes with the table, and from 14 on a range type has a multirange.
  {
    name: 'pg_type',
    prefix: 'typ',
    acl: ['typacl', `'T'`],
    only: `x.typtype in ('b', 'd', 'e', 'r') and x.typelem = 0`,
  },
  { name: 'pg_operator', prefix: 'opr' },
  { name: 'pg_opclass', prefix: 'opc' },
  { name: 'pg_opfamily', prefix: 'opf' },
  { name: 'pg_collation', prefix: 'coll' },
  { name: 'pg_conversion', prefix: 'con' },
  { name: 'pg_ts_config', prefix: 'cfg' },
  { name: 'pg_ts_dict', prefix: 'dict' },
  { name: 'pg_statistic_ext', prefix: 'stx' },
  { name: 'pg_language', prefix: 'lan', acl: ['lanacl', `'l'`] },
  { name: 'pg_foreign_data_wrapper', prefix: 'fdw', acl: ['fdwacl', `'F'`] },
  { name: 'pg_foreign_server', prefix: 'srv', acl: ['srvacl', `'S'`] },
  { name: 'pg_event_trigger', prefix: 'evt' },
  { name: 'pg_publication', prefix: 'pub' },
  {
    name: 'pg_namespace',
    prefix: 'nsp',
    acl: ['nspacl', `'n'`],
    only: `(x.oid >= 16384 or x.nspname = 'public') and x.nspname not like 'pg\\_%'`,
  },
  { name: 'pg_largeobject_metadata', prefix: 'lom', acl: ['lomacl', `'L'`] },
]

/** What an extension has made, and left as it is; a newer version may do without. */
const extensionsOwn = 'as the extension gives them'

const isMember = (name: string) =>
  `exists (select from pg_depend d where d.classid = '${name}'::regclass and d.objid = x.oid and d.deptype = 'e')`

/** Large objects are identified by the catalog of their pages. */
const identified = (name: string) =>
  `cross join lateral pg_identify_object('${name.replace('_metadata', '')}'::regclass, x.oid, 0) i`

/** Not those of extensions, nor of public, which from 15 on is the database owner's everywhere. */
const owners = catalogs
  .map(
    ({ name, prefix, only = 'true' }) => `
      select 'owner of ' || i.type || ' ' || i.identity, pg_get_userbyid(x.${prefix}owner)::text
        from ${name} x ${identified(name)}
       where x.oid >= 16384 and ${only}
         and not ${isMember(name)}`,
  )
  .join(' union all ')

const privileges = catalogs
  .flatMap(({ name, prefix, acl, only = 'true' }) =>
    acl === undefined
      ? []
      : [
          `select 'privileges on ' || i.type || ' ' || i.identity,
                  case when x.${acl[0]} is null and ${isMember(name)} then '${extensionsOwn}'
                       else ${aclText(`coalesce(x.${acl[0]}, acldefault((${acl[1]})::"char", x.${prefix}owner))`, `x.${prefix}owner`)} end
             from ${name} x ${identified(name)}
            where (x.oid >= 16384 or i.identity in ('public', 'plpgsql')) and ${only}`,
        ],
  )
  .join(' union all ')

const columnPrivileges = `
  select 'privileges on column ' || c.oid::regclass || '.' || a.attname, ${aclText('a.attacl', 'c.relowner')}
    from pg_attribute a join pg_class c on c.oid = a.attrelid
   where c.oid >= 16384 and a.attacl is not null and not a.attisdropped`

const defaultPrivileges = `
  select format('default privileges of %s in %s on %s', pg_get_userbyid(d.defaclrole),
                coalesce(n.nspname, 'every schema'), d.defaclobjtype), ${aclText('d.defaclacl', 'd.defaclrole')}
    from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace`

const createOnPublic = `
  select 'create on schema public for ' || r.rolname, has_schema_privilege(r.oid, 'public', 'create')::text
    from pg_roles r where not r.rolsuper and r.rolname not like 'pg\\_%'`

const roles = `
  select 'role ' || r.rolname,
         concat_ws(' ', case when rolsuper then 'superuser' end, case when rolinherit then 'inherit' end,
                   case when rolcreaterole then 'createrole' end, case when rolcreatedb then 'createdb' end,
                   case when rolcanlogin then 'login' end, case when rolreplication then 'replication' end,
                   case when rolbypassrls then 'bypassrls' end, rolconnlimit, rolvaliduntil at time zone 'UTC',
                   rolpassword, shobj_description(r.oid, 'pg_authid'))
    from pg_authid r where r.oid >= 16384`

/** Before 16 a member inherited as its attribute says, and could always SET ROLE. Who granted is another matter. */
const memberships = (major: number) => `
  select format('membership of %s in %s', u.rolname, r.rolname),
         concat_ws(' ', case when bool_or(m.admin_option) then 'admin' end,
                   case when bool_or(${major >= 16 ? 'm.inherit_option' : 'u.rolinherit'}) then 'inherit' end,
                   case when bool_or(${major >= 16 ? 'm.set_option' : 'true'}) then 'set' end)
    from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles u on u.oid = m.member
   where u.oid >= 16384 group by 1`

const settings = `
  select format('setting %s of %s in %s', split_part(s.setting, '=', 1),
                case c.setrole when 0 then 'all roles' else pg_get_userbyid(c.setrole) end,
                coalesce(d.datname, 'every database')), s.setting
    from pg_db_role_setting c left join pg_database d on d.oid = c.setdatabase
   cross join unnest(c.setconfig) s (setting)`

const databases = `
  select 'owner of database ' || datname, pg_get_userbyid(datdba)::text from pg_database where oid >= 16384
   union all
  select 'privileges on database ' || datname, ${aclText(`coalesce(datacl, acldefault('d', datdba))`, 'datdba')}
    from pg_database where oid >= 16384`

const parameterPrivileges = `
  select format('privilege on parameter %s of %s', p.parname, pg_get_userbyid(a.grantee)), string_agg(a.privilege_type, ' ' order by a.privilege_type)
    from pg_parameter_acl p cross join aclexplode(p.paracl) a where a.grantee <> 10 group by 1`
