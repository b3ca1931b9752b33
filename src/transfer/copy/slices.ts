/** Reads thousands of objects some at a time: all of their rows at once take a lot of memory until the last has come. */

const most = 1000

/** All that is read for the given OIDs, in order. */
export async function inSlices<T>(
  oids: readonly number[],
  read: (slice: readonly number[]) => Promise<readonly T[]>,
): Promise<T[]> {
  const results: T[] = []
  for (let start = 0; start < oids.length; start += most) {
    results.push(...(await read(oids.slice(start, start + most))))
  }
  return results
}
