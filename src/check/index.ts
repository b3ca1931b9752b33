/** The front door of the checks: everything that can be known before anything is moved. */
import { CancelledError, messageOf, QueryError, throwIfCancelled } from '../errors.js'
import type { Finding } from '../report/report.js'
import { isLostConnection, type Session } from '../server/index.js'
import { checks } from './all.js'
import { readDatabases } from './databases.js'
import { ownerChecks } from './replaced-owners.js'
import type { Check, CheckOptions, DatabaseContext, Found, ServerContext } from './check.js'
import { connectForChecks, mostSeconds } from './session.js'

export type { CheckOptions } from './check.js'
export { connectForChecks } from './session.js'
export { readInvalidIndexes } from './objects.js'
export { findFailingQueries, findUnusedQueries } from './queries.js'
export { refuseImpossiblePair } from './refusals.js'

/** What these foresee, the move of the database tells as well, of the same objects. */
export const foreseen: ReadonlySet<string> = new Set(ownerChecks.map(({ name }) => name))

/**
 * Runs every check, or those chosen: those of the servers once, those of a database in each one. Writes nothing on either side.
 * A check that cannot run becomes a finding of its own. Fails only when a server cannot be reached, or when cancelled.
 * All are run once more where a session has been lost: none of what it was to check is known then.
 */
export async function runChecks(
  options: CheckOptions,
  chosen: readonly Check[] = checks,
): Promise<Finding[]> {
  try {
    return await runAll(options, chosen)
  } catch (error) {
    if (options.signal.aborted || !isLostConnection(error)) throw error
    options.log.warning(`${messageOf(error)} The checks are run again.`)
    return runAll(options, chosen)
  }
}

async function runAll(options: CheckOptions, chosen: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = []
  const sourceSession = await connectForChecks(options.source)
  try {
    const targetSession = await connectForChecks(options.target)
    try {
      const context = { ...options, sourceSession, targetSession }
      findings.push(...(await checkServers(context, chosen)))
      // The rest are findings of the databases' own checks.
      const databases = await readDatabases(sourceSession, options.databases)
      for (const { name, allowsConnections, isInvalid } of databases) {
        if (!allowsConnections || isInvalid) continue
        findings.push(...(await checkDatabase(context, name, chosen)))
      }
    } finally {
      await targetSession.close()
    }
  } finally {
    await sourceSession.close()
  }
  const order = ['blocking', 'warning', 'note']
  return findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
}

async function checkServers(context: ServerContext, chosen: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const check of chosen) {
    if (check.scope !== 'server') continue
    findings.push(...(await runCheck(check, context, () => check.run(context))))
  }
  return findings
}

async function checkDatabase(
  context: ServerContext,
  database: string,
  chosen: readonly Check[],
): Promise<Finding[]> {
  throwIfCancelled(context.signal)
  let sourceSession: Session
  try {
    sourceSession = await connectForChecks(context.source, database)
  } catch (error) {
    if (isLostConnection(error)) throw error
    return [
      {
        check: 'check-failed',
        severity: 'blocking',
        database,
        message: `The database could not be checked: ${messageOf(error)}`,
        remedy: `Let the role of source-url connect to the database, or leave it out with "exclude-databases".`,
      },
    ]
  }
  try {
    const findings: Finding[] = []
    const maintenanceSession = context.sourceSession
    const inDatabase: DatabaseContext = { ...context, sourceSession, maintenanceSession, database }
    for (const check of chosen) {
      if (check.scope !== 'database') continue
      findings.push(...(await runCheck(check, inDatabase, () => check.run(inDatabase), database)))
    }
    return findings
  } finally {
    await sourceSession.close()
  }
}

async function runCheck(
  check: Check,
  context: ServerContext,
  run: () => Promise<readonly Found[]>,
  database?: string,
): Promise<Finding[]> {
  throwIfCancelled(context.signal)
  const startedAt = Date.now()
  try {
    const found = await run()
    context.log.debug(`Check ${check.name}: ${found.length} in ${Date.now() - startedAt} ms`)
    return found.map((finding) => ({ check: check.name, database, ...finding }))
  } catch (error) {
    if (error instanceof CancelledError || context.signal.aborted) throw new CancelledError()
    if (isLostConnection(error)) throw error
    return [
      {
        check: 'check-failed',
        severity: check.worst === 'blocking' ? 'blocking' : 'warning',
        database,
        object: check.name,
        ...(isTooSlow(error, startedAt)
          ? {
              message: `Could not check ${check.subject}: a server did not answer within ${mostSeconds} s.`,
              remedy:
                'Run again when the servers are less busy. Where a database has very many objects, let its catalogs be vacuumed and analyzed first (VACUUM ANALYZE, without a table, by a superuser).',
            }
          : {
              message: `Could not check ${check.subject}: ${messageOf(error)}`,
              remedy: `See what the check "${check.name}" looks for in docs/troubleshooting.md, and look by hand or let the role read it.`,
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
