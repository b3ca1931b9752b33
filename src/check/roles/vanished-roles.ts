/** Owners, grantees and other roles in the catalogs that are no roles any more: a dump writes their numbers or nothing, or ends. */
import { isRole, ownerCatalogs } from '../../server/index.js'
import { listed } from '../../report/format.js'
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'

interface Trace {
  /** The object identifier of what was a role. */
  readonly oid: string
  readonly kind:
    'owner' | 'privileges' | 'policy' | 'default privileges' | 'user mapping' | 'settings'
  /** What names it: the type and the quoted identity. */
  readonly type: string
  readonly identity: string
  /** Of privileges: where they are written. */
  readonly catalog: string | null
  readonly acl: string | null
}

const vanished = (oid: string) => `(${oid} <> 0 and not ${isRole(oid)})`

const owners = [
  ...ownerCatalogs.map(
    ({ name, owner, only = 'true' }) =>
      `select x.${owner}, 'owner', 'pg_catalog.${name}'::pg_catalog.regclass, x.oid, 0, null, null
         from pg_catalog.${name} x
        where ${vanished(`x.${owner}`)} and ${only}
          and not exists (select from pg_catalog.pg_depend d
                           where d.classid = 'pg_catalog.${name}'::pg_catalog.regclass and d.objid = x.oid
                             and d.deptype in ('a', 'i') and d.refobjsubid > 0)`,
  ),
  `select x.lomowner, 'owner', 'pg_catalog.pg_largeobject'::pg_catalog.regclass, x.oid, 0, null, null
     from pg_catalog.pg_largeobject_metadata x where ${vanished('x.lomowner')}`,
  `select x.datdba, 'owner', 'pg_catalog.pg_database'::pg_catalog.regclass, x.oid, 0, null, null
     from pg_catalog.pg_database x where x.datname = pg_catalog.current_database() and ${vanished('x.datdba')}`,
]

/** A catalog with privileges; a dump has those that are not what the object was made with. */
interface AclCatalog {
  readonly name: string
  readonly acl: string
  /** What acldefault() gives: an expression. */
  readonly given: string
  readonly only: string
  /** Where it is not the row itself, the catalog and row that the privileges are on. */
  readonly on?: string
  readonly oid?: string
  readonly part?: string
}

const aclCatalogs: readonly AclCatalog[] = [
  ...ownerCatalogs.flatMap(({ name, owner, schema, acl, kind, only = 'true' }) =>
    acl === undefined || kind === undefined
      ? []
      : {
          name,
          acl,
          given: `pg_catalog.acldefault((${kind})::pg_catalog."char", x.${owner})`,
          only: `${only}${schema === undefined ? '' : ` and x.${schema} <> 'information_schema'::pg_catalog.regnamespace`}`,
        },
  ),
  {
    name: 'pg_attribute',
    acl: 'attacl',
    given: `'{}'`,
    only: 'not x.attisdropped',
    on: 'pg_class',
    oid: 'x.attrelid',
    part: 'x.attnum',
  },
  {
    name: 'pg_largeobject_metadata',
    acl: 'lomacl',
    given: `pg_catalog.acldefault('L', x.lomowner)`,
    only: 'true',
    on: 'pg_largeobject',
  },
]

/** `now` is compared with what initdb or an extension's script gave, which stands in pg_init_privs and keeps roles that were dropped. */
const privileges = aclCatalogs.flatMap(
  ({ name, acl, given, only, on = name, oid = 'x.oid', part = '0' }) => {
    const now = `coalesce(x.${acl}, ${given})`
    const first = `coalesce(p.initprivs, ${given})`
    const differing = (some: string, others: string, place: string) =>
      `select a.role, 'privileges', 'pg_catalog.${on}'::pg_catalog.regclass, ${oid}, ${part}, ${place}
         from pg_catalog.${name} x
         left join pg_catalog.pg_init_privs p
           on p.classoid = 'pg_catalog.${on}'::pg_catalog.regclass and p.objoid = ${oid} and p.objsubid = ${part}
        cross join lateral pg_catalog.unnest(${some}) i (item)
        cross join lateral pg_catalog.aclexplode(array[i.item]) e
        cross join lateral (values (e.grantee), (e.grantor)) a (role)
        where (x.${acl} is not null or p.initprivs is not null) and ${only}
          and not (i.item = any (${others})) and ${vanished('a.role')}`
    return [
      differing(now, first, `'${name}', '${acl}'`),
      differing(first, now, `'pg_init_privs', 'initprivs'`),
    ]
  },
)

/** A policy of several roles loses those that are gone; one of these alone cannot be restored. */
const others = [
  `select p.polroles[1], 'policy', 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid, 0, null, null
     from pg_catalog.pg_policy p
    where p.polroles <> '{0}' and not exists (select from pg_catalog.pg_roles r where r.oid = any (p.polroles))`,
  `select d.defaclrole, 'default privileges', 'pg_catalog.pg_default_acl'::pg_catalog.regclass, null, 0, null, null
     from pg_catalog.pg_default_acl d where ${vanished('d.defaclrole')}`,
  `select a.role, 'privileges', 'pg_catalog.pg_default_acl'::pg_catalog.regclass, null, 0, 'pg_default_acl', 'defaclacl'
     from pg_catalog.pg_default_acl d
    cross join lateral pg_catalog.aclexplode(d.defaclacl) e
    cross join lateral (values (e.grantee), (e.grantor)) a (role)
    where ${vanished('a.role')} and not ${vanished('d.defaclrole')}`,
  // pg_identify_object fails on the mapping itself.
  `select m.umuser, 'user mapping', 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, m.srvid, 0, null, null
     from pg_catalog.pg_user_mappings m where ${vanished('m.umuser')}`,
]

