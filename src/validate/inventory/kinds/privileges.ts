/** Privileges: on every object, on columns, and the default ones. */
import {
  defaultPrivilegeIdentity,
  isRole,
  quoteLiteral,
  unrecordedPrivileges,
} from '../../../server/index.js'
import {
  isNoMember,
  isNotImplied,
  isOwnMultirange,
  isUserSchema,
  role,
  type Kind,
  type Versions,
} from '../kind.js'

/** One catalog with privileges. The letter is what acldefault() calls its objects. */
interface Granted {
  readonly catalog: string
  /** The column that says in which schema an object is; absent for those that are in none. */
  readonly schema?: string
  readonly acl: string
  readonly owner: string
  readonly letter: string
  readonly condition?: string
  /** What comes with another object, which no dump has: objects of users that are compared where they are not as they came. */
  readonly implied?: (versions: Versions) => string
}

/** Since 14 a range has a multirange. */
const isNoNewConstructor = ({ source }: Versions) =>
  source >= 14
    ? 'true'
    : `not exists (select 1 from pg_catalog.pg_type made where made.oid = o.prorettype and made.typtype = 'm')`

const catalogs: readonly Granted[] = [
  {
    catalog: 'pg_class',
    schema: 'o.relnamespace',
    acl: 'o.relacl',
    owner: 'o.relowner',
    letter: `case when o.relkind = 'S' then 's' else 'r' end`,
    condition: `o.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and o.relpersistence <> 't'`,
  },
  {
    catalog: 'pg_proc',
    schema: 'o.pronamespace',
    acl: 'o.proacl',
    owner: 'o.proowner',
    letter: `'f'`,
    condition: isNotImplied('pg_proc', 'o.oid'),
    implied: (versions) =>
      `not (${isNotImplied('pg_proc', 'o.oid')}) and ${isNoNewConstructor(versions)}`,
  },
  { catalog: 'pg_namespace', acl: 'o.nspacl', owner: 'o.nspowner', letter: `'n'` },
  {
    catalog: 'pg_type',
    schema: 'o.typnamespace',
    acl: 'o.typacl',
    owner: 'o.typowner',
    letter: `'T'`,
    condition: `(o.typtype in ('d', 'e', 'r') or o.typtype = 'b' and not exists (
                   select 1 from pg_catalog.pg_type element
                    where element.oid = o.typelem and element.typarray = o.oid)
                 or exists (select 1 from pg_catalog.pg_class c
                             where c.oid = o.typrelid and c.relkind = 'c'))`,
    implied: (versions) =>
      `(${isOwnMultirange(versions, 'o.oid')} or exists (select 1 from pg_catalog.pg_class c
                where c.oid = o.typrelid and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't'
                  and ${isNoMember('pg_class', 'c.oid')}))`,
  },
  { catalog: 'pg_language', acl: 'o.lanacl', owner: 'o.lanowner', letter: `'l'` },
  { catalog: 'pg_foreign_data_wrapper', acl: 'o.fdwacl', owner: 'o.fdwowner', letter: `'F'` },
  { catalog: 'pg_foreign_server', acl: 'o.srvacl', owner: 'o.srvowner', letter: `'S'` },
]

/** 17 brought MAINTAIN, which owners have and which `grant all` of an older dump includes. */
const isComparable = ({ source }: Versions) =>
  source >= 17 ? 'true' : `x.privilege_type <> 'MAINTAIN'`

/**
 * An ACL as JSON: the privileges of each grantee, a star where they may be passed on. Who granted them does not
 * matter. The owner is called so, because owners are compared on their own.
 */
export function exploded(acl: string, owner: string, versions: Versions): string {
  return `(select pg_catalog.jsonb_object_agg(grantee, privileges) from (
             select grantee, pg_catalog.string_agg(privilege, ', ' order by privilege collate "C") as privileges
               from (select case x.grantee when 0 then 'PUBLIC' when ${owner} then '(owner)'
                                           else ${role('x.grantee')} end as grantee,
                            x.privilege_type || case when pg_catalog.bool_or(x.is_grantable) then '*' else '' end
                              as privilege
                       from pg_catalog.aclexplode(${acl}) as x
                      where ${isComparable(versions)} and (x.grantee = 0 or ${isRole('x.grantee')})
                      group by x.grantee, x.privilege_type) as one
              group by grantee) as each)`
}

