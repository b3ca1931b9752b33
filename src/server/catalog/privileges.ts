/** What an object with an owner and privileges is, and what reads and names these. */

/** One privilege that somebody has on an object. */
export interface Privilege {
  readonly grantor: string
  /** Null is PUBLIC. */
  readonly grantee: string | null
  readonly privilege: string
  readonly isGrantable: boolean
}

export interface OwnedObject {
  /** The catalog's and the row's object identifiers, as an archive's list shows them. */
  readonly catalog: string
  readonly oid: string
  /** As pg_identify_object says: `table`, `function`, `large object`, … */
  readonly type: string
  /** Qualified and quoted, ready for a statement. */
  readonly identity: string
  /** The schema that it is in; null for what is in none. */
  readonly schema: string | null
  readonly owner: string
  /** A sequence of a column goes with its table and cannot be given away alone. */
  readonly followsTable: boolean
  /** Null where nothing was ever granted or revoked: the defaults hold. */
  readonly privileges: readonly Privilege[] | null
  /** What the source gives such an object of that owner by itself. */
  readonly defaults: readonly Privilege[] | null
}

export interface ColumnPrivileges {
  /** The table's catalog and row. */
  readonly oid: string
  readonly table: string
  readonly column: string
  /** `table column` and its name. */
  readonly identity: string
  readonly owner: string
  readonly privileges: readonly Privilege[]
  /** What it has by itself. */
  readonly defaults: readonly Privilege[]
}

/** An ACL as JSON: an array of `Privilege`, empty where everything was revoked from everybody, the owner included. */
export function privilegesOf(acl: string): string {
  return `case when ${acl} is not null then coalesce(
            (select pg_catalog.json_agg(pg_catalog.json_build_object(
                      'grantor', pg_catalog.pg_get_userbyid(a.grantor),
                      'grantee', case a.grantee when 0 then null else pg_catalog.pg_get_userbyid(a.grantee) end,
                      'privilege', a.privilege_type,
                      'isGrantable', a.is_grantable))
               from pg_catalog.aclexplode(${acl}) a), '[]'::pg_catalog.json) end`
}

/** GRANT's word for what pg_identify_object calls the object. */
export const grantWords: Readonly<Record<string, string>> = {
  table: 'table',
  view: 'table',
  'materialized view': 'table',
  'foreign table': 'table',
  sequence: 'sequence',
  function: 'routine',
  procedure: 'routine',
  aggregate: 'routine',
  type: 'type',
  schema: 'schema',
  language: 'language',
  'foreign-data wrapper': 'foreign data wrapper',
  server: 'foreign server',
  'large object': 'large object',
}

/** What ALTER DEFAULT PRIVILEGES calls the kinds. */
export const defaultWords: Readonly<Record<string, string>> = {
  r: 'tables',
  S: 'sequences',
  f: 'functions',
  T: 'types',
  n: 'schemas',
  L: 'large objects',
}

/** What a row of pg_default_acl is called everywhere, so that it is found again: `for role in schema name on tables`. */
export function defaultPrivilegeIdentity(row: string, role: string): string {
  const words = Object.entries(defaultWords).map(([kind, word]) => `when '${kind}' then '${word}'`)
  return `pg_catalog.format('for %I%s on %s', ${role},
            (select ' in schema ' || pg_catalog.quote_ident(n.nspname)
               from pg_catalog.pg_namespace n where n.oid = ${row}.defaclnamespace),
            case ${row}.defaclobjtype ${words.join(' ')} else ${row}.defaclobjtype::pg_catalog.text end)`
}
