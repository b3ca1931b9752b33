/** The history's part of a report: the runs so far, what changed, and the forecast. */
import type { HistoryReport, Report } from '../report.js'
import { compareWithLast } from './compare.js'
import { forecast } from './forecast.js'
import { addToHistory, type History } from './history.js'

/** What the report says of the history that was there before this run; the run itself counts as the newest. */
export function describeHistory(history: History, report: Report): HistoryReport {
  const after = addToHistory(history, report)
  return {
    runs: after.entries.map((entry) => ({
      mode: entry.mode,
      result: entry.result,
      complete: entry.complete,
      startedAt: entry.startedAt,
      durationSeconds: entry.durationSeconds,
      bytes: entry.bytes,
      differences: entry.differences,
      findings: entry.findings,
    })),
    change: compareWithLast(history, report),
    forecast: forecast(after),
  }
}
