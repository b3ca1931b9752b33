/** The report: the one data structure that every phase adds to; summary, JSON and HTML are rendered from it alone. */
import type { Side } from '../errors.js'
import type { CheckName } from './check-names.js'
import type { HistoryChange } from './history/compare.js'
import type { Forecast } from './history/forecast.js'

export type Mode = 'check' | 'plan' | 'rehearse' | 'upgrade' | 'validate'
export type MethodName = 'plain' | 'custom' | 'stream' | 'parallel' | 'copy'
export type Severity = 'blocking' | 'warning' | 'note'
export type Result = 'passed' | 'failed'

/** What the user is to know, from before, during or after the move. `remedy` can be pasted. */
export interface Finding {
  readonly check: CheckName
  readonly severity: Severity
  /** Absent when the finding is about a whole server. */
  readonly database?: string | undefined
  readonly object?: string | undefined
  readonly message: string
  readonly remedy?: string | undefined
}

/** One thing that is not the same on both sides; null where that side has nothing. */
export interface Difference {
  /** The kind of object or fact: `rows`, `checksum`, `index`, `sequence`, `privilege`, `query`, … */
  readonly kind: string
  readonly object: string
  readonly source: string | null
  readonly target: string | null
}

/** A span of work. Times are ISO 8601; `durationSeconds` is null while it runs. */
export interface Phase {
  readonly name: string
  readonly side: Side | 'both'
  readonly startedAt: string
  durationSeconds: number | null
  bytes?: number
}

/** One step of one object on one worker, for the timeline of the HTML page. */
export interface Span {
  readonly worker: number
  /** Where a worker has a session on each side that works for itself, the side of this one. */
  readonly side?: Side
  /** `copy`, `index`, `constraint`, `validate`, … */
  readonly kind: string
  readonly object: string
  readonly startedAt: string
  readonly durationSeconds: number
  readonly bytes?: number
}

/** Steps shorter than this are too many to draw, and too small to see. */
export const shortestSpanMs = 10

/** Rows and content of one table on both sides. `checksum` is null where only counts were compared. */
export interface TableReport {
  readonly schema: string
  readonly name: string
  readonly sourceRows: number | null
  readonly targetRows: number | null
  readonly equal: boolean
  readonly checksum: { readonly source: string; readonly target: string } | null
  /** Size on the source, indexes not included. */
  readonly bytes?: number
  readonly seconds?: number
}

/** An error of a tool that is on the list of known-harmless ones. */
export interface IgnoredError {
  readonly message: string
  readonly why: string
  count: number
}

/** Writes that reached the source after the snapshot. */
export interface Drift {
  readonly tables: readonly { readonly table: string; readonly rows: number }[]
}

export interface ReportedError {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
}

export interface DatabaseReport {
  readonly name: string
  /** `skipped` when the run ended before its turn came. */
  result: Result | 'skipped'
  method: { name: MethodName; why: string } | null
  jobs: number | null
  /** pg_database_size on the source. */
  bytes: number | null
  startedAt: string | null
  durationSeconds: number | null
  phases: Phase[]
  spans: Span[]
  tables: TableReport[]
  differences: Difference[]
  ignoredErrors: IgnoredError[]
  drift: Drift | null
  error: ReportedError | null
}

export interface RolesReport {
  created: string[]
  altered: string[]
  kept: string[]
  skipped: { role: string; reason: string }[]
  /** Logins whose password could not be moved and must be set by hand. */
  withoutPassword: string[]
  /** Logins whose password was moved as an MD5 hash: a server that asks for SCRAM refuses them. */
  withMd5Password?: string[]
  /** What the plan of a matrix that upgrades has carried out. */
  carriedOver?: readonly RolePart[] | undefined
  /** What the target lacked of the source's roles at the end of a matrix job; no passwords. */
  lacking?: readonly RolePart[]
}

