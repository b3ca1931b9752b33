/** What is told of databases that are on the target already when a failed or cancelled run releases them on the source. */
import type { Finding } from '../report/report.js'
import { isFrozenAnyway } from '../server/index.js'
import type { JournalEntries } from './journal.js'

/** Applications go on with the source, and the next run leaves out what the target has, unless it is told otherwise. */
export function sourceReleased({
  freeze,
  published,
}: Pick<JournalEntries, 'freeze' | 'published'>): Finding[] {
  const released = (freeze?.databases ?? []).filter(
    (database) => published.includes(database.name) && !isFrozenAnyway(database),
  )
  return released.map(({ name }) => ({
    check: 'source-frozen',
    severity: 'warning',
    database: name,
    message: `The database ${JSON.stringify(name)} was published on the target before this run failed or was cancelled, and is to take writes again on the source: what is written there from now on is not on the target.`,
    remedy:
      'Name it in the next run as well, and set "existing-database" to "replace"; or stop what writes to it on the source, and compare both servers with "mode: validate" first: if nothing differs, it can be left out.',
  }))
}
