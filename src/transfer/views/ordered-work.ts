/** Runs pieces of work side by side, each as soon as those that it depends on have ended. */

export interface Piece {
  readonly dumpId: number
  /** Dump IDs; what is not among the pieces, or stands behind, is not waited for. */
  readonly dependsOn: readonly number[]
}

/**
 * Returns what each has returned, in their order. What depends on one that has thrown does not begin; thrown is the first in
 * their order, when all have ended.
 */
export async function runInOrder<T extends Piece, R>(
  pieces: readonly T[],
  work: (piece: T) => Promise<R>,
): Promise<R[]> {
  const begun = new Map<number, Promise<R>>()
  for (const piece of pieces) {
    const before = piece.dependsOn.flatMap((dumpId) => begun.get(dumpId) ?? [])
    begun.set(
      piece.dumpId,
      Promise.all(before).then(() => work(piece)),
    )
  }
  const ended = await Promise.allSettled(begun.values())
  return ended.map((each) => {
    if (each.status === 'rejected') throw each.reason
    return each.value
  })
}
