/** Objects that a dump leaves out or brings back differently. */
import { quoteIdentifier, type Session } from '../../server/index.js'
import { findsRow, identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'
import { removalRemedy, splitColumn } from './removal-statements.js'

export interface InvalidIndex {
  readonly object: string
  readonly isUnique: boolean
  /** The statement that creates it. */
  readonly definition: string | null
}

/** pg_dump leaves out invalid indexes of tables, but keeps those of partitioned tables that lack a partition's. */
export async function readInvalidIndexes(session: Session): Promise<InvalidIndex[]> {
  return session.query<InvalidIndex>(
    `select ${identity('pg_class', 'x.indexrelid')} as object, x.indisunique as "isUnique",
            pg_catalog.pg_get_indexdef(x.indexrelid) as definition
       from pg_catalog.pg_index x
       join pg_catalog.pg_class c on c.oid = x.indrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where not x.indisvalid and c.relkind <> 'p' and ${isUsersRelation('c', 'n')} order by 1`,
  )
}

const invalidIndex: DatabaseCheck = {
  name: 'invalid-index',
  scope: 'database',
  subject: 'invalid indexes',
  worst: 'warning',
  async run({ sourceSession }) {
    const rows = await readInvalidIndexes(sourceSession)
    return rows.map(({ object, isUnique }) => ({
      severity: 'warning',
      object,
      message: `The index ${object} is invalid, as an interrupted CREATE INDEX CONCURRENTLY leaves it. It is not moved${isUnique ? ', and what it should keep unique is not' : ''}.`,
      remedy: `-- on the source: either\nreindex index ${object};\n-- or\ndrop index ${object};`,
    }))
  },
}

const unpopulatedView: DatabaseCheck = {
  name: 'unpopulated-view',
  scope: 'database',
  subject: 'materialized views without data',
  worst: 'note',
  async run({ sourceSession }) {
    const rows = await sourceSession.query<{ object: string }>(
      `select ${identity('pg_class', 'c.oid')} as object
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'm' and not c.relispopulated and ${isUsersRelation('c', 'n')} order by 1`,
    )
    return rows.map(({ object }) => ({
      severity: 'note',
      object,
      message: `The materialized view ${object} holds no data (WITH NO DATA), and stays so on the target.`,
      remedy: `-- on the source, if it should hold data\nrefresh materialized view ${object};`,
    }))
  },
}

/** Types whose text is a name that must mean something on the target too, and how it is looked up. */
const nameTypes = `array['regclass', 'regproc', 'regprocedure', 'regoper', 'regoperator', 'regtype', 'regrole',
  'regnamespace', 'regconfig', 'regdictionary', 'regcollation']::pg_catalog.name[]`

const nameColumn: DatabaseCheck = {
  name: 'name-column',
  scope: 'database',
  subject: 'columns that hold references to objects',
  worst: 'warning',
  async run({ sourceSession }) {
    const rows = await sourceSession.query<{ object: string; type: string }>(
      `select ${identity('pg_class', 'c.oid', 'a.attnum')} as object, t.typname::pg_catalog.text as type
         from pg_catalog.pg_attribute a
         join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p')
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         join pg_catalog.pg_type t on t.oid = a.atttypid
        where a.attnum > 0 and not a.attisdropped and t.oid < 16384
          and t.typname = any(${nameTypes}) and ${isUsersRelation('c', 'n')} order by 1`,
    )
    return rows.map(({ object, type }) => ({
      severity: 'warning',
      object,
      message: `The column ${object} is of the type ${type}: its values are moved as names, and an object must have been created on the target before a row names it. Where one is missing, the table's rows are refused.`,
      remedy: asType(object, 'text', (column) => `${column}::text`),
    }))
  },
}

/** Types of the catalogs that the server writes as text and reads from none. */
const typesWithoutInput = `array['pg_node_tree', 'pg_ndistinct', 'pg_dependencies', 'pg_mcv_list',
  'pg_brin_bloom_summary', 'pg_brin_minmax_multi_summary']::pg_catalog.name[]`

const seekSeconds = 3

const typeWithoutInput: DatabaseCheck = {
  name: 'type-without-input',
  scope: 'database',
  subject: 'columns whose values no server reads',
  worst: 'blocking',
  async run({ sourceSession }) {
    const columns = await sourceSession.query<{ object: string; table: string; type: string }>(
      `select ${identity('pg_class', 'c.oid', 'a.attnum')} as object, ${identity('pg_class', 'c.oid')} as table,
              b.typname::pg_catalog.text as type
         from pg_catalog.pg_attribute a
         join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind = 'r'
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         join pg_catalog.pg_type t on t.oid = a.atttypid
         join pg_catalog.pg_type b on b.oid = case t.typtype when 'd' then t.typbasetype else t.oid end
        where a.attnum > 0 and not a.attisdropped and b.typname = any(${typesWithoutInput})
          and b.typnamespace = 'pg_catalog'::pg_catalog.regnamespace and ${isUsersRelation('c', 'n')}
          and pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select')
        order by 1`,
    )
    const found: Found[] = []
    for (const { object, table, type } of columns) {
      const { column } = splitColumn(object)
      const values = `select 1 from only ${table} where ${column} is not null limit 1`
      const holdsValues = await findsRow(sourceSession, seekSeconds, values)
      if (holdsValues === false) continue
      found.push({
        severity: holdsValues === true ? 'blocking' : 'warning',
        object,
        message: `The column ${object} is of the type ${type}, of which no server accepts a value. ${holdsValues === true ? 'It holds some' : 'It could not be seen in time whether it holds any'}: the table's rows would be refused.`,
        remedy: `-- on the source\nalter table ${table} alter column ${column} type text using ${column}::text;`,
      })
    }
    return found
  },
}

/** Holds the values in a type that every major reads alike. */
function asType(object: string, type: string, using: (column: string) => string): string {
  const { relation, column } = splitColumn(object)
  return `-- on the source; it can be changed back after the upgrade\nalter table ${relation} alter column ${column} type ${type} using ${using(column)};`
}

const systemRowType: DatabaseCheck = {
  name: 'system-row-type',
  scope: 'database',
  subject: 'columns of the row types of system catalogs',
  worst: 'warning',
  async run({ sourceSession }) {
    const rows = await sourceSession.query<{
      object: string
      relation: string
      relkind: string
      type: string
    }>(
      `select ${identity('pg_class', 'c.oid', 'a.attnum')} as object, ${identity('pg_class', 'c.oid')} as relation,
              c.relkind::pg_catalog.text as relkind, pg_catalog.format_type(t.oid, null) as type
         from pg_catalog.pg_attribute a
         join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'm')
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         join pg_catalog.pg_type t on t.oid = a.atttypid
         left join pg_catalog.pg_type e on e.oid = t.typelem and t.typlen = -1
        where a.attnum > 0 and not a.attisdropped and t.oid < 16384
          and coalesce(e.typtype, t.typtype) = 'c' and ${isUsersRelation('c', 'n')} order by 1`,
    )
    return rows.map(({ object, relation, relkind, type }) => ({
      severity: 'warning',
      object,
      message: `The column ${object} has the row type of the system's ${type}, whose columns may differ between majors: its values could be refused.`,
      remedy:
        relkind === 'm'
          ? removalRemedy('materialized view', relation, type)
          : asType(object, 'jsonb', (column) => `to_jsonb(${column})`),
    }))
  },
}

const securityLabel: DatabaseCheck = {
  name: 'security-label',
  scope: 'database',
  subject: 'security labels',
  worst: 'blocking',
  async run({ sourceSession }) {
    const rows = await sourceSession.query<{ provider: string; count: string }>(
      `select provider, pg_catalog.count(*) as count from pg_catalog.pg_seclabels
        where objtype not in ('database', 'role', 'tablespace') group by 1 order by 1`,
    )
    return rows.map(({ provider, count }) => ({
      severity: 'blocking',
      object: provider,
      message: `${count === '1' ? '1 object has' : `${count} objects have`} security labels of the provider ${quoteIdentifier(provider)}. Without that provider the target refuses them.`,
      remedy:
        'Load the provider on the target (shared_preload_libraries), or add --no-security-labels to "pg-dump-args".',
    }))
  },
}

export const objectChecks: readonly DatabaseCheck[] = [
  invalidIndex,
  unpopulatedView,
  nameColumn,
  typeWithoutInput,
  systemRowType,
  securityLabel,
]
