/** Splits big tables by ranges of pages, so that one table can use all jobs. */
import type { SourceTable } from './catalog.js'
import type { PageRange } from './copy-statements.js'

export interface SplitFacts {
  readonly jobs: number
  readonly sourceMajor: number
  /** All bytes that are to be copied. */
  readonly totalBytes: number
}

/** Below this size a second session costs more than it brings. */
const smallestPartBytes = 32 * 1024 * 1024
/** Servers before 14 read the whole table for every range: worth it while a scan is cheap beside sending the rows. */
const rangeScansSince = 14
const mostPartsWithoutRangeScan = 4
const mostBytesWithoutRangeScan = 16 * 1024 ** 3
const partsPerJob = 2
/**
 * A table as a whole occupies a session on either side, and its rows arrive frozen: the index builds that read them do
 * not have to write them again, and neither has the first VACUUM. Measured on two cores, one more session does not
 * make up for that.
 */
const fewestJobs = 3

/**
 * The ranges of one table; a single null means the table as a whole, which can then be frozen. A table is split
 * only when it alone is more than a job's fair share, since then the other jobs would wait for it at the end.
 */
export function splitTable(table: SourceTable, facts: SplitFacts): (PageRange | null)[] {
  const { jobs, sourceMajor, totalBytes } = facts
  const isSplittable = table.isHeap && table.root === null && table.configuration === null
  if (jobs < fewestJobs || !isSplittable || table.bytes * jobs <= totalBytes * 1.1) return [null]
  const hasRangeScan = sourceMajor >= rangeScansSince
  if (!hasRangeScan && table.bytes > mostBytesWithoutRangeScan) return [null]
  const most = hasRangeScan ? jobs * partsPerJob : Math.min(jobs, mostPartsWithoutRangeScan)
  const count = Math.min(most, Math.floor(table.bytes / smallestPartBytes), table.pages)
  if (count < 2) return [null]
  const start = (part: number) => Math.floor((table.pages * part) / count)
  return Array.from({ length: count }, (_, part) => ({
    from: start(part),
    // Open-ended: pages that the table has grown by hold nothing that the snapshot sees, but cost nothing to ask for.
    to: part === count - 1 ? null : start(part + 1),
  }))
}
