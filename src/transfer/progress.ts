/** A line at least every 15 seconds while a database is moved: what, how much of how much, how long is left. */
import prettyBytes from 'pretty-bytes'
import type { Log } from '../log.js'
import type { Server } from '../server/index.js'

export interface ProgressOptions {
  readonly target: Server
  readonly database: string
  readonly stagingDatabase: string
  /** Size on the source. */
  readonly sourceBytes: number
  readonly log: Log
}

export interface ProgressWatch {
  /** Bytes of the dump that have passed. */
  readonly onBytes: (bytes: number) => void
  readonly onActivity: (activity: string) => void
  readonly stop: () => void
}

const intervalMs = 15_000
/** Below this share a forecast would be a guess. */
const enoughForForecast = 0.05

/** Prints until it is stopped; what it cannot learn it leaves out, the transfer goes on. */
export function watchProgress(options: ProgressOptions): ProgressWatch {
  const started = Date.now()
  let passed = 0
  let activity = ''
  const timer = setInterval(() => {
    void readTargetBytes(options).then((targetBytes) => {
      const seconds = (Date.now() - started) / 1000
      options.log.info(
        progressLine({ ...options, targetBytes, passedBytes: passed, activity, seconds }),
      )
    })
  }, intervalMs)
  return {
    onBytes: (bytes) => {
      passed = bytes
    },
    onActivity: (text) => {
      activity = text
    },
    stop: () => {
      clearInterval(timer)
    },
  }
}

export interface ProgressFacts {
  readonly database: string
  readonly sourceBytes: number
  /** Size of the staging database; null where it could not be read. */
  readonly targetBytes: number | null
  readonly passedBytes: number
  readonly activity: string
  readonly seconds: number
}

/** `shop: 312 MB of about 1 GB (31 %), 80 s gone, about 3 min left; creating INDEX …` */
export function progressLine(facts: ProgressFacts): string {
  const { database, sourceBytes, targetBytes, passedBytes, activity, seconds } = facts
  const share = targetBytes === null ? 0 : Math.min(targetBytes / Math.max(sourceBytes, 1), 0.99)
  const parts = [
    targetBytes === null
      ? `size on the target unknown`
      : `${prettyBytes(targetBytes)} of about ${prettyBytes(sourceBytes)} on the target (${Math.round(share * 100)} %)`,
    ...(passedBytes > 0 ? [`${prettyBytes(passedBytes)} of dump passed`] : []),
    `${formatDuration(seconds)} gone`,
    ...(share >= enoughForForecast
      ? [`about ${formatDuration((seconds / share) * (1 - share))} left`]
      : []),
  ]
  return `${database}: ${parts.join(', ')}${activity === '' ? '' : `; ${activity}`}`
}

function formatDuration(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`
}

async function readTargetBytes(options: ProgressOptions): Promise<number | null> {
  try {
    return await options.target.withSession(undefined, async (session) => {
      const [row] = await session.query<{ bytes: string }>(
        `select pg_catalog.pg_database_size(oid) as bytes from pg_catalog.pg_database where datname = $1`,
        [options.stagingDatabase],
      )
      return row === undefined ? null : Number(row.bytes)
    })
  } catch {
    return null
  }
}
