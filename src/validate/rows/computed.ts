/** Generated columns that every method computes anew with functions of users, which a count of rows would not see. */
import { quoteIdentifier, readColumnsOfUserFunctions, type Session } from '../../server/index.js'
import { tableName } from './tables.js'

/** The stored generated columns of one table that call functions of users. */
export interface ComputedTable {
  /** `"schema"."name"`. */
  readonly table: string
  readonly columns: readonly string[]
  /** For each of them a column whose update computes it anew; a column that is computed from none is not computed again. */
  readonly from: readonly string[]
}

/** All of them, by `"schema"."name"`. */
export async function readComputedTables(
  session: Session,
  major: number,
): Promise<Map<string, ComputedTable>> {
  const tables = new Map<string, ComputedTable>()
  for (const { schema, table: name, column, from } of await readColumnsOfUserFunctions(
    session,
    major,
  )) {
    const table = tableName({ schema, name })
    const before = tables.get(table)
    const sources = new Set([...(before?.from ?? []), ...(from === null ? [] : [from])])
    tables.set(table, {
      table,
      columns: [...(before?.columns ?? []), column],
      from: [...sources],
    })
  }
  return tables
}

/** As reports name them: `"schema"."name" ("column")`. */
export function columnsName({ table, columns }: ComputedTable): string {
  return `${table} (${columns.map(quoteIdentifier).join(', ')})`
}
