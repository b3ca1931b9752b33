/** Notices a crash of the target while a database is moved: what had been committed by then may be gone. */
import { CancelledError, messageOf, UpgradeError } from '../errors.js'
import { addFinding, type Run } from '../run.js'
import {
  hasCrashedBetween,
  readCrashMark,
  tellsTimeline,
  type Server,
  type Session,
} from '../server/index.js'

interface Watched extends Pick<Run, 'report' | 'log' | 'signal'> {
  readonly target: Server
  readonly database: { readonly name: string }
}

export interface CrashWatch {
  /** Whether the target has crashed and recovered since this was last asked, or since the watch began. */
  hasCrashed(session?: Session): Promise<boolean>
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
