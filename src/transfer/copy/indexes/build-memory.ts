/** How much memory the build of one index gets: more is not always faster, since a sort in the processor's cache beats one outside of it. */
import { isInOrder, type IndexFacts } from './source-indexes.js'

const megabyte = 1024 * 1024
/** Measured with 11 to 18: keys in no order are sorted faster in runs of this size, written out and merged, than all at once. */
const runBytes = 64 * megabyte
/** Below this size of the index, such runs are merged in one pass. */
const mostBytesOfRuns = 8 * 1024 * megabyte
/** What every process of a GIN build needs at the least (plan_create_index_workers), and is fastest with. */
const ginProcessBytes = 32 * megabyte

/** `share`: what a session may use at the most; `workers`: the processes that help. */
export function buildMemory(index: IndexFacts | undefined, workers: number, share: number): number {
  if (index?.method === 'gin' && workers > 0) return ginProcessBytes * (workers + 1)
  if (index?.method !== 'btree') return share
  // In order, nothing is moved, and what fits need not be written out.
  return isInOrder(index) || index.bytes > mostBytesOfRuns ? share : Math.min(share, runBytes)
}
