/** Asks a server how a transaction ended whose answer was lost (txid_status, manual section 9.27.8). */
import { setTimeout as sleep } from 'node:timers/promises'
import { QueryError, UpgradeError } from '../../errors.js'
import type { Session } from './session.js'

const pollMs = 200
const patienceMs = 60_000

/** Waits until the server knows how a transaction ended. */
export async function hasCommitted(target: Session, id: string): Promise<boolean> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const status = await statusOf(target, id)
    if (status === 'committed') return true
    if (status === 'aborted') return false
    if (Date.now() > deadline) {
      throw new UpgradeError(
        `The target does not say how transaction ${id} ended (${status ?? 'unknown'}).`,
        { code: 'transaction-undecided', side: 'target', hint: 'Run the upgrade again.' },
      )
    }
    await sleep(pollMs)
  }
}

/** Invalid parameter value: what txid_status says of a number that has not been given yet. */
const notGivenYet = '22023'

/** A server that has crashed does not remember the numbers that it gave last, and what they stood for is gone. */
async function statusOf(target: Session, id: string): Promise<string | null> {
  try {
    const [row] = await target.query<{ status: string | null }>(
      'select pg_catalog.txid_status($1::pg_catalog.int8) as status',
      [id],
    )
    return row?.status ?? null
  } catch (error) {
    if (error instanceof QueryError && error.sqlState === notGivenYet) return 'aborted'
    throw error
  }
}
