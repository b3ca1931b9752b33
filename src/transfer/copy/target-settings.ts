/** Settings of the engine's sessions on the target: memory for index builds, and commits that do not wait. */
import type { TransferOptions } from '../transfer.js'
import { readEncoding } from './catalog.js'

const megabyte = 1024 * 1024
const leastMemory = 64 * megabyte
const mostMemory = 1024 * megabyte

/**
 * The most maintenance_work_mem for one session: twice the shared_buffers, by custom half of the machine's memory,
 * shared among the sessions. Never less than what the server itself uses.
 */
export function maintenanceMemory(
  sharedBuffers: number,
  configured: number,
  sessions: number,
): number {
  const share = Math.min(
    mostMemory,
    Math.max(leastMemory, Math.floor((2 * sharedBuffers) / sessions)),
  )
  return Math.max(configured, share)
}

export interface StagingFacts {
  /** What one of the sessions may use to build an index, in bytes. */
  readonly buildMemory: number
  /** PostgreSQL's name of the encoding. */
  readonly encoding: string
}

/** Reads what the engine has to know of the target, before anything is there. */
export async function readStagingFacts(
  options: Pick<TransferOptions, 'target' | 'stagingDatabase'>,
  sessions: number,
): Promise<StagingFacts> {
  return options.target.withSession(options.stagingDatabase, async (session) => {
    const [row] = await session.query<{ shared_buffers: string; maintenance: string }>(
      `select pg_catalog.pg_size_bytes(pg_catalog.current_setting('shared_buffers')) as shared_buffers,
              pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem')) as maintenance`,
    )
    const buildMemory = maintenanceMemory(
      Number(row?.shared_buffers ?? 0),
      Number(row?.maintenance ?? 0),
      sessions,
    )
    return { buildMemory, encoding: await readEncoding(session) }
  })
}

/** The settings by name. */
export function targetSettings(memory: number): Record<string, string> {
  return { synchronous_commit: 'off', maintenance_work_mem: inKilobytes(memory) }
}

/** A number of bytes as a setting takes it: `65536kB`. */
export function inKilobytes(bytes: number): string {
  return `${Math.floor(bytes / 1024)}kB`
}