/** What belongs to the database as a whole, which no dump carries. */
const ofDatabase = [
  `select a.role, 'privileges', 'pg_catalog.pg_database'::pg_catalog.regclass, d.oid, 0, 'pg_database', 'datacl'
     from pg_catalog.pg_database d
    cross join lateral pg_catalog.aclexplode(d.datacl) e
    cross join lateral (values (e.grantee), (e.grantor)) a (role)
    where d.datname = pg_catalog.current_database() and ${vanished('a.role')}`,
  `select s.setrole, 'settings', 'pg_catalog.pg_database'::pg_catalog.regclass, d.oid, 0, 'pg_db_role_setting', null
     from pg_catalog.pg_db_role_setting s
     join pg_catalog.pg_database d on d.oid = s.setdatabase
    where d.datname = pg_catalog.current_database() and ${vanished('s.setrole')}`,
]

const traces = `
  select distinct t.role::pg_catalog.text as oid, t.kind, t.catalog, t.acl,
         coalesce(i.type, 'default') as type, coalesce(i.identity, 'privileges') as identity
    from (${[...owners, ...privileges, ...others, ...ofDatabase].join('\nunion all\n')}) t (role, kind, class, oid, part, catalog, acl)
    left join lateral pg_catalog.pg_identify_object(t.class, t.oid, t.part) i on t.oid is not null
   order by 1, 2, 5, 6`

export const roleVanished: DatabaseCheck = {
  name: 'role-vanished',
  scope: 'database',
  subject: 'whether every owner and grantee is a role',
  worst: 'blocking',
  async run(context) {
    const found = await context.sourceSession.query<Trace>(traces)
    const oids = [...new Set(found.map(({ oid }) => oid))]
    return oids.map((oid) =>
      describe(
        oid,
        found.filter((trace) => trace.oid === oid),
        context,
      ),
    )
  },
}

const shown = 5

/** Without a superuser on the target, no privileges are restored from a dump; those on the database, and its settings, never are. */
function describe(oid: string, list: readonly Trace[], { target }: DatabaseContext): Found {
  const isHarmless = list.every(
    ({ kind, catalog }) =>
      kind === 'settings' ||
      (kind === 'privileges' && (catalog === 'pg_database' || !target.facts.isSuperuser)),
  )
  const names = [...new Set(list.map(nameOf))]
  const end = isHarmless
    ? 'What it was given is left behind'
    : 'The dump or the restore would fail on it'
  return {
    severity: isHarmless ? 'warning' : 'blocking',
    object: `OID ${oid}`,
    message: `The role with the OID ${oid} was dropped on the source, and still stands as owner, or in privileges, policies, settings or user mappings, of: ${listed(names, shown)}. ${end}.`,
    remedy: `-- on the source, in the database, as a superuser\n${[...new Set(list.map(statementFor))].join('\n')}`,
  }
}

function nameOf({ kind, type, identity }: Trace): string {
  const object = `${type} ${identity}`
  return kind === 'user mapping' ? `user mapping on ${object}` : object
}

/** ALTER's word for what pg_identify_object calls the object, where it is another. */
const words: Readonly<Record<string, string>> = {
  'foreign-data wrapper': 'foreign data wrapper',
  'statistics object': 'statistics',
}

/** No GRANT or REVOKE can name what is no role: privileges are taken out of the catalog. */
function statementFor({ oid, kind, type, identity, catalog, acl }: Trace): string {
  if (kind === 'owner') return `alter ${words[type] ?? type} ${identity} owner to current_user;`
  if (kind === 'policy') return `drop policy ${identity};`
  if (kind === 'default privileges')
    return `delete from pg_catalog.pg_default_acl where defaclrole = ${oid};`
  if (kind === 'settings')
    return `delete from pg_catalog.pg_db_role_setting where setrole = ${oid};`
  if (kind === 'user mapping') return removalOfMappings(oid)
  const column = acl ?? ''
  const gone = (items: string) =>
    `exists (select from pg_catalog.aclexplode(${items}) a where ${oid} in (a.grantee, a.grantor))`
  return `update pg_catalog.${catalog ?? ''} set ${column} = array(select i from pg_catalog.unnest(${column}) i where not ${gone('array[i]')}) where ${gone(column)};`
}

/** Without what it depends on, which would keep the server from being dropped. */
function removalOfMappings(oid: string): string {
  const mappings = `pg_catalog.pg_user_mapping where umuser = ${oid}`
  return [
    `delete from pg_catalog.pg_depend where classid = 'pg_catalog.pg_user_mapping'::pg_catalog.regclass and objid in (select oid from ${mappings});`,
    `delete from ${mappings};`,
  ].join('\n')
}
