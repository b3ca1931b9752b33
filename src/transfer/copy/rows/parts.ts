/** Shares big tables out among the jobs, so that one table can use all of them. */
import type { SourceTable } from './catalog.js'
import type { PageRange } from './copy-statements.js'

export interface TableFacts {
  readonly jobs: number
  readonly sourceMajor: number
  /** All bytes that are to be copied. */
  readonly totalBytes: number
}

export interface Division {
  /** What each session of the source reads; a single null for the table as a whole. */
  readonly parts: readonly (PageRange | null)[]
  /** How many sessions of the target store what each of them sends. */
  readonly writers: number
}

/** Below this size a second session costs more than it brings. */
const smallestPartBytes = 32 * 1024 * 1024
/** Servers before 14 would read the whole table for every range. */
const rangeScansSince = 14
/** The jobs take the parts in their order, so that the rows stay in theirs, nearly: the more parts, the better. */
const usualParts = 64
/** More than this is not to be done again when a connection is lost. */
const largestPartBytes = 1024 ** 3
/** Storing a row costs more than reading it, but not more than this: further sessions would wait for the source. */
const mostWriters = 4
/**
 * A table as a whole occupies a session on either side, and its rows arrive frozen: the index builds that read them do
 * not have to write them again, and neither has the first VACUUM. Measured on two cores, one more session does not
 * make up for that.
 */
const fewestJobs = 3
const whole: Division = { parts: [null], writers: 1 }

/**
 * A table is shared out only when it alone is more than a job's fair share, since then the other jobs would wait for it
 * at the end. One that is not can be frozen.
 */
export function divideTable(table: SourceTable, facts: TableFacts): Division {
  const { jobs, sourceMajor, totalBytes } = facts
  const isDivisible = table.isHeap && table.root === null && table.configuration === null
  if (jobs < fewestJobs || !isDivisible || table.bytes * jobs <= totalBytes * 1.1) return whole
  if (sourceMajor < rangeScansSince) {
    const most = Math.floor(table.bytes / smallestPartBytes)
    return { parts: [null], writers: Math.max(1, Math.min(jobs, mostWriters, most)) }
  }
  const usual = Math.min(largestPartBytes, table.bytes / usualParts)
  const partBytes = Math.max(smallestPartBytes, usual)
  const count = Math.min(Math.floor(table.bytes / partBytes), table.pages)
  return count < 2 ? whole : { parts: rangesOf(table.pages, count), writers: 1 }
}

function rangesOf(pages: number, count: number): PageRange[] {
  const start = (part: number) => Math.floor((pages * part) / count)
  return Array.from({ length: count }, (_, part) => ({
    from: start(part),
    // Open-ended: pages that the table has grown by hold nothing that the snapshot sees, but cost nothing to ask for.
    to: part === count - 1 ? null : start(part + 1),
  }))
}
