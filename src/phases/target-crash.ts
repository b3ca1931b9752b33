/** Notices a crash of the target while a database is moved: what had been committed by then may be gone. */
import { CancelledError, messageOf, UpgradeError } from '../errors.js'
import type { DriftLook } from './tell-drift.js'
import { crashUnknown, informing } from './informing.js'
import type { DatabaseReport } from '../report/report.js'
import { addFinding, type Run } from '../run.js'
import { listed } from '../report/format.js'
import {
  hasCrashedBetween,
  quoteQualified,
  readCrashMark,
  repeatedWhenLost,
  setPosition,
  tellsTimeline,
  type Server,
  type Session,
} from '../server/index.js'
import {
  captureSequences,
  describePosition,
  isSamePosition,
  type SequenceStates,
} from '../validate/index.js'

interface Watched extends Pick<Run, 'report' | 'log' | 'signal'> {
  readonly target: Server
  readonly database: { readonly name: string }
}

export interface CrashWatch {
  /** Whether the target has crashed and recovered since this was last asked, or since the watch began. */
  hasCrashed(session?: Session): Promise<boolean>
}

/** A database that has got its real name, the watch over it since its transfer began, and the last look at its drift. */
export interface Published {
  readonly entry: DatabaseReport
  readonly crashes: CrashWatch
  /** Undefined where the drift is not known. */
  readonly look: DriftLook | undefined
  /** Where its unlogged sequences stood when it was published. */
  readonly unlogged: SequenceStates
}

/**
 * Connections that are lost are opened again, and do not show what a crash has taken back: commits of a move do not wait for the
 * disk, unlogged tables are emptied, and unlogged sequences set back. The server itself does.
 */
export async function watchForCrash(target: Server): Promise<CrashWatch> {
  let withTimeline = false
  const readIn = (session: Session) => readCrashMark(session, withTimeline)
  let mark = await target.withSession(undefined, async (session) => {
    withTimeline = await tellsTimeline(session)
    return readIn(session)
  })
  return {
    async hasCrashed(session) {
      const before = mark
      mark = await (session === undefined ? target.withSession(undefined, readIn) : readIn(session))
      return hasCrashedBetween(before, mark)
    },
  }
}

/** Work that failed because of a crash fails with `target-crashed`; where it did not, a finding tells of the crash. */
export async function tellingOfCrash<T>(
  run: Watched,
  watch: CrashWatch,
  work: () => Promise<T>,
): Promise<{ value: T; hasCrashed: boolean }> {
  let value: T
  try {
    value = await work()
  } catch (error) {
    if (run.signal.aborted || error instanceof CancelledError) throw error
    // It may still be down, or out of reach: then the error itself says so.
    const hasCrashed = await watch.hasCrashed().catch(() => false)
    throw hasCrashed ? crashed('was being moved', error) : error
  }
  const hasCrashed = await watch.hasCrashed()
  if (hasCrashed) {
    addFinding(run, {
      check: 'target-crashed',
      severity: 'warning',
      database: run.database.name,
      message: `The target crashed while database ${JSON.stringify(run.database.name)} was being moved, and has recovered. What it had not written to its disk by then is gone; the comparison shows whether anything is missing.`,
      remedy: "See the target's log for why it crashed. If anything is missing, run again.",
    })
  }
  return { value, hasCrashed }
}

/**
 * Fails with `target-crashed`: what has been compared may not be there any more. To be asked by the session that is about to commit
 * the publication, which does not survive another crash.
 */
export async function refuseAfterCrash(watch: CrashWatch, session: Session): Promise<void> {
  if (await watch.hasCrashed(session)) throw crashed('had been moved and was not published yet')
}

/**
 * Fails with `target-crashed` where a crash has emptied unlogged tables of what has been published, or set back unlogged sequences.
 * All else of it is on the disk, because the publication has waited for that.
 */
export async function throwIfEmptied(
  run: Pick<Run, 'report' | 'log' | 'signal'>,
  target: Server,
  published: readonly Published[],
): Promise<void> {
  const emptied = await informing(run, crashUnknown, () => readEmptied(target, published))
  if (emptied !== undefined && emptied.tables.length + emptied.sequences.length > 0)
    throw emptiedError(emptied)
}

interface Emptied {
  readonly tables: readonly string[]
  readonly sequences: readonly string[]
  /** Sets the sequences to where they stood. */
  readonly statements: readonly string[]
}

async function readEmptied(target: Server, published: readonly Published[]): Promise<Emptied> {
  const [tables, sequences, statements]: [string[], string[], string[]] = [[], [], []]
  for (const { entry, crashes, unlogged } of published) {
    if (!(await repeatedWhenLost(() => crashes.hasCrashed()))) continue
    const database = `database ${JSON.stringify(entry.name)}`
    const empty = entry.tables.filter(({ sourceRows }) => sourceRows === 0).map(nameOf)
    const names = await repeatedWhenLost(() => target.withSession(entry.name, readUnlogged))
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
    `The target crashed after databases had been published under their real names. ${what.join(' ')} All else was on the disk.`,
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

function crashed(when: string, error?: unknown): UpgradeError {
  const consequence = error === undefined ? '' : ` ${messageOf(error)}`
  return new UpgradeError(
    `The target crashed while the database ${when}, and what it had not written to its disk is gone.${consequence}`,
    {
      code: 'target-crashed',
      side: 'target',
      hint: "See the target's log for why it crashed, then run again.",
      cause: error,
    },
  )
}
