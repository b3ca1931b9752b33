/** Tells which definitions of the source were changed or dropped after a snapshot. */
import type { Session, Snapshot, Server } from '../server/index.js'

/** What has become of an object that the snapshot holds. */
export interface ChangedDefinition {
  readonly fate: 'changed' | 'dropped'
  /** `view`, `function`, … */
  readonly kind: string
  /** Qualified and quoted, without arguments. */
  readonly name: string
}

interface Catalog {
  readonly catalog: string
  readonly kind: string
  readonly name: string
  /** The column that says in which schema an object is; absent for those that are in none. */
  readonly schema?: string
}

const kindOfRelation = `case o.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
  when 'i' then 'index' when 'I' then 'index' when 'f' then 'foreign table' when 'c' then 'type' else 'table' end`

const catalogs: readonly Catalog[] = [
  { catalog: 'pg_namespace', kind: `'schema'`, name: 'nspname' },
  { catalog: 'pg_class', kind: kindOfRelation, name: 'relname', schema: 'relnamespace' },
  { catalog: 'pg_proc', kind: `'function'`, name: 'proname', schema: 'pronamespace' },
  { catalog: 'pg_type', kind: `'type'`, name: 'typname', schema: 'typnamespace' },
  { catalog: 'pg_operator', kind: `'operator'`, name: 'oprname', schema: 'oprnamespace' },
  { catalog: 'pg_opclass', kind: `'operator class'`, name: 'opcname', schema: 'opcnamespace' },
  { catalog: 'pg_opfamily', kind: `'operator family'`, name: 'opfname', schema: 'opfnamespace' },
  { catalog: 'pg_collation', kind: `'collation'`, name: 'collname', schema: 'collnamespace' },
  { catalog: 'pg_ts_config', kind: `'text search'`, name: 'cfgname', schema: 'cfgnamespace' },
  { catalog: 'pg_ts_dict', kind: `'text search'`, name: 'dictname', schema: 'dictnamespace' },
  { catalog: 'pg_language', kind: `'language'`, name: 'lanname' },
  { catalog: 'pg_extension', kind: `'extension'`, name: 'extname' },
  { catalog: 'pg_foreign_data_wrapper', kind: `'foreign-data wrapper'`, name: 'fdwname' },
  { catalog: 'pg_foreign_server', kind: `'server'`, name: 'srvname' },
  { catalog: 'pg_publication', kind: `'publication'`, name: 'pubname' },
  { catalog: 'pg_event_trigger', kind: `'event trigger'`, name: 'evtname' },
]

const isUsersSchema = `n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'`

/** Labels of enums, each told as its type. */
const labelsQuery = `select 'pg_enum ' || o.oid as id, o.xmin::pg_catalog.text as version, 'type' as kind,
              pg_catalog.format('%I.%I', n.nspname, t.typname) as name
         from pg_catalog.pg_enum o
         join pg_catalog.pg_type t on t.oid = o.enumtypid
         join pg_catalog.pg_namespace n on n.oid = t.typnamespace
        where o.oid >= 16384 and ${isUsersSchema}`

/** Objects of users. A type that comes with a relation, or is the array of another, is told with that one. */
const definitionsQuery = catalogs
  .map(
    ({ catalog, kind, name, schema }) =>
      `select '${catalog} ' || o.oid as id, o.xmin::pg_catalog.text as version, ${kind} as kind,
              ${schema === undefined ? `pg_catalog.quote_ident(o.${name})` : `pg_catalog.format('%I.%I', n.nspname, o.${name})`} as name
         from pg_catalog.${catalog} o
         ${schema === undefined ? '' : `join pg_catalog.pg_namespace n on n.oid = o.${schema}`}
        where o.oid >= 16384
          and ${schema === undefined ? 'true' : isUsersSchema}
          ${catalog === 'pg_namespace' ? `and o.nspname not like 'pg\\_%'` : ''}
          ${catalog === 'pg_type' ? `and o.typrelid = 0 and not (o.typelem <> 0 and o.typlen = -1)` : ''}`,
  )
  .concat(labelsQuery)
  .join('\n union all \n')

export interface Definition {
  readonly id: string
  /** The transaction that wrote it. */
  readonly version: string
  readonly kind: string
  readonly name: string
}

/** Compares the catalogs as the snapshot sees them with what they hold now, object by object. */
export async function changedDefinitions(
  source: Server,
  snapshot: Snapshot,
): Promise<ChangedDefinition[]> {
  const seen = await snapshot.withSession(readDefinitions)
  return compare(seen, await source.withSession(snapshot.database, readDefinitions))
}

/** The labels of the enums, for `changedLabels` to compare with those of a later moment. */
export function readLabels(session: Session): Promise<Definition[]> {
  return session.query<Definition>(`${labelsQuery} order by kind, name`)
}

/**
 * The enums whose labels are not those that were read in the snapshot. A server prints values with the labels of the moment:
 * where two have changed places, rows that it prints are other rows, and nothing fails.
 */
export async function changedLabels(
  source: Server,
  database: string,
  seen: readonly Definition[],
): Promise<ChangedDefinition[]> {
  if (seen.length === 0) return []
  const changed = compare(seen, await source.withSession(database, readLabels))
  // What is dropped has no rows in tables that are locked.
  return changed.filter(({ fate }) => fate === 'changed')
}

/** Each object once: an enum has many labels. */
function compare(seen: readonly Definition[], now: readonly Definition[]): ChangedDefinition[] {
  const versions = new Map(now.map(({ id, version }) => [id, version]))
  const changed = seen
    .filter(({ id, version }) => versions.get(id) !== version)
    .map(({ id, kind, name }): [string, ChangedDefinition] => {
      const fate = versions.has(id) ? 'changed' : 'dropped'
      return [`${fate} ${kind} ${name}`, { fate, kind, name }]
    })
  return [...new Map(changed).values()]
}

function readDefinitions(session: Session): Promise<Definition[]> {
  return session.query<Definition>(`${definitionsQuery} order by kind, name`)
}
