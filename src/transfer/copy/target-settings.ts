/** Settings of the engine's sessions on the target: memory for index builds, and commits that do not wait. */
import type { TransferOptions } from '../transfer.js'

const megabyte = 1024 * 1024
const leastMemory = 64 * megabyte
const mostMemory = 1024 * megabyte

/**
 * maintenance_work_mem for one session: shared_buffers, by custom a quarter of the machine's memory, shared among
 * the sessions. Never less than what the server itself uses.
 */
export function maintenanceMemory(
  sharedBuffers: number,
  configured: number,
  sessions: number,
): number {
  const share = Math.min(mostMemory, Math.max(leastMemory, Math.floor(sharedBuffers / sessions)))
  return Math.max(configured, share)
}

/** Reads what the target has, and returns the settings by name. */
export async function readTargetSettings(
  options: Pick<TransferOptions, 'target' | 'stagingDatabase'>,
  sessions: number,
): Promise<Record<string, string>> {
  const memory = await options.target.withSession(options.stagingDatabase, async (session) => {
    const [row] = await session.query<{ shared_buffers: string; maintenance: string }>(
      `select pg_catalog.pg_size_bytes(pg_catalog.current_setting('shared_buffers')) as shared_buffers,
              pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem')) as maintenance`,
    )
    return maintenanceMemory(
      Number(row?.shared_buffers ?? 0),
      Number(row?.maintenance ?? 0),
      sessions,
    )
  })
  return {
    synchronous_commit: 'off',
    maintenance_work_mem: `${Math.floor(memory / 1024)}kB`,
  }
}
