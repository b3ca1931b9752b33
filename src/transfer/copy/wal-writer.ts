/**
 * Keeps the target's WAL writer at work. COPY fills a ring of 16 MB over and over: before a page of it can be used again it
 * is written, and before that the WAL up to it (src/backend/storage/buffer/README, "Buffer Ring Replacement Strategy").
 * Left to itself, the WAL writer comes every 200 ms (wal_writer_delay); by then every COPY has written the WAL itself,
 * and waited for the disk.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../errors.js'
import type { CopyContext } from './context.js'

/** The part of wal_buffers that may fill up before the WAL writer is woken. */
const filled = 1 / 4
const shortestPauseMs = 5
const longestPauseMs = 100

/** How long it will take until `wanted` bytes of WAL have come, from those that came in the time before. */
export function pauseMs(wanted: number, bytes: number, elapsedMs: number): number {
  const untilEnough = (elapsedMs * wanted) / Math.max(bytes, 1)
  return Math.min(longestPauseMs, Math.max(shortestPauseMs, untilEnough))
}

/**
 * A commit that does not wait for the disk wakes the WAL writer; this is the smallest record to have one for, and takes
 * no transaction ID. It belongs to the staging database, whose WAL nobody decodes. Returns where it ends, in bytes.
 */
const wakingQuery = `select pg_catalog.pg_logical_emit_message(false, 'upgrade-postgres', ''::pg_catalog.bytea)
                              - '0/0'::pg_catalog.pg_lsn as position`

/**
 * Runs `work` on the staging database, and wakes the WAL writer meanwhile from a session of its own; being unable to
 * costs time, and nothing else. Of the databases that share a scheduler, one at a time has that session.
 */
export async function withWalWriter<T>(context: CopyContext, work: () => Promise<T>): Promise<T> {
  const { copying } = context.scheduler
  const over = new AbortController()
  copying.add(over.signal)
  const waking = keepAwake(context, over.signal).catch((error: unknown) => {
    context.options.log.debug(`The target's WAL writer is not woken: ${messageOf(error)}`)
  })
  try {
    return await work()
  } finally {
    over.abort()
    copying.delete(over.signal)
    await waking
  }
}

async function keepAwake({ options, scheduler }: CopyContext, signal: AbortSignal): Promise<void> {
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined)
  const isOver = () => signal.aborted
  const isFirst = () => [...scheduler.copying][0] === signal
  while (!isOver() && !isFirst()) await pause(longestPauseMs)
  if (isOver()) return
  const session = await options.target.connect(options.stagingDatabase)
  try {
    const [settings] = await session.query<{ buffers: string }>(
      "select pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_buffers')) as buffers",
    )
    const wanted = Number(settings?.buffers) * filled
    let last = { position: -Infinity, at: 0 }
    while (!isOver()) {
      const [row] = await session.query<{ position: string }>(wakingQuery)
      const now = { position: Number(row?.position), at: performance.now() }
      await pause(pauseMs(wanted, now.position - last.position, now.at - last.at))
      last = now
    }
  } finally {
    await session.close()
  }
}
