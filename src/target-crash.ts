/** Tells that the target has crashed while a database was moved: what it had committed may be gone. */
import { CancelledError, messageOf, UpgradeError } from './errors.js'
import { addFinding, type Run } from './run.js'
import { readCrashMark, type Server } from './server/index.js'

interface Watched extends Pick<Run, 'report' | 'log' | 'signal'> {
  readonly target: Server
  readonly database: { readonly name: string }
}

interface Outcome<T> {
  readonly value: T
  /** The target has crashed and recovered: what it had not written to its disk is gone, whoever was told of a commit. */
  readonly hasCrashed: boolean
}

/**
 * Does the work, in which commits do not wait for the disk. A connection that is opened again after a crash does not show what the
 * crash has taken back; the server itself does. Work that failed meanwhile fails with `target-crashed`.
 */
export async function watchingForCrash<T>(
  run: Watched,
  work: () => Promise<T>,
): Promise<Outcome<T>> {
  const before = await readCrashMark(run.target)
  const hasCrashed = async () => (await readCrashMark(run.target)) !== before
  let value: T
  try {
    value = await work()
  } catch (error) {
    if (run.signal.aborted || error instanceof CancelledError) throw error
    // It may still be down, or out of reach: then the error itself says so.
    const isKnown = await hasCrashed().catch(() => false)
    throw isKnown ? explained(error) : error
  }
  if (!(await hasCrashed())) return { value, hasCrashed: false }
  addFinding(run, {
    check: 'target-crashed',
    severity: 'warning',
    database: run.database.name,
    message: `The target crashed while database ${JSON.stringify(run.database.name)} was being moved, and has recovered. What it had not written to its disk by then is gone; the comparison shows whether anything is missing.`,
    remedy: "See the target's log for why it crashed. If anything is missing, run again.",
  })
  return { value, hasCrashed: true }
}

function explained(error: unknown): UpgradeError {
  return new UpgradeError(
    `The target crashed while the database was being moved, and what it had not written to its disk is gone. ${messageOf(error)}`,
    {
      code: 'target-crashed',
      side: 'target',
      hint: "See the target's log for why it crashed, then run again.",
      cause: error,
    },
  )
}
