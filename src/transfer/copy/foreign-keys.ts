/** Adds the foreign keys at once without looking at the rows, then validates them side by side. */
import { timed, type CopyContext } from './context.js'
import type { ForeignKey } from './plan.js'
import { inTransaction } from './transaction.js'
import type { SourceTable } from './catalog.js'

/** `tables`: every table that holds rows, by OID. Returns whether all keys are in place. */
export async function buildForeignKeys(
  context: CopyContext,
  keys: readonly ForeignKey[],
  tables: ReadonlyMap<number, SourceTable>,
): Promise<boolean> {
  const added = await addAll(context, keys)
  // VALIDATE CONSTRAINT locks its own table against itself: the keys of one table follow each other.
  const byTable = new Map<string, ForeignKey[]>()
  for (const key of added) {
    const { table } = key.statements
    byTable.set(table, [...(byTable.get(table) ?? []), key])
  }
  const validated = await Promise.all(
    [...byTable.values()].map((group) => validateInTurn(context, group, tables)),
  )
  return added.length === keys.length && validated.every(Boolean)
}

/** One after the other: two that are added at once can lock each other's tables in the opposite order (F46). */
function addAll(context: CopyContext, keys: readonly ForeignKey[]): Promise<ForeignKey[]> {
  if (keys.length === 0) return Promise.resolve([])
  return context.scheduler.run({
    weight: Infinity,
    work: async (slot) => {
      const added: ForeignKey[] = []
      for (const key of keys) {
        const what = describe(key)
        const done = await context.failures.attempt(what, () =>
          timed(context, { slot, kind: 'constraint', object: key.entry.tag }, () =>
            inTransaction(context, slot, {
              what,
              work: async (target) => {
                await target.query(key.statements.add)
              },
            }),
          ),
        )
        if (done) added.push(key)
      }
      return added
    },
  })
}

async function validateInTurn(
  context: CopyContext,
  keys: readonly ForeignKey[],
  tables: ReadonlyMap<number, SourceTable>,
): Promise<boolean> {
  let succeeded = true
  for (const key of keys) {
    const { validate } = key.statements
    if (validate === null) continue
    const weight = key.tables.reduce((sum, oid) => sum + (tables.get(oid)?.bytes ?? 0), 0)
    const done = await context.scheduler.run({
      weight,
      work: (slot) =>
        context.failures.attempt(describe(key), () =>
          timed(context, { slot, kind: 'constraint', object: key.entry.tag }, () =>
            inTransaction(context, slot, {
              what: describe(key),
              work: async (target) => {
                await target.query(validate)
              },
            }),
          ),
        ),
    })
    succeeded &&= done
  }
  return succeeded
}

function describe({ entry }: ForeignKey): string {
  return `add foreign key ${JSON.stringify(entry.tag)} on the target`
}
