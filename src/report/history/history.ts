/** What is remembered of each run, so that rehearsals add up to a forecast. */
import type { Report, Result, Severity } from '../report.js'
import { countDifferences } from '../report.js'

/** How one database fared in a remembered run. */
export interface HistoryDatabase {
  readonly name: string
  readonly bytes: number | null
  readonly durationSeconds: number | null
  /** Seconds by phase; a phase that did not finish is left out. */
  readonly phases: Readonly<Record<string, number>>
}

/** What makes a finding the same one in the next run; its words may change. */
export interface HistoryFinding {
  readonly check: string
  readonly severity: Severity
  readonly database: string | null
  readonly object: string | null
}

/** One remembered run. */
export interface HistoryEntry {
  readonly mode: 'rehearse' | 'upgrade'
  readonly result: Result
  /** Whether every database went all the way, so that the duration means something. */
  readonly complete: boolean
  readonly startedAt: string
  /** Without the time for which a run has waited for others to be done with the roles. */
  readonly durationSeconds: number
  readonly sourceVersion: string
  readonly targetVersion: string
  /** Of all databases; null when one size is unknown. */
  readonly bytes: number | null
  readonly databases: readonly HistoryDatabase[]
  readonly differences: number
  readonly findings: number
  /** The findings themselves; kept for the newest run only, null in the older ones. */
  readonly findingList: readonly HistoryFinding[] | null
}

/** The file of the `history` input, and what the cache holds: runs, oldest first. */
export interface History {
  readonly version: 1
  readonly entries: readonly HistoryEntry[]
}

/** A history that has no run in it yet. */
export const emptyHistory: History = { version: 1, entries: [] }

/** The most runs that are remembered; two years of weekly rehearsals. */
const MOST_ENTRIES = 104

function databasesOf(report: Report): HistoryDatabase[] {
  return report.databases.map(({ name, bytes, durationSeconds, phases }) => {
    const seconds = new Map<string, number>()
    for (const phase of phases) {
      if (phase.durationSeconds === null) continue
      seconds.set(phase.name, (seconds.get(phase.name) ?? 0) + phase.durationSeconds)
    }
    return { name, bytes, durationSeconds, phases: Object.fromEntries(seconds) }
  })
}

/** The sum, or null when one of them is unknown. */
function sumKnown(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0)
}

/** The jobs of a matrix wait for each other while others are at work: there it is a part of the upgrade. */
function secondsWaited({ phases, jobs }: Report): number {
  if (jobs !== undefined) return 0
  return phases
    .filter(({ name }) => name === 'wait')
    .reduce((sum, { durationSeconds }) => sum + (durationSeconds ?? 0), 0)
}

/** What is remembered of a report; null for the modes that move nothing. */
export function historyEntry(report: Report): HistoryEntry | null {
  if (report.mode !== 'rehearse' && report.mode !== 'upgrade') return null
  const complete =
    report.error === null &&
    report.databases.length > 0 &&
    report.databases.every(
      ({ result, error, durationSeconds }) =>
        result !== 'skipped' && error === null && durationSeconds !== null,
    )
  return {
    mode: report.mode,
    result: report.result,
    complete,
    startedAt: report.startedAt,
    durationSeconds: report.durationSeconds - secondsWaited(report),
    sourceVersion: report.source?.version ?? '',
    targetVersion: report.target?.version ?? '',
    bytes: sumKnown(report.databases.map((database) => database.bytes)),
    databases: databasesOf(report),
    differences: countDifferences(report),
    findings: report.findings.length,
    findingList: report.findings.map(({ check, severity, database, object }) => ({
      check,
      severity,
      database: database ?? null,
      object: object ?? null,
    })),
  }
}

/** The history with the report's run at its end; unchanged for a run that moves nothing. */
export function addToHistory(history: History, report: Report): History {
  const entry = historyEntry(report)
  if (entry === null) return history
  const older = history.entries.map((previous) => ({ ...previous, findingList: null }))
  return { version: 1, entries: [...older, entry].slice(-MOST_ENTRIES) }
}
