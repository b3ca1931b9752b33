/** The front door of the checks: everything that can be known before anything is moved. */
import { messageOf } from '../errors.js'
import { isLostConnection } from '../server/index.js'
import { checks } from './all.js'
import { readDatabases } from './databases/databases.js'
import { lostRevokes } from './roles/lost-revokes.js'
import { ownerChecks } from './roles/replaced-owners.js'
import type { Check, CheckFinding, CheckOptions, ServerContext } from './check.js'
import { runCheck } from './run-check.js'
import { checkedAtOnce, runInDatabases } from './run-in-databases.js'
import { withCheckSessions } from './session.js'

export type { CheckFinding, CheckOptions } from './check.js'
export { connectForChecks } from './session.js'
export { readInvalidIndexes } from './definitions/objects.js'
export { findFailingQueries, findUnusedQueries } from './databases/validation-queries.js'
export { refuseImpossiblePair } from './refusals.js'

/** What these foresee, the move of the database tells as well, of the same objects. */
export const foreseen: ReadonlySet<string> = new Set(
  [...ownerChecks, lostRevokes].map(({ name }) => name),
)

/**
 * Runs every check, or those chosen: those of the servers once, those of a database in each one. Writes nothing on either side.
 * A check that cannot run becomes a finding of its own. Fails only when a server cannot be reached, or when cancelled.
 * All are run once more where a session has been lost: none of what it was to check is known then.
 */
export async function runChecks(
  options: CheckOptions,
  chosen: readonly Check[] = checks,
): Promise<CheckFinding[]> {
  try {
    return await runAll(options, chosen)
  } catch (error) {
    if (options.signal.aborted || !isLostConnection(error)) throw error
    options.log.warning(`${messageOf(error)} The checks are run again.`)
    return runAll(options, chosen)
  }
}

async function runAll(options: CheckOptions, chosen: readonly Check[]): Promise<CheckFinding[]> {
  const findings = await withCheckSessions(options, async (context) => {
    const ofServers = await checkServers(context, chosen)
    const databases = (await readDatabases(context.sourceSession, options.databases))
      // The others are findings of the servers' checks.
      .filter(({ allowsConnections, isInvalid }) => allowsConnections && !isInvalid)
      .map(({ name }) => name)
    const atOnce = checkedAtOnce(options.jobs, ofServers)
    return [...ofServers, ...(await runInDatabases(context, databases, chosen, atOnce))]
  })
  const order = ['blocking', 'warning', 'note']
  return findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
}

async function checkServers(
  context: ServerContext,
  chosen: readonly Check[],
): Promise<CheckFinding[]> {
  const findings: CheckFinding[] = []
  for (const check of chosen) {
    if (check.scope !== 'server') continue
    findings.push(...(await runCheck(check, context, () => check.run(context))))
  }
  return findings
}
