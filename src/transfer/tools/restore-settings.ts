/** How a restore reaches the staging database. */
import type { TransferOptions } from '../transfer.js'

/**
 * What is written before the database gets its real name need not survive a crash: a run notices one (`target-crash.ts`), and
 * drops a staging database in which something is missing. The commit that gives it the name waits for the disk, and with it for everything before.
 */
export const unhurried = { synchronous_commit: 'off' }

/**
 * In which form expressions write values. The run pins that for its sessions, and a restore reads rows of the pinned form under
 * any: but its indexes, checks and generated columns have to yield what they will yield in the published database.
 */
const forms = new Set([
  'DateStyle',
  'IntervalStyle',
  'TimeZone',
  'bytea_output',
  'extra_float_digits',
  'xmlbinary',
])

/** For sessions that restore; what the staging database has itself, and the run pins nowhere, needs no word. */
export function restoreSettings({
  stagingSettings,
}: Pick<TransferOptions, 'stagingSettings'>): Record<string, string> {
  const values = stagingSettings.filter(({ name }) => forms.has(name))
  return { ...unhurried, ...Object.fromEntries(values.map(({ name, value }) => [name, value])) }
}

/** For the client tools. */
export function stagingConninfo(
  options: Pick<TransferOptions, 'target' | 'stagingDatabase' | 'stagingSettings' | 'tools'>,
): string {
  const { target, stagingDatabase, tools } = options
  return target.conninfo(stagingDatabase, restoreSettings(options), tools.major)
}
