/** Copies the rows of one table, or of one part of it. */
import { QueryError } from '../../errors.js'
import { quoteQualified, type Session } from '../../server/index.js'
import type { SourceTable } from './catalog.js'
import { sourceSession, timed, type CopyContext } from './context.js'
import { copyIn, copyOut, type CopyForm, type PageRange } from './copy-statements.js'
import { readUnpaddedColumns } from './padding.js'
import { relayRows } from './relay.js'
import type { Slot } from './scheduler.js'
import { inTransaction } from './transaction.js'

export interface TablePlan {
  readonly table: SourceTable
  readonly form: CopyForm
  /** What the rows are sent as when the target does not accept their binary form. */
  readonly textForm: CopyForm
  /** A single null for the table as a whole. */
  readonly parts: readonly (PageRange | null)[]
}

/** For people: `"public"."orders"`. */
export function nameOf(table: { readonly schema: string; readonly name: string }): string {
  return quoteQualified(table.schema, table.name)
}

/** False where a heap has no pages: then it has no rows, whoever looks at it. */
export function mayHaveRows(table: SourceTable): boolean {
  return !table.isHeap || table.pages > 0
}

/** Freezing rewrites the table's file, which only pays where there is something in it. */
const smallestFrozenBytes = 1024 * 1024

/** Whether the rows arrive frozen: COPY FREEZE wants a plain table that its own transaction has truncated. */
export function isFrozen({ table, parts }: TablePlan): boolean {
  return (
    parts.length === 1 &&
    table.root === null &&
    table.configuration === null &&
    table.isHeap &&
    table.bytes >= smallestFrozenBytes
  )
}

/** Returns the number of rows. */
export async function copyPart(
  context: CopyContext,
  slot: Slot,
  plan: TablePlan,
  range: PageRange | null,
): Promise<number> {
  try {
    return await copyForm(context, slot, { plan, range, form: plan.form })
  } catch (error) {
    if (plan.form.format === 'text' || !isBinaryRefused(error)) throw error
    context.options.log.warning(
      `${nameOf(plan.table)} is sent as text, since its binary form was refused: ${error.message}`,
    )
    return copyForm(context, slot, { plan, range, form: plan.textForm })
  }
}

/** invalid_binary_representation, protocol_violation, undefined_function (a type without a receive function). */
const refusals = new Set(['22P03', '08P01', '42883'])

function isBinaryRefused(error: unknown): error is QueryError {
  return error instanceof QueryError && refusals.has(error.sqlState ?? '')
}

interface Portion {
  readonly plan: TablePlan
  readonly range: PageRange | null
  readonly form: CopyForm
}

interface OpenPortion extends Portion {
  readonly freeze: boolean
  readonly target: Session
}

function copyForm(context: CopyContext, slot: Slot, portion: Portion): Promise<number> {
  const { plan, range } = portion
  const name = nameOf(plan.table)
  const what = `copy table ${name}${range === null ? '' : ` from page ${range.from}`}`
  const freeze = isFrozen(plan)
  const opening = freeze ? `truncate only ${name};` : ''
  return inTransaction(context, slot, {
    what,
    opening,
    work: (target) => relayPortion(context, slot, { ...portion, freeze, target }),
  })
}

/** Streams the rows inside a transaction that is open on the target. */
async function relayPortion(
  context: CopyContext,
  slot: Slot,
  { plan, range, form, freeze, target }: OpenPortion,
): Promise<number> {
  const source = await sourceSession(context, slot)
  const unpadded = await readUnpaddedColumns(source, plan.table)
  let bytes = 0
  const step = {
    slot,
    kind: 'copy',
    object: nameOf(plan.table),
    bytes: () => bytes,
    // How much of it are blanks that do not travel, nobody knows beforehand.
    ...(unpadded.size === 0 ? { total: plan.table.bytes / plan.parts.length } : {}),
  }
  const copies = [
    { out: copyOut(plan.table, range, form, unpadded), in: copyIn(plan.table, form, freeze) },
  ]
  const onBytes = (count: number) => {
    bytes += count
    context.passed(count)
  }
  const [rows = 0] = await timed(context, step, () =>
    relayRows({ source, target, copies, onBytes }),
  )
  return rows
}
