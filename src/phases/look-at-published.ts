/** Looks, when all databases are done, whether what has been published is still there: a crash, or a server that takes over, takes back. */
import { CancelledError, messageOf, UpgradeError } from '../errors.js'
import type { DriftLook } from './tell-drift.js'
import { crashUnknown, informing } from './informing.js'
import type { DatabaseReport } from '../report/report.js'
import { isTold, reportedError, type Run } from '../run.js'
import { listed } from '../report/format.js'
import {
  quoteIdentifier,
  quoteQualified,
  repeatedWhenLost,
  setPosition,
  type Server,
  type Session,
} from '../server/index.js'
import type { CrashWatch } from './target-crash.js'
import {
  captureSequences,
  describePosition,
  isSamePosition,
  type SequenceStates,
} from '../validate/index.js'

/** A database that has got its real name, the watch over it since its transfer began, and the last look at its drift. */
export interface Published {
  readonly entry: DatabaseReport
  /** The name it had before. */
  readonly staging: string
  /** The name that the database it has replaced, if there was one, had until it was dropped. */
  readonly setAside: string
  /** It has kept that when it got its name. */
  readonly oid: string | undefined
  readonly crashes: CrashWatch
  /** Undefined where the drift is not known. */
  readonly look: DriftLook | undefined
  /** Where its unlogged sequences stood when it was published. */
  readonly unlogged: SequenceStates
}

/**
 * Fails each database that the target does not have any more as it was published, and fails with `target-crashed` where a crash has
 * emptied unlogged tables of the others, or set back their unlogged sequences. All else of these is there: the publication came
 * last, and has waited for the disk, and a server that has taken over and has it, has all that was logged before it.
 */
export async function lookAtPublished(
  run: Pick<Run, 'report' | 'log' | 'signal' | 'journal'>,
  target: Server,
  published: readonly Published[],
): Promise<void> {
  if (published.length === 0) return
  const crashed = await informing(run, crashUnknown, () => readCrashed(published))
  if (crashed === undefined) return
  const look = () => repeatedWhenLost(() => readDatabases(target, published))
  const there =
    crashed.length > 0 ? await surely(run, look) : await informing(run, crashUnknown, look)
  if (there === undefined) return
  const missing = published.filter(
    ({ entry, oid }) => !there.some((each) => each.oid === oid && each.name === entry.name),
  )
  for (const each of missing) failMissing(run, each, there, crashed.includes(each))
  for (const each of published) if (!missing.includes(each)) dropAgain(run, each, there)
  const left = crashed.filter((each) => !missing.includes(each))
  const emptied = await surely(run, () => repeatedWhenLost(() => readEmptied(target, left)))
  if (emptied.tables.length + emptied.sequences.length > 0) throw emptiedError(emptied)
}

async function readCrashed(published: readonly Published[]): Promise<Published[]> {
  const crashed: Published[] = []
  for (const each of published) {
    if (await repeatedWhenLost(() => each.crashes.hasCrashed())) crashed.push(each)
  }
  return crashed
}

/** What a crash has taken back must be known: that it cannot be read fails as the crash does. */
async function surely<T>({ signal }: Pick<Run, 'signal'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (signal.aborted || error instanceof CancelledError) throw error
    throw new UpgradeError(
      `The target crashed, or another server took over for it, after databases had been published under their real names, and it is not known what of them is gone: ${messageOf(error)}`,
      {
        code: 'target-crashed',
        side: 'target',
        hint: 'When the target answers, compare both servers with "mode: validate", and look at the unlogged tables and sequences; or move these databases again with "existing-database" set to "replace". The log of the target says why it crashed.',
        cause: error,
      },
    )
  }
}

interface NamedDatabase {
  readonly name: string
  readonly oid: string
}

async function readDatabases(
  target: Server,
  published: readonly Published[],
): Promise<NamedDatabase[]> {
  const names = published.flatMap(({ entry, staging, setAside }) => [entry.name, staging, setAside])
  const oids = published.flatMap(({ oid }) => oid ?? [])
  return target.withSession(undefined, (session) =>
    session.query<{ name: string; oid: string }>(
      `select d.datname::pg_catalog.text as name, d.oid::pg_catalog.text as oid
         from pg_catalog.pg_database d
        where d.datname::pg_catalog.text = any ($1::pg_catalog.text[])
           or d.oid::pg_catalog.text = any ($2::pg_catalog.text[])`,
      [names, oids],
    ),
  )
}

/** A server that takes over may have the publication, and not yet that the replaced database was dropped: the clean-up drops it. */
function dropAgain(
  { report, log, journal }: Pick<Run, 'report' | 'log' | 'journal'>,
  { entry: { name: database }, setAside }: Published,
  there: readonly NamedDatabase[],
): void {
  const left = { check: 'replaced-database-left', database, object: setAside } as const
  if (!there.some(({ name }) => name === setAside) || isTold(report, left)) return
  log.info(
    `${database}: the database that it has replaced is on the target again, as ${setAside}, and is dropped at the end of the run.`,
  )
  journal.addStagingDatabase(setAside)
}

