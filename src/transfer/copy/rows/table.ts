/** Copies the rows of one table, or of one part of it. */
import { QueryError } from '../../../errors.js'
import { quoteQualified, type Session } from '../../../server/index.js'
import type { SourceTable } from './catalog.js'
import { sourceSession, timed, type CopyContext } from '../context.js'
import { copyIn, copyOut, type CopyForm, type PageRange } from './copy-statements.js'
import { openCrew } from './crew.js'
import { readUnpaddedColumns } from './padding.js'
import type { Division } from './parts.js'
import { relayRows, type Relay } from './relay.js'
import type { Slot } from '../scheduler.js'
import { inTransaction } from '../transaction.js'
import { copyWeight } from '../weights.js'

export interface TablePlan extends Division {
  readonly table: SourceTable
  readonly form: CopyForm
  /** What the rows are sent as when the target does not accept their binary form. */
  readonly textForm: CopyForm
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
export function isFrozen({ table, parts, writers }: TablePlan): boolean {
  return (
    parts.length === 1 &&
    writers === 1 &&
    table.root === null &&
    table.configuration === null &&
    table.isHeap &&
    table.bytes >= smallestFrozenBytes
  )
}

/** Tables of which the target has refused a part; the others are not tried again. */
const refusedInBinary = new WeakSet<TablePlan>()

/** Returns the number of rows. */
export async function copyPart(
  context: CopyContext,
  slot: Slot,
  plan: TablePlan,
  range: PageRange | null,
): Promise<number> {
  const form = refusedInBinary.has(plan) ? plan.textForm : plan.form
  try {
    return await copyForm(context, slot, { plan, range, form })
  } catch (error) {
    if (form.format === 'text' || !isBinaryRefused(error)) throw error
    refusedInBinary.add(plan)
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

/**
 * Rows that a crash of the target took back would have to be sent again, and nothing here would know: the commit of a big table
 * waits for the disk. Where the table was truncated it does so by itself, since a file is removed.
 */
const safeCommit = 'set local synchronous_commit = local;'

interface Portion {
  readonly plan: TablePlan
  readonly range: PageRange | null
  readonly form: CopyForm
}

function copyForm(context: CopyContext, slot: Slot, portion: Portion): Promise<number> {
  const { plan, range } = portion
  const name = nameOf(plan.table)
  const what = `copy table ${name}${range === null ? '' : ` from page ${range.from}`}`
  if (plan.writers > 1) return copyWithCrew(context, slot, what, portion)
  const freeze = isFrozen(plan)
  return inTransaction(context, slot, {
    what,
    opening: freeze ? `${safeCommit} truncate only ${name};` : safeCommit,
    work: (target) => relayPortion(context, slot, { ...portion, freeze, target }, relayRows),
  })
}

/**
 * Several sessions on the target, of which the first one commits last: should a connection be lost before that, what the
 * others have committed is removed and the table copied again. Removing it has a transaction of its own, since its lock
 * would keep the others out.
 */
function copyWithCrew(
  context: CopyContext,
  slot: Slot,
  what: string,
  portion: Portion,
): Promise<number> {
  const { plan, form } = portion
  const processes: number[] = []
  const relay = async (relayed: Relay) => {
    // Those of an attempt before have been ended.
    processes.length = 0
    const crew = await openCrew(context, {
      target: relayed.target,
      into: copyIn(plan.table, form, false),
      format: form.format,
      helpers: plan.writers - 1,
      weight: copyWeight(plan.table.bytes),
      object: nameOf(plan.table),
      processes,
    })
    try {
      const rows = await relayRows({ ...relayed, receiver: crew.receiver })
      await crew.commit()
      return rows
    } catch (error) {
      crew.giveUp()
      throw error
    }
  }
  return inTransaction(context, slot, {
    what,
    opening: `truncate only ${nameOf(plan.table)}; commit; begin; ${safeCommit}`,
    work: (target) => relayPortion(context, slot, { ...portion, freeze: false, target }, relay),
    processes,
  })
}

interface OpenPortion extends Portion {
  readonly freeze: boolean
  readonly target: Session
}

/** Streams the rows inside a transaction that is open on the target. */
async function relayPortion(
  context: CopyContext,
  slot: Slot,
  { plan, range, form, freeze, target }: OpenPortion,
  relay: (relayed: Relay) => Promise<number[]>,
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
  const [rows = 0] = await timed(context, step, () => relay({ source, target, copies, onBytes }))
  return rows
}
