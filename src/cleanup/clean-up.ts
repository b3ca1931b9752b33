/** Clears away what a run left behind: children, sessions, staging databases, dumps, secret files. */
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../errors.js'
import type { Log } from '../log.js'
import { returnRoles } from '../roles/index.js'
import { takeBackRoles } from '../roles/index.js'
import { releaseSource, type Server } from '../server/index.js'
import { dropStagingDatabase } from '../staging/index.js'
import { startTimeOf, type Child, type JournalEntries } from './journal.js'

export interface CleanUpOptions {
  readonly entries: JournalEntries
  readonly workDirectory: string
  /** Connects anew: the run's own sessions are gone or not to be trusted. */
  readonly openSource: () => Promise<Server>
  readonly openTarget: () => Promise<Server>
  readonly log: Log
}

/** Does everything it can and returns what it could not do, in words for the log. Safe to repeat. */
export async function cleanUp(options: CleanUpOptions): Promise<string[]> {
  const { entries, workDirectory, log } = options
  const failures: string[] = []
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      failures.push(`${what}: ${messageOf(error)}`)
    }
  }
  const isRunning = entries.children.some(isAlive)
  await attempt('end the client tools', () => endChildren(entries.children))
  if (isRunning) {
    await attempt('end the sessions on the source', async () => {
      await endSessions(await options.openSource())
    })
  }
  if (entries.stagingDatabases.length > 0) {
    await attempt('drop the staging databases', async () => {
      const target = await options.openTarget()
      await endSessions(target)
      for (const name of entries.stagingDatabases) {
        await attempt(`drop staging database ${name} on the target`, async () => {
          await dropStagingDatabase(target, name)
          log.info(`Dropped staging database ${name}.`)
        })
      }
    })
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
      await releaseSource(await options.openSource(), freeze)
      log.info('The source takes writes again.')
    })
  }
  for (const path of [...entries.paths, workDirectory]) {
    await attempt(`remove ${path}`, () => rm(path, { recursive: true, force: true }))
  }
  return failures
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

/** A server goes on with a statement whose client is gone; every session of this run has the run's name. */
async function endSessions(server: Server): Promise<void> {
  await server.withSession(undefined, (session) =>
    session.query(
      `select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
        where application_name = $1 and pid <> pg_catalog.pg_backend_pid()`,
      [server.applicationName],
    ),
  )
}
