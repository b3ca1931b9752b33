/** What a step is expected to take, in bytes of a table that is copied in the same time; only compared with each other. */

import { isInOrder, type IndexFacts } from './indexes/source-indexes.js'

/** Measured: bytes of table copied in the time of building one byte of index. */
const buildFactors: ReadonlyMap<string, number> = new Map(
  Object.entries<number>({
    btree: 2,
    hash: 3,
    gin: 25,
    gist: 15,
    spgist: 15,
  }),
)
/** The same for a btree whose keys are in the order of the rows. */
const orderedBtree = 1
/** An index of an unknown method, or one that summarises its table, costs about a pass over the table. */
const passOverTable = 0.3
/** Starting anything costs something, or thousands of empty tables would count for nothing. */
const start = 8 * 1024

/** Weight of an index from what the source knows of it. */
export function buildWeight(index: IndexFacts | undefined, tableBytes: number): number {
  const pass = start + tableBytes * passOverTable
  if (index === undefined) return pass
  const isOrdered = index.method === 'btree' && isInOrder(index)
  const factor = isOrdered ? orderedBtree : (buildFactors.get(index.method) ?? 0)
  return pass + index.bytes * factor
}

/** Weight of copying a table. */
export function copyWeight(bytes: number): number {
  return start + bytes
}
