/** Tells what was written to a database of the source after its snapshot. */
import { unreportedWrites } from './informing.js'
import type { Drift } from './report/report.js'
import { addFinding, type Run } from './run.js'
import type { Server, Snapshot } from './server/index.js'
import {
  countUnreported,
  countWrites,
  measureDrift,
  writtenTables,
  type Writes,
} from './validate/index.js'

const listed = 10

export interface DriftOptions {
  readonly jobs: number
  readonly snapshot: Snapshot
  /** What had been written right before the snapshot. */
  readonly before: Writes
  /** Nobody writes to a source that is frozen. */
  readonly isFrozen: boolean
}

/**
 * Counts what was written, in the tables whose counters have moved since `before`. Writes after the snapshot are lost
 * unless somebody carries them over, so they are told loudly; and so are sessions whose last ones are not counted yet.
 */
export async function tellDrift(
  run: Pick<Run, 'log' | 'report'> & { readonly source: Server },
  { jobs, snapshot, before, isFrozen }: DriftOptions,
): Promise<Drift> {
  const { log, source } = run
  const { database } = snapshot
  const unreported = isFrozen ? 0 : await countUnreported(source, database, before)
  const candidates = writtenTables(before.counters, (await countWrites(source, database)).counters)
  const side = { server: source, database, snapshot }
  const drift =
    candidates.length === 0 ? { tables: [] } : await measureDrift(side, jobs, candidates)
  if (unreported > 0) addFinding(run, unreportedWrites(database, unreported))
  if (drift.tables.length > 0) {
    const list = drift.tables.slice(0, listed).map(({ table, rows }) => `${table} (${rows})`)
    const more = drift.tables.length > listed ? `, and ${drift.tables.length - listed} more` : ''
    log.warning(
      `${database}: rows were written on the source after the snapshot and are not on the target: ${list.join(', ')}${more}.`,
    )
  }
  return drift
}
