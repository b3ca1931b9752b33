/** Tells what was written to a database of the source after its snapshot. */
import { driftUnknown, informing, openWrites, unreportedWrites } from './informing.js'
import { formatRoughly, listed } from '../report/format.js'
import { sayWhileRunning } from '../report/progress.js'
import type { DatabaseReport, Drift } from '../report/report.js'
import { addFinding, isTold, type Run } from '../run.js'
import { readWriters, repeatedWhenLost, type Server, type Snapshot } from '../server/index.js'
import type { Published } from './look-at-published.js'
import {
  countsWrites,
  countUnreported,
  countWrites,
  measureDrift,
  measureDriftSince,
  readSnapshotText,
  tableName,
  writtenTables,
  type Writes,
} from '../validate/index.js'

const shown = 10

export interface DriftOptions {
  readonly jobs: number
  readonly snapshot: Snapshot
  /** What had been written right before the snapshot. */
  readonly before: Writes
  /** Sessions of others only read in a database that is frozen, unless they say otherwise. */
  readonly isFrozen: boolean
}

/** What a look at the drift of one database has found, and what it takes to look again when the snapshot is gone. */
export interface DriftLook {
  readonly drift: Drift
  readonly seen: string
  readonly writes: Writes
}

type Told = Pick<Run, 'log' | 'report'> & { readonly source: Server }

/**
 * Counts what was written, in the tables whose counters have moved since `before`. Writes after the snapshot are lost
 * unless somebody carries them over, so they are told loudly; and so are sessions whose last ones are not counted yet.
 */
export async function tellDrift(
  run: Told,
  { jobs, snapshot, before, isFrozen }: DriftOptions,
): Promise<DriftLook> {
  const { source } = run
  const { database } = snapshot
  const side = { server: source, database, snapshot }
  const seen = await readSnapshotText(side)
  const { writes, candidates } = await readWritten(run, database, before, isFrozen)
  const drift = candidates.size === 0 ? { tables: [] } : await measureDrift(side, jobs, candidates)
  warnOf(run, database, drift)
  return { drift, seen, writes }
}

/**
 * Looks again at databases that have been published for a while: as long as others are being moved, applications write to the source.
 * Their snapshots are gone; the rows that these saw are those that have been compared.
 */
export async function tellDriftSince(
  run: Told & Pick<Run, 'signal' | 'clock'>,
  published: readonly Pick<Published, 'entry' | 'look'>[],
  jobs: number,
  isFrozen: (database: string) => Promise<boolean> = () => Promise.resolve(false),
): Promise<void> {
  for (const { entry, look } of published) {
    if (look === undefined) continue
    const say = (seconds: number) =>
      `${entry.name}: drift still running, ${formatRoughly(seconds)} gone`
    await informing(run, driftUnknown(entry.name), () =>
      sayWhileRunning(
        run.log.info,
        say,
        () =>
          repeatedWhenLost(async () =>
            lookAgain(run, entry, look, { jobs, isFrozen: await isFrozen(entry.name) }),
          ),
        run.clock,
      ),
    )
  }
}

async function lookAgain(
  run: Told,
  entry: DatabaseReport,
  look: DriftLook,
  { jobs, isFrozen }: Pick<DriftOptions, 'jobs' | 'isFrozen'>,
): Promise<void> {
  const { candidates } = await readWritten(run, entry.name, look.writes, isFrozen)
  if (candidates.size === 0) return
  const compared = new Map(entry.tables.map((table) => [tableName(table), table.sourceRows]))
  const later = await measureDriftSince(
    { server: run.source, database: entry.name },
    {
      jobs,
      seen: look.seen,
      rowsBefore: (table) => compared.get(table) ?? undefined,
      candidates,
    },
  )
  const others = look.drift.tables.filter(({ table }) => !candidates.has(table))
  entry.drift = { tables: [...later.tables, ...others].toSorted((a, b) => b.rows - a.rows) }
  warnOf(run, entry.name, later)
}

/** The tables that may have been written to since; what cannot be known of them becomes a finding, once. */
async function readWritten(
  run: Told,
  database: string,
  before: Writes,
  isFrozen: boolean,
): Promise<{ readonly writes: Writes; readonly candidates: ReadonlySet<string> }> {
  const { source, report } = run
  const wasUnknown = isTold(report, { check: 'drift-unknown', database })
  await tellOpen(run, database)
  if (source.facts.isStandby) return readReplayed(run, database, before, wasUnknown)
  const unreported = wasUnknown ? 0 : await countUnreported(source, database, before, isFrozen)
  const writes = await countWrites(source, database)
  const isCounted =
    isFrozen || writes.seen === before.seen || (await countsWrites(source, database))
  if (!isCounted && !wasUnknown) {
    addFinding(
      run,
      driftUnknown(database)(
        'track_counts is off there, so that the server does not count what is written.',
      ),
    )
  } else if (unreported > 0) addFinding(run, unreportedWrites(database, unreported))
  return { writes, candidates: writtenTables(before.counters, writes.counters) }
}

/** A standby does not count what it replays, but it says how far it has come. */
async function readReplayed(
  run: Told,
  database: string,
  before: Writes,
  wasUnknown: boolean,
): Promise<{ readonly writes: Writes; readonly candidates: ReadonlySet<string> }> {
  const writes = await countWrites(run.source, database)
  if (writes.seen !== before.seen && !wasUnknown) {
    addFinding(
      run,
      driftUnknown(database)(
        'the source is a standby, which has replayed since what came from its primary and does not count the rows of it. Stop what writes to the primary, or compare both servers afterwards with "mode: validate".',
      ),
    )
  }
  return { writes, candidates: new Set() }
}

/** What has been written in a transaction that is still open is not on the target, and no look at rows sees it. */
async function tellOpen(run: Told, database: string): Promise<void> {
  const { source, report } = run
  const writers = await source.withSession(undefined, (session) =>
    readWriters(session, database, source.applicationName),
  )
  for (const finding of openWrites(database, writers)) {
    if (!isTold(report, finding)) addFinding(run, finding)
  }
}

function warnOf({ log }: Told, database: string, { tables }: Drift): void {
  if (tables.length === 0) return
  const names = tables.map(({ table, rows }) => `${table} (${rows})`)
  log.warning(
    `${database}: rows were written on the source after the snapshot and are not on the target: ${listed(names, shown)}.`,
  )
}
