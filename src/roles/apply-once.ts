/** Applies a plan once, even when the connection is lost on the way, or the answer to its commit. */
import { commitOnce, hasCommitted, type Server, type Session } from '../server/index.js'
import { applyRoles, type AppliedRoles, type ApplyOptions } from './apply.js'

/** A plan is made before anything is changed: done again, it still tells what was there and what was not. */
export function applyOnce(
  target: Server,
  options: Omit<ApplyOptions, 'session' | 'beforeEnd'>,
): Promise<AppliedRoles> {
  return commitOnce<AppliedRoles>({
    target,
    database: undefined,
    signal: options.signal,
    async work(session, attempt) {
      const beforeEnd = async (value: AppliedRoles) => {
        const transaction = await currentTransaction(session)
        // What is rolled back, is so whether the answer arrives or not.
        const isCommitted = async (later: Session) =>
          options.rehearsal || (await hasCommitted(later, transaction))
        attempt.outcome = { value, isCommitted }
      }
      await applyRoles({ ...options, session, beforeEnd })
    },
  })
}

async function currentTransaction(session: Session): Promise<string> {
  const [row] = await session.query<{ id: string }>(
    'select pg_catalog.txid_current()::pg_catalog.text as id',
  )
  return row?.id ?? ''
}
