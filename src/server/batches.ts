/** Small tables many at a time: the round trip to ask for one costs more than what is in it. */

/** Bigger tables are worth a query of their own. */
const bigBytes = 256 * 1024
/** Each table takes some locks, which a transaction keeps to its end. */
const mostTables = 40
const mostBytes = 4 * 1024 * 1024

export interface Batches<T> {
  readonly big: readonly T[]
  readonly small: readonly (readonly T[])[]
}

/** Keeps the order among the big tables, and among the small ones; `bytesOf` tells the size on disk. */
export function inBatches<T>(tables: readonly T[], bytesOf: (table: T) => number): Batches<T> {
  const big: T[] = []
  const small: T[][] = []
  let batch: T[] = []
  let bytes = 0
  for (const table of tables) {
    const size = bytesOf(table)
    if (size > bigBytes) {
      big.push(table)
      continue
    }
    if (batch.length === 0 || batch.length === mostTables || bytes > mostBytes) {
      batch = []
      bytes = 0
      small.push(batch)
    }
    batch.push(table)
    bytes += size
  }
  return { big, small }
}
