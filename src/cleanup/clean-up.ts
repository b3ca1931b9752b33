/** Clears away what a run left behind: children, sessions, staging databases, dumps, secret files. */
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../errors.js'
import type { Log } from '../log.js'
import type { Finding } from '../report/report.js'
import { returnRoles, takeBackRoles } from '../roles/index.js'
import { releaseSource, type Server } from '../server/index.js'
import { dropStagingDatabase } from '../staging/index.js'
import { startTimeOf, type Child, type JournalEntries } from './journal.js'
import { stagingLeft } from './staging-left.js'

export interface CleanUpOptions {
  readonly entries: JournalEntries
  /** Cancelled or killed: statements of the run may still be at work on the servers. */
  readonly wasCutOff: boolean
  readonly workDirectory: string
  /** Connects anew: the run's own sessions are gone or not to be trusted. */
  readonly openSource: () => Promise<Server>
  readonly openTarget: () => Promise<Server>
  readonly log: Log
}

const pollMs = 50
/** A session that rolls back a lot takes its time; the runner's patience after a cancel is 10 seconds. */
const endMs = 5000

export interface NotCleared {
  /** What could not be done, in words for the log. */
  readonly failures: readonly string[]
  /** Of the staging databases that are still there. */
  readonly findings: readonly Finding[]
}

/** Does everything it can and returns what it could not do. Safe to repeat. */
export async function cleanUp(options: CleanUpOptions): Promise<NotCleared> {
  const { entries, workDirectory, log } = options
  const failures: string[] = []
  const findings: Finding[] = []
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      failures.push(`${what}: ${messageOf(error)}`)
    }
  }
  const isAtWork = options.wasCutOff || entries.children.some(isAlive)
  await attempt('end the client tools', () => endChildren(entries.children))
  for (const side of isAtWork ? entries.connected : []) {
    await attempt(`end the sessions on the ${side}`, async () => {
      await endSessions(await (side === 'source' ? options.openSource() : options.openTarget()))
    })
  }
  if (entries.stagingDatabases.length > 0) {
    findings.push(...(await dropStaging(options)))
  }
  if (entries.borrowedRoles.length > 0) {
    await attempt('give back the borrowed roles', async () => {
      const kept = await returnRoles(await options.openTarget(), entries.borrowedRoles)
      for (const { role, reason } of kept) failures.push(`give back the role ${role}: ${reason}`)
    })
  }
  if (entries.roles.length > 0) {
    await attempt('drop the roles of the rehearsal', async () => {
      await takeBackRoles(await options.openTarget(), entries.roles)
    })
  }
  const { freeze } = entries
  if (freeze !== null) {
    await attempt('release the frozen source', async () => {
      await releaseSource(await options.openSource(), freeze, log)
    })
  }
  for (const path of [...entries.paths, workDirectory]) {
    await attempt(`remove ${path}`, () => rm(path, { recursive: true, force: true }))
  }
  return { failures, findings }
}

/** Each is tried for itself; those that are left are told together where the target cannot be reached. */
async function dropStaging({ entries, openTarget, log }: CleanUpOptions): Promise<Finding[]> {
  const names = entries.stagingDatabases
  const left: Finding[] = []
  try {
    const target = await openTarget()
    for (const name of names) {
      try {
        await dropStagingDatabase(target, name)
        log.info(`Dropped staging database ${name}.`)
      } catch (error) {
        left.push(stagingLeft([name], messageOf(error)))
      }
    }
  } catch (error) {
    left.push(stagingLeft(names, messageOf(error)))
  }
  return left
}

function isAlive({ processId, startTime }: Child): boolean {
  return startTime !== null && startTimeOf(processId) === startTime
}

/** Ends children that are still the same process: first asks, then kills. */
async function endChildren(children: readonly Child[]): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const alive = children.filter(isAlive)
    if (alive.length === 0) return
    for (const { processId } of alive) process.kill(processId, signal)
    for (let waited = 0; waited < 1000 && alive.some(isAlive); waited += 50) await sleep(50)
  }
}

/**
 * A server goes on with a statement whose client is gone, and it may yet create what is about to be dropped. By the
 * run's name they are all ended and waited for; idle ones end by themselves.
 */
async function endSessions(server: Server): Promise<void> {
  await server.withSession(undefined, async (session) => {
    const deadline = Date.now() + endMs
    for (;;) {
      const busy = await session.query(
        `select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
          where application_name = $1 and pid <> pg_catalog.pg_backend_pid()
            and state is distinct from 'idle'`,
        [server.applicationName],
      )
      if (busy.length === 0) return
      if (Date.now() > deadline) throw new Error(`${busy.length} of them do not end.`)
      await sleep(pollMs)
    }
  })
}
