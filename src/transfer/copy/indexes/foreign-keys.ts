/**
 * Adds the foreign keys of small tables many at a time; those of big ones without a look at the rows, to be validated side
 * by side.
 */
import { countOf } from '../../../report/format.js'
import { inBatches } from '../../../server/index.js'
import { timed, type CopyContext } from '../context.js'
import type { ForeignKey } from '../plan.js'
import type { Slot } from '../scheduler.js'
import { inTransaction, inTransactionTogether } from '../transaction.js'
import type { SourceTable } from '../rows/catalog.js'

/** `tables`: every table that holds rows, by OID. What fails is among the context's failures. */
export async function buildForeignKeys(
  context: CopyContext,
  keys: readonly ForeignKey[],
  tables: ReadonlyMap<number, SourceTable>,
): Promise<void> {
  const bytesOf = (key: ForeignKey) => bytesBehind(key, tables)
  const left = await addAll(context, keys, bytesOf)
  // VALIDATE CONSTRAINT locks its own table against itself: the keys of one table follow each other.
  const byTable = new Map<string, ForeignKey[]>()
  for (const key of left) {
    const { table } = key.statements
    byTable.set(table, [...(byTable.get(table) ?? []), key])
  }
  await Promise.all([...byTable.values()].map((group) => validateInTurn(context, group, bytesOf)))
}

/** What is read when the key is validated; the rows of partitioned tables are not known. */
function bytesBehind(
  { statements, tables }: ForeignKey,
  known: ReadonlyMap<number, SourceTable>,
): number {
  if (statements.validate === null) return Infinity
  return tables.reduce((sum, oid) => sum + (known.get(oid)?.bytes ?? 0), 0)
}

/**
 * One after the other: two that are added at once can lock each other's tables in the opposite order (F46). Returns those
 * whose rows have not been looked at: between small tables, many keys at a time are added as they are.
 */
async function addAll(
  context: CopyContext,
  keys: readonly ForeignKey[],
  bytesOf: (key: ForeignKey) => number,
): Promise<ForeignKey[]> {
  const { big, small } = inBatches(keys, bytesOf)
  return context.scheduler.run({
    weight: Infinity,
    work: async (slot) => {
      const left: ForeignKey[] = []
      const addEach = async (batch: readonly ForeignKey[]) => {
        for (const key of batch) {
          if (await execute(context, slot, key, key.statements.add)) left.push(key)
        }
      }
      for (const batch of small) {
        if (!(await addTogether(context, slot, batch))) await addEach(batch)
      }
      await addEach(big)
      return left
    },
  })
}

function addTogether(
  context: CopyContext,
  slot: Slot,
  keys: readonly ForeignKey[],
): Promise<boolean> {
  const object = countOf(keys.length, 'foreign key')
  return timed(context, { slot, kind: 'constraint', object }, () =>
    inTransactionTogether(context, slot, {
      what: `add ${object} of small tables`,
      work: async (target) => {
        await target.query(keys.map(({ statements }) => statements.whole).join(';\n'))
      },
    }),
  )
}

async function validateInTurn(
  context: CopyContext,
  keys: readonly ForeignKey[],
  bytesOf: (key: ForeignKey) => number,
): Promise<void> {
  for (const key of keys) {
    const { validate } = key.statements
    if (validate === null) continue
    await context.scheduler.run({
      weight: bytesOf(key),
      work: (slot) => execute(context, slot, key, validate),
    })
  }
}

function execute(
  context: CopyContext,
  slot: Slot,
  key: ForeignKey,
  statement: string,
): Promise<boolean> {
  const what = describe(key)
  return context.failures.attempt(what, () =>
    timed(context, { slot, kind: 'constraint', object: key.tag }, () =>
      inTransaction(context, slot, {
        what,
        work: async (target) => {
          await target.query(statement)
        },
      }),
    ),
  )
}

function describe({ tag }: ForeignKey): string {
  return `add foreign key ${JSON.stringify(tag)} on the target`
}
