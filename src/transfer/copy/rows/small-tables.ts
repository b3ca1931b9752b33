/** Moves small tables many at a time: for them, the round trips of a transaction of their own cost more than their rows. */
import { buildStatement, type WeighedBuild } from '../indexes/build.js'
import type { Session } from '../../../server/index.js'
import { sourceSession, timed, type CopyContext } from '../context.js'
import { copyIn, copyOut } from './copy-statements.js'
import { relayRows } from './relay.js'
import type { Slot } from '../scheduler.js'
import { mayHaveRows, nameOf, type TablePlan } from './table.js'
import { inTransactionTogether } from '../transaction.js'

/** A table with what is built on it. */
export interface TableWork {
  readonly plan: TablePlan
  readonly builds: readonly WeighedBuild[]
}

/** Rows and indexes of a batch in one transaction; returns false when something in it failed, and nothing of it is there. */
export function moveBatch(
  context: CopyContext,
  slot: Slot,
  batch: readonly TableWork[],
): Promise<boolean> {
  return inTransactionTogether(context, slot, {
    what: `copy ${nameOfBatch(batch)}`,
    work: async (target) => {
      await relayTables(
        context,
        slot,
        target,
        batch.filter(({ plan }) => mayHaveRows(plan.table)),
      )
      const statements = batch.flatMap(({ builds }) => builds.map(buildStatement))
      if (statements.length > 0) await target.query(statements.join(';\n'))
    },
  })
}

async function relayTables(
  context: CopyContext,
  slot: Slot,
  target: Session,
  tables: readonly TableWork[],
): Promise<void> {
  if (tables.length === 0) return
  const source = await sourceSession(context, slot)
  const copies = tables.map(({ plan: { table, form } }) => ({
    out: copyOut(table, null, form),
    in: copyIn(table, form, false),
  }))
  await timed(context, { slot, kind: 'copy', object: nameOfBatch(tables) }, () =>
    relayRows({ source, target, copies, onBytes: context.passed }),
  )
}

/** For people: `40 small tables`, or the table's own name. */
function nameOfBatch(tables: readonly TableWork[]): string {
  const [first] = tables
  return tables.length === 1 && first !== undefined
    ? nameOf(first.plan.table)
    : `${tables.length} small tables`
}