/** Parts what a grantee of a system object has now from what it had at first, which is told but not compared. */
const initially = ', initially '

/**
 * `changed.facts`: the grantees whose privileges are not the initial ones, with both, but for the owner and the roles of
 * providers; null when there are none.
 */
function changed(acl: string, initial: string, owner: string, versions: Versions): string {
  const leftOut = ['(owner)', ...(versions.providerRoles ?? [])].map(quoteLiteral).join(', ')
  return `(
        select pg_catalog.jsonb_object_agg(
                 key, coalesce(now.value, 'none') || ${quoteLiteral(initially)} || coalesce(initial.value, 'none')) as facts
          from pg_catalog.jsonb_each_text(${exploded(acl, owner, versions)}) as now
          full join pg_catalog.jsonb_each_text(${exploded(initial, owner, versions)}) as initial using (key)
         where now.value is distinct from initial.value and key not in (${leftOut})) as changed`
}

/** A grantee that a side does not list has there what it had at first. */
const changedOnly: Pick<Kind, 'agree' | 'told'> = {
  agree: (_grantee, source, target) => valueNow(source) === valueNow(target),
  told: (_grantee, value) => value ?? 'as at first',
}

function valueNow(value: unknown): unknown {
  return typeof value === 'string' ? value.split(initially)[0] : value
}

/** 11 tells procedures from functions; their names are enough. */
const named = (i: string) =>
  `case ${i}.type when 'procedure' then 'function' else ${i}.type end || ' ' || ${i}.identity`

/**
 * The rows `o` of all these catalogs (`class`, `oid`, `acl`, `owner`, and `initial` where pg_init_privs has nothing) for which
 * the condition holds, and what they are called, `i`. pg_identify_object looks at the catalogs as they are now, whatever the
 * snapshot, so that it is asked only for what the condition leaves: another session's temporary objects go with it.
 * `offset 0` keeps that order. One list, because a server plans what is behind it once, and not for each catalog.
 */
function identified(conditionOf: (granted: Granted) => string): string {
  const rows = catalogs.map((granted) => {
    const { catalog, schema, acl, owner, letter } = granted
    const schemas =
      schema === undefined ? '' : `join pg_catalog.pg_namespace n on n.oid = ${schema}`
    return `select 'pg_catalog.${catalog}'::pg_catalog.regclass as class, o.oid, ${acl} as acl, ${owner} as owner,
                   pg_catalog.acldefault((${letter})::pg_catalog."char", ${owner})
                     || ${unrecordedPrivileges(catalog, 'o')} as initial
              from pg_catalog.${catalog} o ${schemas}
             where ${conditionOf(granted)}`
  })
  return `(select * from (${rows.join('\n union all \n')}) all_of_them offset 0) o
            cross join lateral pg_catalog.pg_identify_object(o.class, o.oid, 0) as i`
}

/** Of what is compared in any case, and of what comes with another object and has been changed. */
function isCompared(
  { acl, owner, letter, condition = 'true', implied }: Granted,
  versions: Versions,
) {
  if (implied === undefined) return condition
  const initial = `pg_catalog.acldefault(${letter}, ${owner})`
  return `(${condition}
            or ${acl} is not null and not (${acl} @> ${initial} and ${acl} <@ ${initial}) and ${implied(versions)})`
}

/**
 * Objects of users: everything that each role may do, also where nothing was ever granted. The schema public is initdb's
 * and yet the users'. Large objects are compared on their own.
 */
