/** What a step is expected to take, in bytes of a table that is copied in the same time; only compared with each other. */

/** Measured on mixed data: bytes of table copied in the time of building one byte of index. */
const buildFactors: Readonly<Record<string, number>> = {
  btree: 1.5,
  hash: 3,
  gin: 25,
  gist: 15,
  spgist: 15,
}
/** An index of an unknown method, or one that summarises its table, costs about a pass over the table. */
const passOverTable = 0.3
/** Starting anything costs something, or thousands of empty tables would count for nothing. */
const start = 8 * 1024

/** Weight of an index from its size and access method on the source. */
export function buildWeight(
  index: { readonly bytes: number; readonly method: string } | undefined,
  tableBytes: number,
): number {
  const factor = index === undefined ? undefined : buildFactors[index.method]
  const pass = tableBytes * passOverTable
  return start + pass + (index === undefined || factor === undefined ? 0 : index.bytes * factor)
}

/** Weight of copying a table, or an equal part of it. */
export function copyWeight(bytes: number, parts: number): number {
  return start + bytes / parts
}
