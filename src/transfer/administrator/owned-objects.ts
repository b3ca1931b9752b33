/** Reads who owns every object of a database, and the privileges on it, in terms that make statements on another server. */
import {
  defaultPrivilegeIdentity,
  isMember,
  ownerCatalogs,
  privilegesOf,
  regclass,
  type ColumnPrivileges,
  type OwnedObject,
  type OwnerCatalog,
  type Privilege,
  type Session,
} from '../../server/index.js'

/** Whether the object gets its owner by a statement of its own; in every database of 15 and later public is its owner's. */
export function getsOwner({ followsTable, owner, type, identity }: OwnedObject): boolean {
  const isPublic = type === 'schema' && identity === 'public'
  return !followsTable && !(isPublic && owner === 'pg_database_owner')
}

/**
 * Every object that a dump gives an owner: neither the system's nor an extension's; the schema public is the user's. A range's
 * constructors belong on every server to the superuser that initdb made, and no dump says so.
 */
export async function readOwnedObjects(session: Session): Promise<OwnedObject[]> {
  const [role] = await session.query<{ isSuperuser: boolean }>(
    `select pg_catalog.current_setting('is_superuser') = 'on' as "isSuperuser"`,
  )
  return readObjects(session, [
    ...ownerCatalogs.map(branch),
    largeObjects,
    ...(role?.isSuperuser === true ? [subscriptions] : []),
  ])
}

/** What the branches find: the catalog, the row, its owner, its privileges, what acldefault() calls it, and the schema. */
export async function readObjects(
  session: Session,
  branches: readonly string[],
): Promise<OwnedObject[]> {
  return session.query<OwnedObject>(
    `select x.catalog::pg_catalog.text as catalog, x.oid::pg_catalog.text as oid, i.type, i.identity,
            pg_catalog.quote_ident(n.nspname) as schema,
            pg_catalog.pg_get_userbyid(x.owner)::pg_catalog.text as owner,
            exists (select from pg_catalog.pg_depend d
                     where x.catalog = 'pg_catalog.pg_class'::pg_catalog.regclass
                       and d.classid = x.catalog and d.objid = x.oid and d.deptype in ('a', 'i')
                       and d.refclassid = x.catalog and d.refobjsubid > 0
                       and i.type = 'sequence') as "followsTable",
            ${privilegesOf('x.acl')} as privileges,
            ${privilegesOf('case when x.kind is not null then pg_catalog.acldefault(x.kind, x.owner) end')} as defaults
       from (${branches.join('\nunion all\n')}) x (catalog, oid, owner, acl, kind, namespace)
      cross join lateral pg_catalog.pg_identify_object(x.catalog, x.oid, 0) i
       left join pg_catalog.pg_namespace n on n.oid = x.namespace
      order by x.catalog, x.oid`,
  )
}

function branch({ name, owner, schema, acl, kind, only }: OwnerCatalog): string {
  const catalog = `'pg_catalog.${name}'::pg_catalog.regclass`
  const partOfAnother = name === 'pg_proc' ? `in ('e', 'i')` : `= 'e'`
  return `select ${catalog}::pg_catalog.oid, x.oid, x.${owner},
                 ${acl === undefined ? 'null::pg_catalog.aclitem[]' : `x.${acl}`},
                 (${kind ?? 'null'})::pg_catalog."char",
                 ${schema === undefined ? 'null::pg_catalog.oid' : `x.${schema}`}
            from pg_catalog.${name} x
           where (x.oid >= 16384${name === 'pg_namespace' ? ` or x.nspname = 'public'` : ''})
             and not exists (select from pg_catalog.pg_depend d
                              where d.classid = ${catalog} and d.objid = x.oid
                                and d.deptype ${partOfAnother})
             and ${only ?? 'true'}`
}

/** Dependencies on large objects are recorded under pg_largeobject, and so are they identified. */
const largeObjects = `
  select 'pg_catalog.pg_largeobject'::pg_catalog.regclass::pg_catalog.oid, x.oid, x.lomowner, x.lomacl,
         'L'::pg_catalog."char", null::pg_catalog.oid
    from pg_catalog.pg_largeobject_metadata x`

/** Only a superuser's dump has them. */
const subscriptions = `
  select 'pg_catalog.pg_subscription'::pg_catalog.regclass::pg_catalog.oid, x.oid, x.subowner, null::pg_catalog.aclitem[],
         null::pg_catalog."char", null::pg_catalog.oid
    from pg_catalog.pg_subscription x join pg_catalog.pg_database d on d.oid = x.subdbid
   where d.datname = pg_catalog.current_database()`

/** Privileges on single columns. */
export async function readColumnPrivileges(session: Session): Promise<ColumnPrivileges[]> {
  return session.query<ColumnPrivileges>(
    `select c.oid::pg_catalog.text as oid, i.identity as table, a.attname::pg_catalog.text as column,
            (select k.type || ' ' || k.identity
               from pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, c.oid, a.attnum) k)
              as identity,
            pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text as owner,
            ${privilegesOf('a.attacl')} as privileges, '[]'::pg_catalog.json as defaults
       from pg_catalog.pg_attribute a
       join pg_catalog.pg_class c on c.oid = a.attrelid
      cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0) i
      where c.oid >= 16384 and a.attacl is not null and not a.attisdropped
        and not ${isMember(regclass('pg_class'), 'c.oid')}
      order by c.oid, a.attnum`,
  )
}

export interface DefaultPrivileges {
  /** As validation calls them: `for role in schema name on tables`. */
  readonly identity: string
  readonly role: string
  /** Quoted; null for every schema. */
  readonly schema: string | null
  /** `r` tables, `S` sequences, `f` functions, `T` types, `n` schemas, `L` large objects (18). */
  readonly kind: string
  readonly privileges: readonly Privilege[] | null
  /** What new objects have without ALTER DEFAULT PRIVILEGES; nothing for those of one schema, which only add. */
  readonly defaults: readonly Privilege[] | null
}

/** What ALTER DEFAULT PRIVILEGES has set. */
export async function readDefaultPrivileges(session: Session): Promise<DefaultPrivileges[]> {
  return session.query<DefaultPrivileges>(
    `select pg_catalog.pg_get_userbyid(d.defaclrole)::pg_catalog.text as role,
            pg_catalog.quote_ident(n.nspname) as schema, d.defaclobjtype::pg_catalog.text as kind,
            ${defaultPrivilegeIdentity('d', 'pg_catalog.pg_get_userbyid(d.defaclrole)')} as identity,
            ${privilegesOf('d.defaclacl')} as privileges,
            ${privilegesOf(`case when d.defaclnamespace = 0 then
              pg_catalog.acldefault(case d.defaclobjtype when 'S' then 's' else d.defaclobjtype end, d.defaclrole) end`)}
              as defaults
       from pg_catalog.pg_default_acl d
       left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
      order by 1, 2, 3`,
  )
}
