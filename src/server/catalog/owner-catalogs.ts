/** The catalogs of a database whose objects belong to somebody. */

/** A catalog whose rows have an owner, and perhaps privileges. */
export interface OwnerCatalog {
  readonly name: string
  /** The columns that hold these; where there is no schema, the objects are in none. */
  readonly owner: string
  readonly schema?: string
  readonly acl?: string
  /** For acldefault(): an expression of the type "char". */
  readonly kind?: string
  /** What leaves out rows, as `x`, that go with another object. */
  readonly only?: string
}

/** Every such catalog that a dump reads, but for large objects. */
export const ownerCatalogs: readonly OwnerCatalog[] = [
  {
    name: 'pg_class',
    owner: 'relowner',
    schema: 'relnamespace',
    acl: 'relacl',
    kind: `case x.relkind when 'S' then 's' else 'r' end`,
    only: `x.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and x.relpersistence <> 't'`,
  },
  { name: 'pg_proc', owner: 'proowner', schema: 'pronamespace', acl: 'proacl', kind: `'f'` },
  {
    name: 'pg_type',
    owner: 'typowner',
    schema: 'typnamespace',
    acl: 'typacl',
    kind: `'T'`,
    // Arrays, multiranges (14) and the row types of tables go with what they belong to.
    only: `x.typtype <> 'm'
           and not exists (select from pg_catalog.pg_type e where e.typarray = x.oid)
           and (x.typrelid = 0 or exists (select from pg_catalog.pg_class c
                                           where c.oid = x.typrelid and c.relkind = 'c'))`,
  },
  { name: 'pg_operator', owner: 'oprowner', schema: 'oprnamespace' },
  { name: 'pg_opclass', owner: 'opcowner', schema: 'opcnamespace' },
  { name: 'pg_opfamily', owner: 'opfowner', schema: 'opfnamespace' },
  { name: 'pg_collation', owner: 'collowner', schema: 'collnamespace' },
  { name: 'pg_conversion', owner: 'conowner', schema: 'connamespace' },
  { name: 'pg_ts_config', owner: 'cfgowner', schema: 'cfgnamespace' },
  { name: 'pg_ts_dict', owner: 'dictowner', schema: 'dictnamespace' },
  { name: 'pg_statistic_ext', owner: 'stxowner', schema: 'stxnamespace' },
  { name: 'pg_language', owner: 'lanowner', acl: 'lanacl', kind: `'l'` },
  { name: 'pg_foreign_data_wrapper', owner: 'fdwowner', acl: 'fdwacl', kind: `'F'` },
  { name: 'pg_foreign_server', owner: 'srvowner', acl: 'srvacl', kind: `'S'` },
  { name: 'pg_event_trigger', owner: 'evtowner' },
  { name: 'pg_publication', owner: 'pubowner' },
  {
    name: 'pg_namespace',
    owner: 'nspowner',
    acl: 'nspacl',
    kind: `'n'`,
    only: `(x.nspname = 'pg_catalog' or x.nspname !~ '^pg_')`,
  },
]
