/** Tells cheaply which tables of the source may have been written after the snapshot; `measureDrift` then counts. */
import type { Server } from '../server/index.js'
import { tableName } from './rows/tables.js'

/** Rows written so far, by table. */
export type WriteCounters = ReadonlyMap<string, number>

/**
 * Reads the counters of pg_stat_all_tables, right after the snapshot has been exported. They are the server's own
 * (manual section 27.2) and arrive up to some seconds late, so the number of rows is near, not exact.
 */
export async function countWrites(source: Server, database: string): Promise<WriteCounters> {
  const rows = await source.withSession(database, (session) =>
    session.query<{ schema: string; name: string; rows: string }>(
      `select schemaname::pg_catalog.text as schema, relname::pg_catalog.text as name, n_tup_ins + n_tup_upd + n_tup_del as rows
         from pg_catalog.pg_stat_all_tables
        where schemaname not in ('pg_catalog', 'information_schema')
          and schemaname not like 'pg\\_toast%' and schemaname not like 'pg\\_temp%'`,
    ),
  )
  return new Map(
    rows.map(({ schema, name, rows: count }) => [tableName({ schema, name }), Number(count)]),
  )
}

/** The tables whose counters have moved since: a hint, because a transaction that was rolled back counts as well. */
export function writtenTables(before: WriteCounters, after: WriteCounters): string[] {
  return [...after]
    .filter(([table, rows]) => rows !== (before.get(table) ?? 0))
    .map(([table]) => table)
}
