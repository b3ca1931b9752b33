/** The checks of a database, in each of them; several databases at the same time. */
import { ConnectionError, messageOf, throwIfCancelled } from '../errors.js'
import { isLostConnection, type Session } from '../server/index.js'
import type { Check, CheckFinding, DatabaseContext, ServerContext } from './check.js'
import { extraSessions } from './servers/room.js'
import { runCheck } from './run-check.js'
import { connectForChecks, withCheckSessions } from './session.js'

/**
 * How many databases are checked at the same time. On the source each takes two sessions, and together they are no more
 * than the check `connections` has promised to be enough; where they are not there, one database comes after the other.
 */
export function checkedAtOnce(jobs: number, findings: readonly CheckFinding[]): number {
  if (findings.some(({ check }) => check === 'connections')) return 1
  return Math.min(jobs, Math.floor((jobs + extraSessions) / 2))
}

/** Findings in the order of the databases, each checked once. The first connection that is lost ends all. */
export async function runInDatabases(
  context: ServerContext,
  databases: readonly string[],
  chosen: readonly Check[],
  atOnce: number,
): Promise<CheckFinding[]> {
  const found = databases.map((): CheckFinding[] => [])
  const waiting = [...databases.entries()]
  const workOff = async (own: ServerContext): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, database] = next
      found[index] = await checkDatabase(own, database, chosen)
    }
  }
  const work = async (_: unknown, worker: number): Promise<void> => {
    try {
      await (worker === 0 ? workOff(context) : withCheckSessions(context, workOff))
    } catch (error) {
      waiting.splice(0)
      throw error
    }
  }
  const workers = Array.from({ length: Math.min(atOnce, databases.length) }, work)
  for (const ended of await Promise.allSettled(workers))
    if (ended.status === 'rejected') throw ended.reason
  return found.flat()
}

async function checkDatabase(
  context: ServerContext,
  database: string,
  chosen: readonly Check[],
): Promise<CheckFinding[]> {
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
        remedy: remedyOf(error),
        remedyInDatabase: false,
      },
    ]
  }
  try {
    const findings: CheckFinding[] = []
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

function remedyOf(error: unknown): string {
  const { code = '', hint } = error instanceof ConnectionError ? error : {}
  if ((code === 'login-trigger' || code === 'encoding') && hint !== undefined) return hint
  // A library that cannot be loaded, for one, is no want of a right.
  const what =
    code === 'not-allowed-by-server'
      ? 'Let the role of source-url connect to the database'
      : 'Settle on the source what the server says there'
  return `${what}, or leave it out with "exclude-databases".`
}
