/**
 * The order between tables. Rows of extensions' configuration tables come before all others: what an index, a check, a generated
 * column or a type's own functions look up there must be there when rows of other tables arrive. Their foreign keys were made with
 * the extension, so the tables that keys point to come before those with the keys. All other keys are added behind the rows.
 *
 * For the same reason, tables that compute with functions of users when a row arrives come last.
 */
import type { Session } from '../../../server/index.js'
import type { SourceTable } from './catalog.js'

/** Between tables, by their OIDs. */
export interface Reference {
  readonly from: number
  readonly to: number
}

/** The foreign keys between the configuration tables among the given ones. */
export async function readReferences(
  session: Session,
  tables: readonly SourceTable[],
): Promise<Reference[]> {
  const oids = tables.filter(isConfiguration).map(({ oid }) => oid)
  if (oids.length === 0) return []
  return session.query<Reference>(
    `select distinct c.conrelid::pg_catalog.int8::pg_catalog.float8 as from,
            c.confrelid::pg_catalog.int8::pg_catalog.float8 as to
       from pg_catalog.pg_constraint c
      where c.contype = 'f' and c.conrelid <> c.confrelid
        and c.conrelid = any ($1::pg_catalog.oid[]) and c.confrelid = any ($1::pg_catalog.oid[])`,
    [oids],
  )
}

/** What may be moved at the same time, round by round; keys in a circle are nobody's order. `computing` are OIDs of tables. */
export function inRounds<T extends { readonly table: SourceTable }>(
  plans: readonly T[],
  references: readonly Reference[],
  computing: ReadonlySet<number> = new Set(),
): T[][] {
  const rounds: T[][] = []
  let left = plans.filter(({ table }) => isConfiguration(table))
  while (left.length > 0) {
    const waiting = new Set(left.map(({ table }) => table.oid))
    const isFree = ({ table }: T) =>
      !references.some(({ from, to }) => from === table.oid && waiting.has(to))
    const free = left.filter(isFree)
    const round = free.length > 0 ? free : left
    rounds.push(round)
    left = left.filter((plan) => !round.includes(plan))
  }
  const others = plans.filter(({ table }) => !isConfiguration(table))
  const isComputing = ({ table }: T) => computing.has(table.oid)
  const last = others.filter(isComputing)
  return [
    ...rounds,
    others.filter((plan) => !isComputing(plan)),
    ...(last.length > 0 ? [last] : []),
  ]
}

function isConfiguration({ configuration }: SourceTable): boolean {
  return configuration !== null
}
