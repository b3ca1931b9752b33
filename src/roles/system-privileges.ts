/** Reads what was granted or revoked on objects of the server itself and of extensions; most of it a dump carries as well. */
import {
  isMember,
  ownerCatalogs,
  privilegesOf,
  regclass,
  unrecordedPrivileges,
  type ColumnPrivileges,
  type OwnedObject,
  type Privilege,
  type Provider,
  type Session,
} from '../server/index.js'
import { isProviderRole } from './provider-roles.js'

/**
 * Objects whose privileges are not those that initdb or the extension's script gave (pg_init_privs); these stand
 * in the place of the defaults. What the owner has, and the provider's own roles, is not for us to carry.
 */
export async function readSystemPrivileges(
  session: Session,
  provider: Provider,
): Promise<OwnedObject[]> {
  const branches = ownerCatalogs.flatMap(({ name, owner, acl, kind, only }) =>
    acl === undefined || kind === undefined
      ? []
      : [
          `select 'pg_catalog.${name}'::pg_catalog.regclass::pg_catalog.oid, x.oid, x.${owner}, x.${acl},
                  coalesce(p.initprivs, pg_catalog.acldefault((${kind})::pg_catalog."char", x.${owner})
                                        || ${unrecordedPrivileges(name, 'x')})
             from pg_catalog.${name} x
             left join pg_catalog.pg_init_privs p
               on p.classoid = 'pg_catalog.${name}'::pg_catalog.regclass and p.objoid = x.oid and p.objsubid = 0
            where x.${acl} is not null and ${only ?? 'true'}
              ${name === 'pg_namespace' ? `and x.nspname <> 'public'` : ''}
              and (x.oid < 16384
                   or ${isMember(regclass(name), 'x.oid')})`,
        ],
  )
  const rows = await session.query<OwnedObject>(
    `select x.catalog::pg_catalog.text as catalog, x.oid::pg_catalog.text as oid, i.type, i.identity,
            i.schema, pg_catalog.pg_get_userbyid(x.owner)::pg_catalog.text as owner,
            false as "followsTable", ${privilegesOf('x.acl')} as privileges,
            ${privilegesOf('x.initial')} as defaults
       from (${branches.join('\nunion all\n')}) x (catalog, oid, owner, acl, initial)
      cross join lateral pg_catalog.pg_identify_object(x.catalog, x.oid, 0) i
      where x.acl::pg_catalog.text[] is distinct from x.initial::pg_catalog.text[]
      order by 1, 2`,
  )
  return rows.map((row) => onlyCarried(row, provider))
}

/** As `type identity`. */
const inNoDump: ReadonlySet<string> = new Set([
  'schema information_schema',
  'language c',
  'language internal',
  'language sql',
])

/** What of it no dump carries (pg_dump.c, selectDumpableNamespace and getProcLangs), not even a superuser's. */
export async function readUncarriedPrivileges(
  session: Session,
  provider: Provider,
): Promise<OwnedObject[]> {
  const objects = await readSystemPrivileges(session, provider)
  return objects.filter(
    ({ type, identity, schema }) =>
      schema === 'information_schema' || inNoDump.has(`${type} ${identity}`),
  )
}

/** The same of columns. */
export async function readUncarriedColumnPrivileges(
  session: Session,
  provider: Provider,
): Promise<ColumnPrivileges[]> {
  const columns = await readSystemColumnPrivileges(session, provider)
  return columns.filter(({ table }) => table.startsWith('information_schema.'))
}

/** The same as `readSystemPrivileges` of the columns of these objects. */
export async function readSystemColumnPrivileges(
  session: Session,
  provider: Provider,
): Promise<ColumnPrivileges[]> {
  const rows = await session.query<ColumnPrivileges>(
    `select x.oid::pg_catalog.text as oid, t.identity as table, x.attname::pg_catalog.text as column,
            i.type || ' ' || i.identity as identity,
            pg_catalog.pg_get_userbyid(x.relowner)::pg_catalog.text as owner,
            ${privilegesOf('x.attacl')} as privileges, ${privilegesOf('x.initprivs')} as defaults
       from (select c.oid, c.relowner, a.attname, a.attnum, a.attacl, p.initprivs
               from pg_catalog.pg_attribute a
               join pg_catalog.pg_class c on c.oid = a.attrelid
               left join pg_catalog.pg_init_privs p
                 on p.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and p.objoid = a.attrelid and p.objsubid = a.attnum
              where a.attacl::pg_catalog.text[] is distinct from p.initprivs::pg_catalog.text[]
                and not a.attisdropped
                and (c.oid < 16384
                     or ${isMember(regclass('pg_class'), 'c.oid')})) x
      cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, x.oid, 0) t
      cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, x.oid, x.attnum) i
      order by 1, 3`,
  )
  return rows.map((row) => onlyCarried(row, provider))
}

interface Changed {
  readonly owner: string
  readonly privileges: readonly Privilege[] | null
  readonly defaults: readonly Privilege[] | null
}

function onlyCarried<Row extends Changed>(row: Row, provider: Provider) {
  const carried = (privileges: readonly Privilege[] | null) =>
    (privileges ?? []).filter(
      ({ grantee }) =>
        grantee === null || (grantee !== row.owner && !isProviderRole(grantee, provider)),
    )
  return { ...row, privileges: carried(row.privileges), defaults: carried(row.defaults) }
}
