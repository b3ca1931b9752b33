/** How a restore reaches the staging database. */
import type { TransferOptions } from '../transfer.js'

/**
 * What is written before the database gets its real name need not survive a crash: a run notices one (`target-crash.ts`), and
 * drops a staging database in which something is missing. The commit that gives it the name waits for the disk, and with it for everything before.
 */
export const restoreSettings = { synchronous_commit: 'off' }

/** For the client tools. */
export function stagingConninfo({
  target,
  stagingDatabase,
  tools,
}: Pick<TransferOptions, 'target' | 'stagingDatabase' | 'tools'>): string {
  return target.conninfo(stagingDatabase, restoreSettings, tools.major)
}
