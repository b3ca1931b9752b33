/** `mode: validate` for all databases: several at the same time, each told in its turn. */
import { compareDatabase } from './compare-database.js'
import { namedOfSeveral } from './named-of-several.js'
import type { Servers } from './preparation.js'
import { heldLog } from '../log.js'
import type { Clock } from '../report/progress.js'
import type { Finding } from '../report/report.js'
import type { Run } from '../run.js'
import type { DatabaseFacts } from '../server/index.js'
import { createScheduler } from '../transfer/index.js'

/** For less, another session is not worth its start: a database of this size is read within seconds. */
const bytesPerSession = 256e6

/** How many of the jobs a database asks for: a big one takes all, small ones leave room for each other. */
function sessionsFor(bytes: number | null, jobs: number): number {
  return Math.max(1, Math.min(jobs, Math.ceil((bytes ?? 0) / bytesPerSession)))
}

/** Tells of one database: opens a step of that title, and runs `work` inside it. */
type Telling = (database: DatabaseFacts, title: string, work: () => Promise<void>) => Promise<void>

const titleOf = ({ name }: DatabaseFacts) => `Compare database ${name}`

/**
 * Compares the databases, which share `jobs` sessions on either side. They begin in their order and are told in their
 * order: what one says before its turn is kept until then, and how far it is by then is not said.
 */
export async function compareSideBySide(
  run: Run,
  servers: Servers,
  databases: readonly DatabaseFacts[],
  telling: Telling,
): Promise<void> {
  const jobs = run.inputs.jobs.value
  const scheduler = createScheduler(jobs, run.signal)
  const begun = databases.map((database) => {
    const told = heldUntilTurn(namedOfSeveral(run, database.name, databases.length))
    const compared = scheduler.lend(sessionsFor(database.bytes, jobs), (sessions) =>
      compareDatabase(told.run, servers, database, sessions),
    )
    // A run that is cancelled does not come to all of them.
    compared.catch(() => undefined)
    return { database, told, compared }
  })
  const isTold = new Set<DatabaseFacts>()
  try {
    for (const { database, told, compared } of begun) {
      await telling(database, titleOf(database), async () => {
        isTold.add(database)
        await told.tell(compared)
      })
    }
  } finally {
    // The turns of a cancelled run do not come, but what was compared by then is in its report.
    for (const { database, told, compared } of begun) {
      const wasCompared = await compared.then(
        () => true,
        () => false,
      )
      if (!wasCompared || isTold.has(database)) continue
      await run.log.group(titleOf(database), () => told.tell(compared))
    }
    await scheduler.close()
  }
}

/** A run whose lines are kept, and whose clock stands still, until it is told of; it has its findings for itself. */
function heldUntilTurn(run: Run): {
  readonly run: Run
  /** Tells what there is, and what comes until `work` ends. */
  readonly tell: (work: Promise<void>) => Promise<void>
} {
  const { log, release } = heldLog(run.log)
  const findings: Finding[] = []
  let isItsTurn = false
  const clock: Clock = {
    now: run.clock.now,
    every: (milliseconds, tick) =>
      run.clock.every(milliseconds, () => {
        if (isItsTurn) tick()
      }),
  }
  return {
    run: { ...run, log, clock, report: { ...run.report, findings } },
    async tell(work) {
      isItsTurn = true
      release()
      try {
        await work
      } finally {
        run.report.findings.push(...findings)
      }
    },
  }
}
