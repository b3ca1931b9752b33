/** Clears away what a run left behind: children, sessions, staging databases, dumps, secret files. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../errors.js'
import type { Log } from '../log.js'
import type { Finding } from '../report/report.js'
import { returnRoles, takeBackRoles } from '../roles/index.js'
import { releaseSource, type Server } from '../server/index.js'
import { dropStagingDatabase } from '../staging/index.js'
import { startTimeOf, writeJournal, type Child, type JournalEntries } from './journal.js'
import { sourceLeftFrozen } from './source-left-frozen.js'
import { stagingLeft } from './staging-left.js'
import { journalName } from './work-directory.js'

export interface CleanUpOptions {
  readonly entries: JournalEntries
  /** Cancelled or killed: statements of the run may still be at work on the servers. */
  readonly wasCutOff: boolean
  readonly workDirectory: string
  /** A later process tries again what could not be done: the journal is kept for it, and nothing else. */
  readonly isTriedAgain: boolean
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
  /** Of the staging databases that are still there, and of a source that is still frozen. */
  readonly findings: readonly Finding[]
}

/** Does everything it can and returns what it could not do. Safe to repeat. */
export async function cleanUp(options: CleanUpOptions): Promise<NotCleared> {
  const { entries, workDirectory, log } = options
  const failures: string[] = []
  const findings: Finding[] = []
  let left: JournalEntries = { ...entries, children: [] }
  const isDone = (changes: Partial<JournalEntries>) => {
    left = { ...left, ...changes }
  }
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      failures.push(`${what}: ${messageOf(error)}`)
    }
  }
  const isAtWork = options.wasCutOff || entries.children.some(isAlive)
  const endSessionsOn = async (side: 'source' | 'target', open: () => Promise<Server>) => {
    if (!entries.connected.includes(side)) return
    await attempt(`end the sessions on the ${side}`, async () => {
      if (isAtWork) await endSessions(await open())
      isDone({ connected: left.connected.filter((connected) => connected !== side) })
    })
  }
  const clearSource = async () => {
    const open = once(options.openSource)
    await endSessionsOn('source', open)
    const { freeze } = entries
    if (freeze === null) return
    try {
      await releaseSource(await open(), freeze, log)
      isDone({ freeze: null })
    } catch (error) {
      findings.push(sourceLeftFrozen(freeze, messageOf(error)))
    }
  }
  const clearTarget = async () => {
    const open = once(options.openTarget)
    await endSessionsOn('target', open)
    const { stagingDatabases, borrowedRoles, roles } = entries
    if (stagingDatabases.length > 0) {
      const kept = await dropStaging(stagingDatabases, open, log)
      isDone({ stagingDatabases: kept.flatMap(({ names }) => names) })
      for (const { names, why } of kept) findings.push(stagingLeft(names, why))
    }
    if (borrowedRoles.length > 0) {
      const names = borrowedRoles.map(({ role }) => role).join(', ')
      await attempt(`give back the borrowed roles ${names}`, async () => {
        const kept = await returnRoles(await open(), borrowedRoles)
        if (kept.length === 0) isDone({ borrowedRoles: [] })
        for (const { role, reason } of kept) failures.push(`give back the role ${role}: ${reason}`)
      })
    }
    if (roles.length > 0) {
      await attempt(`drop the roles of the rehearsal ${roles.join(', ')}`, async () => {
        await takeBackRoles(await open(), roles, { log })
        isDone({ roles: [] })
      })
    }
  }
  await attempt('end the client tools', () => endChildren(entries.children))
  // Each side by itself: a target that does not answer must not keep a frozen source waiting.
  await Promise.all([clearSource(), clearTarget()])
  for (const path of entries.paths) {
    await attempt(`remove ${path}`, () => rm(path, { recursive: true, force: true }))
  }
  const isKept = options.isTriedAgain && failures.length + findings.length > 0
  await attempt(`remove ${workDirectory}`, () =>
    isKept ? keepJournal(workDirectory, left) : rm(workDirectory, { recursive: true, force: true }),
  )
  return { failures, findings }
}

/** Keys and passwords go all the same: who tries again has the inputs. */
async function keepJournal(workDirectory: string, left: JournalEntries): Promise<void> {
  for (const name of await readdir(workDirectory)) {
    if (name !== journalName) await rm(join(workDirectory, name), { recursive: true, force: true })
  }
  writeJournal(join(workDirectory, journalName), left)
}

/** Opens a server once: one that does not answer is not waited for again. */
function once(open: () => Promise<Server>): () => Promise<Server> {
  let opened: Promise<Server> | undefined
  return () => (opened ??= open())
}

/** Each is tried for itself; those that are left are told together where the target cannot be reached. */
async function dropStaging(
  names: readonly string[],
  open: () => Promise<Server>,
  log: Log,
): Promise<{ readonly names: readonly string[]; readonly why: string }[]> {
  const left: { readonly names: readonly string[]; readonly why: string }[] = []
  try {
    const target = await open()
    for (const name of names) {
      try {
        const wasThere = await dropStagingDatabase(target, name)
        if (wasThere) log.info(`Dropped staging database ${name}.`)
      } catch (error) {
        left.push({ names: [name], why: messageOf(error) })
      }
    }
  } catch (error) {
    left.push({ names, why: messageOf(error) })
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
    for (const child of alive) end(child, signal)
    for (let waited = 0; waited < 1000 && alive.some(isAlive); waited += 50) await sleep(50)
  }
}

/** One that is gone by this moment must not keep the others from their signal. */
function end({ processId }: Child, signal: NodeJS.Signals): void {
  try {
    process.kill(processId, signal)
  } catch {
    // It has ended, or its number is now somebody else's.
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
