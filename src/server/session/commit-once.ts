/** Commits a transaction once, even when the connection is lost on the way, or the answer to its commit. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CancelledError } from '../../errors.js'
import type { Server } from '../server.js'
import { endBackend } from './end-backend.js'
import { isLostConnection } from './lost-connection.js'
import type { Session } from './session.js'

/** What one attempt has come to before its transaction ended. */
export interface Attempt<T> {
  /** Said just before the transaction ends. */
  outcome?: { readonly value: T; readonly isCommitted: (session: Session) => Promise<boolean> }
}

export interface CommitOnceOptions<T> {
  readonly target: Server
  /** The database to connect to; the maintenance database when it is undefined. */
  readonly database: string | undefined
  readonly signal: AbortSignal | undefined
  /** Sets the attempt's outcome, and ends its transaction. */
  readonly work: (session: Session, attempt: Attempt<T>) => Promise<void>
}

/** Before each further attempt. A server that restarts is away for longer than a moment. */
export const pausesMs = [1000, 2000, 4000, 8000, 15_000]

/** Returns the outcome of the attempt that was committed. */
export async function commitOnce<T>(options: CommitOnceOptions<T>): Promise<T> {
  const { target, database, signal, work } = options
  let attempt: Attempt<T> & { processId?: number } = {}
  for (let number = 0; ; number += 1) {
    try {
      if (attempt.processId !== undefined && (await wasCommitted(options, attempt))) break
      attempt = {}
      await target.withSession(database, (session) => {
        attempt.processId = session.processId
        return work(session, attempt)
      })
      break
    } catch (error) {
      if (signal?.aborted === true) throw new CancelledError()
      const pause = pausesMs[number]
      if (!isLostConnection(error) || pause === undefined) throw error
      await sleep(pause, undefined, { signal }).catch(() => undefined)
    }
  }
  if (attempt.outcome === undefined) throw new Error('The transaction has no outcome.')
  return attempt.outcome.value
}

/** Ends what the lost connection has left at work, then looks whether its transaction had been committed. */
async function wasCommitted<T>(
  { target, database }: CommitOnceOptions<T>,
  { processId, outcome }: Attempt<T> & { readonly processId?: number },
): Promise<boolean> {
  return target.withSession(database, async (session) => {
    await endBackend(session, processId, target.applicationName)
    return outcome !== undefined && (await outcome.isCommitted(session))
  })
}
