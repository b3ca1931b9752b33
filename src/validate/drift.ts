/** Tells which tables of the source were written after the snapshot; what was written is not on the target. */
import type { Drift } from '../report/report.js'
import type { Server } from '../server/index.js'

/** Rows written so far, by table. */
export type WriteCounters = ReadonlyMap<string, number>

/**
 * Reads the counters of pg_stat_all_tables, right after the snapshot has been exported. They are the server's own
 * (manual section 27.2) and arrive up to some seconds late, so the number of rows is near, not exact.
 */
export async function countWrites(source: Server, database: string): Promise<WriteCounters> {
  const rows = await source.withSession(database, (session) =>
    session.query<{ table: string; rows: string }>(
      `select schemaname || '.' || relname as table, n_tup_ins + n_tup_upd + n_tup_del as rows
         from pg_catalog.pg_stat_all_tables
        where schemaname not in ('pg_catalog', 'information_schema')
          and schemaname not like 'pg\\_toast%' and schemaname not like 'pg\\_temp%'`,
    ),
  )
  return new Map(rows.map(({ table, rows: count }) => [table, Number(count)]))
}

/** The tables whose counters have moved since, most rows first. */
export function driftBetween(before: WriteCounters, after: WriteCounters): Drift {
  const tables = [...after]
    .map(([table, rows]) => ({ table, rows: rows - (before.get(table) ?? 0) }))
    // Counters that were reset in between start again at 0.
    .map(({ table, rows }) => ({ table, rows: rows < 0 ? (after.get(table) ?? 0) : rows }))
    .filter(({ rows }) => rows > 0)
    .toSorted((a, b) => b.rows - a.rows)
  return { tables }
}
