/** Stored generated columns: no method carries their values, the target computes them anew. */
import { quoteIdentifier, readColumnsOfUserFunctions, type Session } from '../../server/index.js'
import { tableName } from './tables.js'

/** A stored generated column. */
export interface ComputedColumn {
  readonly name: string
  /** What it is computed with, cast to its type. */
  readonly expression: string
  /** It calls functions of users, which may look into other tables. */
  readonly isOfUsers: boolean
  /** A column whose update computes it anew; null where it is computed from none, and not known of others than those of users. */
  readonly from: string | null
}

/** Generated columns of one table whose values are not the same on both sides. */
export interface ComputedTable {
  /** `"schema"."name"`. */
  readonly table: string
  readonly columns: readonly string[]
  /** For each of them a column whose update computes it anew; a column that is computed from none is not computed again. */
  readonly from: readonly string[]
  /** Each side computes its own values again of the same rows: nothing has been lost. */
  readonly isByMajor: boolean
}

interface ColumnRow {
  readonly schema: string
  readonly table: string
  readonly name: string
  readonly expression: string
}

/** All of them, by `"schema"."name"` of their table. A printed expression leaves out the cast to the column's type. */
export async function readComputed(
  session: Session,
  major: number,
): Promise<Map<string, ComputedColumn[]>> {
  const tables = new Map<string, ComputedColumn[]>()
  if (major < 12) return tables
  const keyOf = (table: string, column: string) => `${table}.${quoteIdentifier(column)}`
  const ofUsers = new Map<string, string | null>()
  for (const { schema, table, column, from } of await readColumnsOfUserFunctions(session, major)) {
    const key = keyOf(tableName({ schema, name: table }), column)
    ofUsers.set(key, ofUsers.get(key) ?? from)
  }
  for (const { schema, table: relation, name, expression } of await session.query<ColumnRow>(
    columnsQuery,
  )) {
    const table = tableName({ schema, name: relation })
    const key = keyOf(table, name)
    const column = {
      name,
      expression,
      isOfUsers: ofUsers.has(key),
      from: ofUsers.get(key) ?? null,
    }
    tables.set(table, [...(tables.get(table) ?? []), column])
  }
  return tables
}

const columnsQuery = `
  select n.nspname::pg_catalog.text as schema, c.relname::pg_catalog.text as table, a.attname::pg_catalog.text as name,
         pg_catalog.format('(%s)::%s', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
                           pg_catalog.format_type(a.atttypid, a.atttypmod)) as expression
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
    join pg_catalog.pg_class c on c.oid = a.attrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where a.attgenerated = 's' and c.relkind in ('r', 'p')
     and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
   order by 1, 2, 3`

/** As reports name them: `"schema"."name" ("column")`. */
export function columnsName({ table, columns }: ComputedTable): string {
  return `${table} (${columns.map(quoteIdentifier).join(', ')})`
}
