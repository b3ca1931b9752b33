/** What changed since the last run of the same mode. */
import type { Report } from '../report.js'
import { historyEntry } from './history.js'
import type { History, HistoryFinding } from './history.js'

/** Changes since the last run; null where one side is unknown or did not go all the way. */
export interface HistoryChange {
  readonly since: string
  readonly bytes: number | null
  readonly durationSeconds: number | null
  readonly differences: number
  /** Null where the last run's findings were not remembered. */
  readonly newFindings: readonly HistoryFinding[] | null
  readonly goneFindings: readonly HistoryFinding[] | null
  readonly newDatabases: readonly string[]
  readonly goneDatabases: readonly string[]
}

const identity = ({ check, severity, database, object }: HistoryFinding): string =>
  JSON.stringify([check, severity, database, object])

function without(
  findings: readonly HistoryFinding[],
  others: readonly HistoryFinding[],
): HistoryFinding[] {
  const known = new Set(others.map(identity))
  return findings.filter((finding) => !known.has(identity(finding)))
}

const minus = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : a - b

/** Compares the report with the newest run of its mode in the history; null when there is none. */
export function compareWithLast(history: History, report: Report): HistoryChange | null {
  const now = historyEntry(report)
  const last = history.entries.findLast((entry) => entry.mode === report.mode)
  if (now === null || last === undefined) return null
  const names = now.databases.map((database) => database.name)
  const before = last.databases.map((database) => database.name)
  const findings = now.findingList ?? []
  return {
    since: last.startedAt,
    bytes: minus(now.bytes, last.bytes),
    durationSeconds:
      now.complete && last.complete ? now.durationSeconds - last.durationSeconds : null,
    differences: now.differences - last.differences,
    newFindings: last.findingList === null ? null : without(findings, last.findingList),
    goneFindings: last.findingList === null ? null : without(last.findingList, findings),
    newDatabases: names.filter((name) => !before.includes(name)),
    goneDatabases: before.filter((name) => !names.includes(name)),
  }
}
