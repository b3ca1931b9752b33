/** A line at least every 15 seconds while a database is moved: what, how much of how much, how fast, how long is left. */
import type { Log } from '../log.js'
import { formatBytes } from '../report/format.js'
import { progressLine, watchWork } from '../report/progress.js'
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

/** Prints until it is stopped; what it cannot learn it leaves out, the transfer goes on. */
export function watchProgress(options: ProgressOptions): ProgressWatch {
  const { database, sourceBytes, log } = options
  let passed = 0
  let activity = ''
  const stop = watchWork({
    read: () => readTargetBytes(options),
    tell: (samples, seconds) => {
      const notes = passed > 0 ? [`${formatBytes(passed)} of dump passed`] : []
      log.info(
        progressLine({ what: database, total: sourceBytes, samples, seconds, notes, activity }),
      )
    },
  })
  return {
    onBytes: (bytes) => {
      passed = bytes
    },
    onActivity: (text) => {
      activity = text
    },
    stop,
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