/** Where the target has it under its staging name again, the clean-up drops it; what it has replaced stays, and may be all there is. */
function failMissing(
  run: Pick<Run, 'log' | 'signal' | 'journal'>,
  { entry, staging, setAside, oid }: Published,
  there: readonly NamedDatabase[],
  hasCrashed: boolean,
): void {
  const isThere = (wanted: string) => there.some(({ name }) => name === wanted)
  if (isThere(staging)) run.journal.addStagingDatabase(staging)
  run.journal.removeStagingDatabase(setAside)
  const kept = isThere(setAside)
    ? ` The database that it had replaced is still there, as ${JSON.stringify(setAside)}.`
    : ''
  const own = [entry.name, staging, setAside]
  const renamed = there.find((each) => each.oid === oid && !own.includes(each.name))
  if (renamed === undefined) run.journal.removePublished(entry.name)
  const error =
    renamed === undefined
      ? lostError(entry, isThere(entry.name), kept, hasCrashed)
      : renamedError(entry, renamed.name)
  entry.result = 'failed'
  entry.error = reportedError(error, run.signal)
  run.log.error(`${entry.name}: ${entry.error.message}`)
  if (entry.error.hint !== undefined) run.log.info(entry.error.hint)
}

function lostError(
  { name }: DatabaseReport,
  isAnother: boolean,
  kept: string,
  hasCrashed: boolean,
): UpgradeError {
  const what = isAnother ? 'another database has that name' : 'no database has that name'
  const why = hasCrashed
    ? 'The target has crashed since, or another server has taken over for it, and has not kept the publication.'
    : 'Somebody has dropped, renamed or replaced it since, or another server has taken over for the target.'
  return new UpgradeError(
    `Database ${JSON.stringify(name)} is not on the target any more as it was published: ${what}. ${why}`,
    {
      code: 'target-crashed',
      side: 'target',
      hint: `Move this database again.${kept} The log of the target says whether it crashed, and why.`,
    },
  )
}

function renamedError({ name }: DatabaseReport, newName: string): UpgradeError {
  return new UpgradeError(
    `Database ${JSON.stringify(name)} was published on the target, and somebody has renamed it since: it is called ${JSON.stringify(newName)} now.`,
    {
      code: 'database-missing',
      side: 'target',
      hint: `Everything was moved into it. Where it should have its name again:\n-- on the target\nalter database ${quoteIdentifier(newName)} rename to ${quoteIdentifier(name)};`,
    },
  )
}

interface Emptied {
  readonly tables: readonly string[]
  readonly sequences: readonly string[]
  /** Sets the sequences to where they stood. */
  readonly statements: readonly string[]
}

async function readEmptied(target: Server, crashed: readonly Published[]): Promise<Emptied> {
  const [tables, sequences, statements]: [string[], string[], string[]] = [[], [], []]
  for (const { entry, unlogged } of crashed) {
    const database = `database ${JSON.stringify(entry.name)}`
    const empty = entry.tables.filter(({ sourceRows }) => sourceRows === 0).map(nameOf)
    const names = await target.withSession(entry.name, readUnlogged)
    tables.push(
      ...names.filter((name) => !empty.includes(name)).map((name) => `${name} of ${database}`),
    )
    const side = { server: target, database: entry.name }
    const moved = movedSequences(unlogged, await captureSequences(side, 'unlogged'))
    if (moved.length === 0) continue
    statements.push(`-- on the target, in ${database}`)
    for (const { name, before, now } of moved) {
      const [stood, stands] = [describePosition(before), describePosition(now)]
      sequences.push(`${name} of ${database} (stood at ${stood}; stands at ${stands})`)
      statements.push(`select ${setPosition(name, before.lastValue, before.isCalled)};`)
    }
  }
  return { tables, sequences, statements }
}

/** What has been dropped since is nobody's loss. */
function movedSequences(before: SequenceStates, now: SequenceStates) {
  return [...before].flatMap(([name, state]) => {
    const later = now.get(name)
    if (later === undefined || isSamePosition(state, later)) return []
    return [{ name, before: state, now: later }]
  })
}

function nameOf({ schema, name }: Readonly<Record<'schema' | 'name', string>>): string {
  return quoteQualified(schema, name)
}

async function readUnlogged(session: Session): Promise<string[]> {
  const rows = await session.query<{ schema: string; name: string }>(
    `select n.nspname::pg_catalog.text as schema, c.relname::pg_catalog.text as name
       from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and c.relpersistence = 'u'
      order by 1, 2`,
  )
  return rows.map(nameOf)
}

const shown = 10

function emptiedError({ tables, sequences, statements }: Emptied): UpgradeError {
  const what = [
    ...(tables.length > 0
      ? [`That has emptied their unlogged tables: ${listed(tables, shown)}.`]
      : []),
    ...(sequences.length > 0
      ? [`That has set back their unlogged sequences: ${listed(sequences, shown)}.`]
      : []),
  ]
  const mend = [
    ...(tables.length > 0 ? ['fill these tables again from the source'] : []),
    ...(sequences.length > 0 ? ['set these sequences with the statements below'] : []),
  ].join(', then ')
  return new UpgradeError(
    `The target crashed after databases had been published under their real names. ${what.join(' ')} All else of them is there.`,
    {
      code: 'target-crashed',
      side: 'target',
      hint: [
        `On the target, ${mend}; or move these databases again with "existing-database" set to "replace". The log of the target says why it crashed.`,
        ...statements,
      ].join('\n'),
    },
  )
}