export const privileges: Kind = {
  kind: 'privilege',
  sql: (versions) =>
    `select ${named('i')} as object,
            coalesce(${exploded('coalesce(o.acl, o.initial)', 'o.owner', versions)}, '{}') as facts
       from ${identified(
         (granted) =>
           `${isCompared(granted, versions)}
            and (o.oid >= 16384 ${granted.catalog === 'pg_namespace' ? `or o.nspname = 'public'` : ''})
            and ${granted.schema === undefined ? 'true' : isUserSchema}
            ${granted.catalog === 'pg_namespace' ? `and o.nspname not like 'pg\\_%'` : ''}
            and ${isNoMember(granted.catalog, 'o.oid')}`,
       )}`,
}

export const columnPrivileges: Kind = {
  kind: 'column privilege',
  sql: (versions) =>
    `select i.type || ' ' || i.identity as object,
            ${exploded('o.attacl', 'o.relowner', versions)} as facts
       from (select a.attacl, a.attnum, c.oid, c.relowner
               from pg_catalog.pg_attribute a
               join pg_catalog.pg_class c on c.oid = a.attrelid
               join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              where a.attacl is not null
                and pg_catalog.cardinality(a.attacl) > 0
                and not a.attisdropped
                and c.relpersistence <> 't'
                and ${isUserSchema}
                and ${isNoMember('pg_class', 'c.oid')}
             offset 0) o
      cross join lateral pg_catalog.pg_identify_object(
              'pg_catalog.pg_class'::pg_catalog.regclass, o.oid, o.attnum) as i`,
}

export const defaultPrivileges: Kind = {
  kind: 'default privilege',
  sql: (versions) =>
    `select ${defaultPrivilegeIdentity('d', role('d.defaclrole'))} as object,
            coalesce(${exploded('d.defaclacl', 'd.defaclrole', versions)}, '{}') as facts
       from pg_catalog.pg_default_acl d`,
}

/**
 * What was granted or revoked on objects of the server itself and of extensions: only the grantees whose
 * privileges are not those that initdb or the extension's script gave (pg_init_privs).
 */
export const systemPrivileges: Kind = {
  kind: 'privilege on a system object',
  ...changedOnly,
  sql: (versions) =>
    `select ${named('i')} as object, changed.facts
       from ${identified(
         ({ catalog, acl, condition = 'true' }) =>
           `${condition} and ${acl} is not null
            and not exists (select 1 from pg_catalog.pg_init_privs p
                             where p.classoid = 'pg_catalog.${catalog}'::pg_catalog.regclass
                               and p.objoid = o.oid and p.objsubid = 0 and p.initprivs = ${acl})
            and (o.oid < 16384 or not ${isNoMember(catalog, 'o.oid')})
            ${catalog === 'pg_namespace' ? `and o.nspname <> 'public'` : ''}`,
       )}
       left join pg_catalog.pg_init_privs p
         on p.classoid = o.class and p.objoid = o.oid and p.objsubid = 0
      cross join lateral ${changed(
        'o.acl',
        'coalesce(p.initprivs, o.initial)',
        'o.owner',
        versions,
      )}
      where changed.facts is not null`,
}

/** The same of columns. Where nothing is left of what was granted on one, it has no ACL any more. */
export const systemColumnPrivileges: Kind = {
  kind: 'column privilege on a system object',
  ...changedOnly,
  sql: (versions) =>
    `select i.type || ' ' || i.identity as object, changed.facts
       from (select a.attacl as acl, p.initprivs as initial, a.attnum, c.oid, c.relowner
               from pg_catalog.pg_attribute a
               join pg_catalog.pg_class c on c.oid = a.attrelid
               left join pg_catalog.pg_init_privs p
                 on p.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and p.objoid = a.attrelid and p.objsubid = a.attnum
              where a.attacl is distinct from p.initprivs
                and not a.attisdropped
                and (c.oid < 16384 or not ${isNoMember('pg_class', 'c.oid')})
             offset 0) o
      cross join lateral pg_catalog.pg_identify_object(
              'pg_catalog.pg_class'::pg_catalog.regclass, o.oid, o.attnum) as i
      cross join lateral ${changed('o.acl', 'o.initial', 'o.relowner', versions)}
      where changed.facts is not null`,
}
