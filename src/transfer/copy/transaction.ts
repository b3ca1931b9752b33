/** Runs work on the target in one transaction exactly once, even when a connection is lost on the way. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CancelledError, ConnectionError, messageOf, UpgradeError } from '../../errors.js'
import type { Session } from '../../server/index.js'
import { targetSession, type CopyContext } from './context.js'
import type { Slot } from './scheduler.js'

export interface TransactionOptions<T> {
  /** For people: `copy table "public"."orders"`. */
  readonly what: string
  /** Statements that open the transaction, after BEGIN. */
  readonly opening?: string
  readonly work: (target: Session) => Promise<T>
}

const attempts = 4
const pauseMs = 1000
const pollMs = 200
const patienceMs = 60_000

/**
 * Commits the work once. After a lost connection (of either side) the work is done again from scratch, unless the
 * server says that the transaction had been committed before the connection went (txid_status, manual section 9.27.8).
 */
export async function inTransaction<T>(
  context: CopyContext,
  slot: Slot,
  { what, opening = '', work }: TransactionOptions<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const begun: { processId?: number; id?: string; result?: { value: T } } = {}
    try {
      const target = await targetSession(context, slot)
      begun.processId = target.processId
      const [row] = await target.query<{ id: string }>(
        `begin; ${opening} select pg_catalog.txid_current() as id`,
      )
      if (row === undefined) throw new Error('txid_current() returned nothing.')
      begun.id = row.id
      begun.result = { value: await work(target) }
      await target.query('commit')
      return begun.result.value
    } catch (error) {
      slot.drop()
      if (context.options.signal.aborted) throw new CancelledError()
      if (!(error instanceof ConnectionError) || attempt === attempts) throw error
      reportLoss(context, what, error, attempt)
      await sleep(pauseMs * attempt, undefined, { signal: context.options.signal }).catch(
        () => undefined,
      )
      const isCommitted = await wasCommitted(context, slot, begun)
      if (isCommitted && begun.result !== undefined) return begun.result.value
    }
  }
}

function reportLoss(context: CopyContext, what: string, error: unknown, attempt: number): void {
  const { options } = context
  const message = `A connection was lost while trying to ${what}: ${messageOf(error)} Starting it again (attempt ${attempt + 1} of ${attempts}).`
  options.log.warning(message)
  options.finding({
    check: 'copy-repeated',
    severity: 'note',
    database: options.database,
    object: what,
    message,
  })
}

/** Ends what the lost connection left running on the target, then asks how its transaction ended. */
async function wasCommitted(
  context: CopyContext,
  slot: Slot,
  begun: { readonly processId?: number; readonly id?: string },
): Promise<boolean> {
  if (begun.processId === undefined) return false
  const target = await targetSession(context, slot)
  await endBackend(context, target, begun.processId)
  if (begun.id === undefined) return false
  const deadline = Date.now() + patienceMs
  for (;;) {
    const [row] = await target.query<{ status: string | null }>(
      'select pg_catalog.txid_status($1::pg_catalog.int8) as status',
      [begun.id],
    )
    if (row?.status === 'committed') return true
    if (row?.status === 'aborted') return false
    if (Date.now() > deadline) {
      throw new UpgradeError(
        `The target does not say how transaction ${begun.id} ended (${row?.status ?? 'unknown'}).`,
        { code: 'transaction-undecided', side: 'target', hint: 'Run the upgrade again.' },
      )
    }
    await sleep(pollMs)
  }
}

/** A server notices a lost client only when it next reads from it; until then the session keeps its locks. */
async function endBackend(context: CopyContext, target: Session, processId: number): Promise<void> {
  const deadline = Date.now() + patienceMs
  while (Date.now() < deadline) {
    const rows = await target.query(
      `select pg_catalog.pg_terminate_backend(pid)
         from pg_catalog.pg_stat_activity
        where pid = $1::pg_catalog.int4 and application_name = $2::pg_catalog.text
          and pid <> pg_catalog.pg_backend_pid()`,
      [processId, context.options.target.applicationName],
    )
    if (rows.length === 0) return
    await sleep(pollMs)
  }
}
