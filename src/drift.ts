/** Tells what was written to a database of the source after its snapshot. */
import type { Drift } from './report/report.js'
import type { Run } from './run.js'
import type { Server, Snapshot } from './server/index.js'
import { countWrites, measureDrift, writtenTables, type WriteCounters } from './validate/index.js'

const listed = 10

/**
 * Counts what was written, in the tables whose counters have moved since `before`. Writes after the snapshot are lost
 * unless somebody carries them over, so they are told loudly.
 */
export async function tellDrift(
  { log, source }: Pick<Run, 'log'> & { readonly source: Server },
  jobs: number,
  snapshot: Snapshot,
  before: WriteCounters,
): Promise<Drift> {
  const { database } = snapshot
  const candidates = writtenTables(before, await countWrites(source, database))
  if (candidates.length === 0) return { tables: [] }
  const side = { server: source, database, snapshot }
  const drift = await measureDrift(side, jobs, candidates)
  if (drift.tables.length > 0) {
    const list = drift.tables.slice(0, listed).map(({ table, rows }) => `${table} (${rows})`)
    const more = drift.tables.length > listed ? `, and ${drift.tables.length - listed} more` : ''
    log.warning(
      `${database}: rows were written on the source after the snapshot and are not on the target: ${list.join(', ')}${more}.`,
    )
  }
  return drift
}
