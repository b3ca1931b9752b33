/** The lock table of a server, which all of its sessions share. */
import type { ServerSide } from './server.js'
import type { Session } from './session/session.js'

export interface LockTable {
  readonly places: number
  /** Places for each step of max_locks_per_transaction. */
  readonly slots: number
}

/** What a statement or a session says of a lock table that is full. */
export const lockTableFull = '53200'

export async function readLockTable(session: Session): Promise<LockTable> {
  const [row] = await session.query<LockTable>(
    `select slots, slots * pg_catalog.current_setting('max_locks_per_transaction')::pg_catalog.int4 as places
       from (select pg_catalog.current_setting('max_connections')::pg_catalog.int4
                    + pg_catalog.current_setting('max_prepared_transactions')::pg_catalog.int4 as slots) s`,
  )
  if (row === undefined) throw new Error('The settings of the lock table could not be read.')
  return row
}

/** The remedy that gives it twice the places that are needed; `or` is what helps otherwise. */
export function raiseLockTable(
  side: ServerSide,
  needed: number,
  { slots }: LockTable,
  or = '',
): string {
  return `-- on the ${side}, then restart it${or}\nalter system set max_locks_per_transaction = ${Math.ceil(needed / slots) * 2};`
}
