/** Runs work on the target in one transaction exactly once, even when a connection is lost on the way. */
import { CancelledError, messageOf } from '../../errors.js'
import { endBackend, hasCommitted, type Session } from '../../server/index.js'
import { repeated } from '../repeated.js'
import { targetSession, type CopyContext } from './context.js'
import type { Slot } from './scheduler.js'

export interface TransactionOptions<T> {
  /** For people: `copy table "public"."orders"`. */
  readonly what: string
  /** Statements that open the transaction, after BEGIN. */
  readonly opening?: string
  readonly work: (target: Session) => Promise<T>
  /** The server's processes of other sessions that take part; they are ended before it is done again. */
  readonly processes?: readonly number[]
}

/** An attempt whose end is not known. */
interface Begun<T> {
  readonly processId?: number
  readonly id?: string
  readonly result?: { readonly value: T }
}

/**
 * Commits the work once. After a lost connection (of either side) the work is done again from scratch, unless the
 * server says that the transaction had been committed before the connection went (txid_status, manual section 9.27.8).
 * So is what a server has ended because somebody else's session and this one waited for each other.
 */
export async function inTransaction<T>(
  context: CopyContext,
  slot: Slot,
  { what, opening = '', work, processes = [] }: TransactionOptions<T>,
): Promise<T> {
  let begun: Begun<T> = {}
  return repeated(context.options, what, async () => {
    try {
      const isCommitted = await wasCommitted(context, slot, begun, processes)
      if (isCommitted && begun.result !== undefined) return begun.result.value
      begun = {}
      const target = await targetSession(context, slot)
      begun = { processId: target.processId }
      const [row] = await target.query<{ id: string }>(
        `begin; ${opening} select pg_catalog.txid_current() as id`,
      )
      if (row === undefined) throw new Error('txid_current() returned nothing.')
      begun = { ...begun, id: row.id }
      const result = { value: await work(target) }
      begun = { ...begun, result }
      await target.query('commit')
      return result.value
    } catch (error) {
      slot.drop()
      throw error
    }
  })
}

/**
 * The same for several things at once. Returns false when one of them failed, and nothing of them is there: the caller then does
 * them one by one, which tells which one it is, and why.
 */
export async function inTransactionTogether(
  context: CopyContext,
  slot: Slot,
  options: TransactionOptions<void>,
): Promise<boolean> {
  try {
    await inTransaction(context, slot, options)
    return true
  } catch (error) {
    if (error instanceof CancelledError) throw error
    context.options.log.debug(
      `Could not ${options.what} together, so it is done one by one: ${messageOf(error)}`,
    )
    return false
  }
}

/** Ends what the lost connection left running on the target, then asks how its transaction ended. */
async function wasCommitted<T>(
  context: CopyContext,
  slot: Slot,
  begun: Begun<T>,
  processes: readonly number[],
): Promise<boolean> {
  if (begun.processId === undefined) return false
  const target = await targetSession(context, slot)
  for (const processId of [begun.processId, ...processes]) {
    await endBackend(target, processId, context.options.target.applicationName)
  }
  return begun.id !== undefined && hasCommitted(target, begun.id)
}
