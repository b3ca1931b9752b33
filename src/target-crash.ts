/** Notices a crash of the target while a database is moved: what had been committed by then may be gone. */
import { CancelledError, messageOf, UpgradeError } from './errors.js'
import type { DriftLook } from './drift.js'
import { crashUnknown, informing } from './informing.js'
import type { DatabaseReport } from './report/report.js'
import { addFinding, type Run } from './run.js'
import {
  hasCrashedBetween,
  quoteIdentifier,
  readCrashMark,
  repeatedWhenLost,
  type Server,
  type Session,
} from './server/index.js'

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
}

/**
 * Connections that are lost are opened again, and do not show what a crash has taken back: commits of a move do not wait for the
 * disk, and unlogged tables are emptied. The server itself does.
 */
export async function watchForCrash(target: Server): Promise<CrashWatch> {
  const read = () => target.withSession(undefined, readCrashMark)
  let mark = await read()
  return {
    async hasCrashed(session) {
      const before = mark
      mark = await (session === undefined ? read() : readCrashMark(session))
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
 * Fails with `target-crashed` where a crash has emptied unlogged tables of what has been published. All else of it is on the disk,
 * because the publication has waited for that.
 */
export async function throwIfEmptied(
  run: Pick<Run, 'report' | 'log' | 'signal'>,
  target: Server,
  published: readonly Published[],
): Promise<void> {
  const emptied = await informing(run, crashUnknown, () => emptiedTables(target, published))
  if (emptied !== undefined && emptied.length > 0) throw emptiedError(emptied)
}

async function emptiedTables(target: Server, published: readonly Published[]): Promise<string[]> {
  const emptied: string[] = []
  for (const { entry, crashes } of published) {
    if (!(await repeatedWhenLost(() => crashes.hasCrashed()))) continue
    const empty = entry.tables.filter(({ sourceRows }) => sourceRows === 0).map(nameOf)
    const unlogged = await repeatedWhenLost(() => target.withSession(entry.name, readUnlogged))
    const names = unlogged.map(nameOf).filter((name) => !empty.includes(name))
    emptied.push(...names.map((name) => `${name} of database ${JSON.stringify(entry.name)}`))
  }
  return emptied
}

type TableName = Readonly<Record<'schema' | 'name', string>>

function nameOf({ schema, name }: TableName): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}

function readUnlogged(session: Session): Promise<TableName[]> {
  return session.query<TableName>(
    `select n.nspname::pg_catalog.text as schema, c.relname::pg_catalog.text as name
       from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and c.relpersistence = 'u'
      order by 1, 2`,
  )
}

const listed = 10

function emptiedError(tables: readonly string[]): UpgradeError {
  const more = tables.length > listed ? `, and ${tables.length - listed} more` : ''
  return new UpgradeError(
    `The target crashed after databases had been published under their real names. That has emptied their unlogged tables: ${tables.slice(0, listed).join(', ')}${more}. All else was on the disk.`,
    {
      code: 'target-crashed',
      side: 'target',
      hint: 'Fill these tables again from the source, or move the database again with "existing-database" set to "replace". The log of the target says why it crashed.',
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
