/** Settings of the engine's sessions on the target: memory for index builds, and commits that do not wait. */
import { restoreSettings } from '../tools/restore-settings.js'
import type { TransferOptions } from '../transfer.js'

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

/** The settings by name. */
export function targetSettings(
  options: Pick<TransferOptions, 'stagingSettings'>,
  memory: number,
): Record<string, string> {
  return { ...restoreSettings(options), maintenance_work_mem: inKilobytes(memory) }
}

/** A number of bytes as a setting takes it: `65536kB`. */
export function inKilobytes(bytes: number): string {
  return `${Math.floor(bytes / 1024)}kB`
}
