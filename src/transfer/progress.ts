/** A line at least every 15 seconds while a database is moved: what, how much of how much, how fast, how long is left. */
import type { Log } from '../log.js'
import { formatBytes } from '../report/format.js'
import { progressLine, watchWork, type Clock, type Sample } from '../report/progress.js'
import type { Server } from '../server/index.js'

export interface ProgressOptions {
  readonly target: Pick<Server, 'withSession'>
  readonly database: string
  readonly stagingDatabase: string
  /** Size on the source. */
  readonly sourceBytes: number
  readonly log: Log
  readonly clock: Clock
}

export interface ProgressWatch {
  /** Bytes of the dump that have passed. */
  readonly onBytes: (bytes: number) => void
  /** What has just begun, where nobody says when it ends. */
  readonly onActivity: (activity: string) => void
  /** What has just begun, until the returned function is called. Of several the first that began is told: one wonders about that. */
  readonly onStep: (step: string) => () => void
  readonly stop: () => void
}

/** Prints until it is stopped; what it cannot learn it leaves out, the transfer goes on. */
export function watchProgress(options: ProgressOptions): ProgressWatch {
  const { database, sourceBytes, log, clock } = options
  let size = 0
  const hide = log.show({ what: database, total: sourceBytes, done: () => size })
  let passed = 0
  let activity = ''
  const steps = new Set<{ readonly step: string }>()
  const watch = {
    read: async () => {
      const bytes = await readTargetBytes(options)
      size = bytes ?? size
      return bytes
    },
    tell: (samples: readonly Sample[], seconds: number) => {
      const notes = passed > 0 ? [`${formatBytes(passed)} of dump passed`] : []
      const [first = { step: activity }] = steps
      const facts = { what: database, total: sourceBytes, samples, seconds, notes }
      log.info(progressLine({ ...facts, activity: first.step }))
    },
  }
  const stop = watchWork(watch, clock)
  return {
    onBytes: (bytes) => {
      passed = bytes
    },
    onActivity: (text) => {
      activity = text
    },
    onStep(step) {
      const running = { step }
      steps.add(running)
      activity = ''
      return () => steps.delete(running)
    },
    stop() {
      stop()
      hide()
    },
  }
}

/** Size of the staging database on the target. */
async function readTargetBytes({
  target,
  stagingDatabase,
}: ProgressOptions): Promise<number | null> {
  return target.withSession(undefined, async (session) => {
    const [row] = await session.query<{ bytes: string }>(
      `select pg_catalog.pg_database_size(oid) as bytes from pg_catalog.pg_database where datname = $1`,
      [stagingDatabase],
    )
    return row === undefined ? null : Number(row.bytes)
  })
}
