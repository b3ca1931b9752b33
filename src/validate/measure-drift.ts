/** Counts exactly, table by table, what was written to the source after a snapshot. */
import { doing } from '../errors.js'
import type { Drift } from '../report/report.js'
import { quoteLiteral, type Session, type Snapshot } from '../server/index.js'
import { countStatement, measure } from './rows/measure.js'
import { listTables, tableName } from './rows/tables.js'
import { withReader, workOff, type DatabaseSide } from './sides.js'

/** The source, inside the snapshot that was moved. */
export interface DriftSide extends DatabaseSide {
  readonly snapshot: Snapshot
}

/**
 * Compares every table as it is now with what the snapshot saw, `jobs` tables at a time. Row versions that the snapshot
 * cannot see were inserted or updated since; versions that have gone were updated or deleted. The counters of
 * pg_stat_all_tables are cheaper, but arrive late and count what was rolled back. Tables made since are drift as well.
 * With `candidates`, only those tables are read.
 */
export async function measureDrift(
  side: DriftSide,
  jobs: number,
  candidates?: ReadonlySet<string>,
): Promise<Drift> {
  const seen = await readSnapshotText(side)
  const counts = (await withReader(side, listTables))
    .map((table) => ({ table: tableName(table), bytes: table.bytes }))
    .filter(({ table }) => candidates?.has(table) ?? true)
    .map((each) => ({ ...each, sql: countStatement(`only ${each.table}`, '') }))
  const before = await measure(side, counts, { jobs, stop: new AbortController() })
  const now: DatabaseSide = { server: side.server, database: side.database }
  const rowsBefore = (name: string) => before.get(name)?.rows
  return measureDriftSince(now, { jobs, seen, rowsBefore, candidates })
}

export interface DriftSince {
  readonly jobs: number
  /** The snapshot, as `readSnapshotText` gave it; it need not be held any more. */
  readonly seen: string
  /** How many rows the snapshot saw in a table; undefined, where nobody knows or it was not there: deleted rows are not counted then. */
  readonly rowsBefore: (table: string) => number | undefined
  readonly candidates?: ReadonlySet<string> | undefined
}

/** As `measureDrift`, when the snapshot is gone and the rows that it saw have been counted. */
export async function measureDriftSince(
  side: DatabaseSide,
  { jobs, seen, rowsBefore, candidates }: DriftSince,
): Promise<Drift> {
  const names = (await withReader(side, listTables))
    .map(tableName)
    .filter((name) => candidates?.has(name) ?? true)
  const drift: { table: string; rows: number }[] = []
  await workOff(side, {
    jobs,
    tasks: names,
    stop: new AbortController(),
    work: async (session, name) => {
      const rows = changedRows(rowsBefore(name), await countFresh(session, name, seen))
      if (rows > 0) drift.push({ table: name, rows })
    },
  })
  return { tables: drift.toSorted((a, b) => b.rows - a.rows || (a.table < b.table ? -1 : 1)) }
}

interface Fresh {
  readonly rows: number
  /** Row versions that the snapshot cannot see. */
  readonly fresh: number
}

/** The number of rows that were changed, at least: an update is one of both, a new version and one that has gone. */
export function changedRows(before: number | undefined, { rows, fresh }: Fresh): number {
  if (before === undefined) return fresh
  const gone = before - (rows - fresh)
  return Math.max(fresh, gone, rows - before)
}

/** What the snapshot sees, in PostgreSQL's own words (manual, "Transaction ID and Snapshot Information Functions"). */
export async function readSnapshotText(side: DriftSide): Promise<string> {
  const [row] = await withReader(side, (session) =>
    session.query<{ text: string }>(
      'select pg_catalog.txid_current_snapshot()::pg_catalog.text as text',
    ),
  )
  if (row === undefined) throw new Error('The server did not tell its snapshot.')
  return row.text
}

/**
 * A row carries the lower 32 bits of the transaction that made it; the upper ones follow from the next transaction's
 * identifier. 1 and 2 stand for rows that are older than all others.
 */
async function countFresh(session: Session, name: string, seen: string): Promise<Fresh> {
  const [row] = await doing(`count what was written to ${name} on the source`, () =>
    session.query<{ rows: string; fresh: string }>(
      `select pg_catalog.count(*) as rows,
              pg_catalog.count(*) filter (
                where t.xmin::pg_catalog.text::pg_catalog.int8 > 2
                  and not pg_catalog.txid_visible_in_snapshot(
                        n.next - ((n.next - t.xmin::pg_catalog.text::pg_catalog.int8) & 4294967295),
                        ${quoteLiteral(seen)}::pg_catalog.txid_snapshot)) as fresh
         from only ${name} as t
        cross join (select pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) as next) as n`,
    ),
  )
  return { rows: Number(row?.rows ?? 0), fresh: Number(row?.fresh ?? 0) }
}
