/** What differs, in the log: one error for each database and one for the servers, because GitHub shows only the first ten. */
import type { Log } from '../log.js'
import { tellingOf } from '../report/difference-lines.js'
import { visible } from '../report/format.js'
import type { Difference } from '../report/report.js'

/** Says the differences of a database. */
export function tellDifferences(log: Log, name: string, differences: readonly Difference[]): void {
  tell(log, visible(name), differences)
}

/** Says the differences that belong to the servers rather than to one database. */
export function tellDifferencesOfServers(log: Log, differences: readonly Difference[]): void {
  tell(log, 'The servers', differences)
}

function tell(log: Log, what: string, differences: readonly Difference[]): void {
  if (differences.length === 0) return
  const { error, lines } = tellingOf(what, differences)
  log.error(error)
  for (const line of lines) log.info(line)
}
