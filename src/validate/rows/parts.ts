/** Splits a large table into ranges of pages, so that several sessions can read it at once. */

/** 32 MB with pages of the usual size. */
const pagesPerPart = 4096
const mostParts = 64

/**
 * Returns one `where` clause for each part, or the given one alone. Since 14 a range of ctid is read without
 * touching the rest of the table. Before, every part reads all pages and skips the rows of the others, which is
 * still much cheaper than hashing them: there are no more parts than sessions then.
 */
export function partConditions(
  pages: number,
  jobs: number,
  major: number,
  condition: string,
): string[] {
  const wanted = Math.ceil(pages / pagesPerPart)
  const parts = major >= 14 ? Math.min(wanted, mostParts) : Math.min(wanted, jobs)
  if (jobs < 2 || parts < 2 || condition !== '') return [condition]
  const size = Math.ceil(pages / parts)
  return Array.from({ length: parts }, (_, part) => {
    const from = `where t.ctid >= '(${part * size},0)'::pg_catalog.tid`
    // The last part has no end: pages may have been added since they were counted.
    const isLast = part === parts - 1
    return isLast ? from : `${from} and t.ctid < '(${(part + 1) * size},0)'::pg_catalog.tid`
  })
}
