/** One check, whose failure is a finding of its own. */
import { CancelledError, messageOf, QueryError, throwIfCancelled } from '../errors.js'
import { isLostConnection } from '../server/index.js'
import type { Check, CheckFinding, Found, ServerContext } from './check.js'
import { mostSeconds } from './session.js'

/** Puts the check's name, and the database's, on what `run` finds. Throws only when a connection is lost, or when cancelled. */
export async function runCheck(
  check: Check,
  context: ServerContext,
  run: () => Promise<readonly Found[]>,
  database?: string,
): Promise<CheckFinding[]> {
  throwIfCancelled(context.signal)
  const startedAt = Date.now()
  const found = await unlessItFails(check, context, run)
  context.log.debug(`Check ${check.name}: ${found.length} in ${Date.now() - startedAt} ms`)
  const remedyInDatabase = check.scope === 'database'
  return found.map((each) => ({ check: check.name, database, remedyInDatabase, ...each }))
}

/**
 * What `look` finds, or that it could not look. A check of several places that can fail alone calls it for each, so that
 * what was found in the others is kept.
 */
export async function unlessItFails(
  { name, subject, worst }: Pick<Check, 'name' | 'subject' | 'worst'>,
  { signal }: Pick<ServerContext, 'signal'>,
  look: () => Promise<readonly Found[]>,
): Promise<readonly Found[]> {
  const startedAt = Date.now()
  try {
    return await look()
  } catch (error) {
    if (error instanceof CancelledError || signal.aborted) throw new CancelledError()
    if (isLostConnection(error)) throw error
    return [
      {
        check: 'check-failed',
        severity: worst === 'blocking' ? 'blocking' : 'warning',
        object: name,
        remedyInDatabase: false,
        ...(isTooSlow(error, startedAt)
          ? {
              message: `Could not check ${subject}: a server did not answer within ${mostSeconds} s.`,
              remedy:
                'Run again when the servers are less busy. Where a database has very many objects, let its catalogs be vacuumed and analyzed first (VACUUM ANALYZE, without a table, by a superuser).',
            }
          : {
              message: `Could not check ${subject}: ${messageOf(error)}`,
              remedy: `See what the check "${name}" looks for in docs/troubleshooting.md, and look by hand or let the role read it.`,
            }),
      },
    ]
  }
}

/** Query_canceled, by the time limit and not by somebody. */
function isTooSlow(error: unknown, startedAt: number): boolean {
  const isCancelled = error instanceof QueryError && error.sqlState === '57014'
  return isCancelled && Date.now() - startedAt >= mostSeconds * 1000
}