/** A role, or a part of one, and the statement that makes the target have it. */
export interface RolePart {
  /** Or ALL or PUBLIC, which are words and no names. */
  readonly role: string
  /** The role itself, and no part of it. */
  readonly isRole: boolean
  /** Every role that must be on the target for the statement to make sense. */
  readonly needs: readonly string[]
  readonly what: string
  /** A comment in its place where it holds a secret. */
  readonly statement: string
  readonly isSecret: boolean
  /** What the target has in its place before the statement; absent where that is nothing, not read or secret. */
  readonly replaces?: string
}

export interface SettingReport {
  readonly name: string
  /** Null where that server does not know the parameter; `(not visible)` where the role may not read it. */
  readonly source: string | null
  readonly target: string | null
  readonly note: string
}

export interface ServerReport {
  readonly version: string
  readonly host: string
  readonly provider: string
}

export interface ClientReport {
  readonly version: string
  readonly path: string
  readonly from: string
  readonly why?: string
  readonly durationSeconds?: number
}

/** One run of the history, as it is shown. */
export interface HistoryRun {
  readonly mode: Mode
  readonly result: Result
  /** Whether every database went all the way. */
  readonly complete: boolean
  readonly startedAt: string
  readonly durationSeconds: number
  readonly bytes: number | null
  readonly differences: number
  readonly findings: number
}

/** The runs so far, this one last; what changed since the one before; and how long the real one will take. */
export interface HistoryReport {
  readonly runs: readonly HistoryRun[]
  readonly change: HistoryChange | null
  readonly forecast: Forecast
}

/** What the jobs of a matrix are to move. */
export interface PlanReport {
  /** Tells this plan from any other. */
  readonly id: string
  /** What the jobs are to do. */
  readonly mode: 'rehearse' | 'upgrade'
  /** The input `roles` of the jobs. */
  readonly roles: string
  readonly jobs: readonly PlannedJob[]
}

export interface PlannedJob {
  readonly job: number
  readonly databases: readonly string[]
  readonly bytes: number
}

/** One matrix job in the report of them all. */
export interface JobReport {
  readonly job: number
  readonly databases: number
  readonly bytes: number
  /** `skipped` when there is no report of it. */
  readonly result: Result | 'skipped'
  readonly startedAt: string | null
  readonly durationSeconds: number | null
}

/** report.json, version 1. */
export interface Report {
  readonly version: 1
  readonly mode: Mode
  result: Result
  readonly startedAt: string
  durationSeconds: number
  source: ServerReport | null
  target: ServerReport | null
  client: ClientReport | null
  findings: Finding[]
  roles: RolesReport | null
  databases: DatabaseReport[]
  /** Differences that belong to the servers rather than to one database. */
  differences: Difference[]
  settings: SettingReport[]
  /** Server-wide phases: client tools, check, roles, … */
  phases: Phase[]
  error: ReportedError | null
  /** Absent where no history is kept. */
  history?: HistoryReport
  /** Only of mode plan. */
  plan?: PlanReport
  /** Of which plan and job this is the report; absent where the run is no part of a matrix. */
  part?: { readonly plan: string; readonly job: number }
  /** The jobs of a matrix, in the report of them all. */
  jobs?: readonly JobReport[]
}

/** A report with nothing in it yet: failed until the run says otherwise. */
export function startReport(mode: Mode, now: Date): Report {
  return {
    version: 1,
    mode,
    result: 'failed',
    startedAt: now.toISOString(),
    durationSeconds: 0,
    source: null,
    target: null,
    client: null,
    findings: [],
    roles: null,
    databases: [],
    differences: [],
    settings: [],
    phases: [],
    error: null,
  }
}

/** A database's part of the report before its turn has come. */
export function startDatabaseReport(name: string, bytes: number | null): DatabaseReport {
  return {
    name,
    result: 'skipped',
    method: null,
    jobs: null,
    bytes,
    startedAt: null,
    durationSeconds: null,
    phases: [],
    spans: [],
    tables: [],
    differences: [],
    ignoredErrors: [],
    drift: null,
    error: null,
  }
}

/** All differences of the run: of the servers and of every database. */
export function countDifferences(report: Report): number {
  return report.databases.reduce(
    (sum, database) => sum + database.differences.length,
    report.differences.length,
  )
}
