/** What the page's scripts draw: the timeline and the table of tables, with every text already written for people. */
import { formatBytes, formatDuration, formatRoughly, moment, visible } from '../format.js'
import type { DatabaseReport, Report, TableReport } from '../report.js'
import { timelineOf, type Timeline } from './timeline.js'

export interface TableRow {
  readonly database: string
  readonly table: string
  readonly source: number | null
  readonly target: number | null
  readonly bytes: number | null
  readonly size: string
  readonly rate: number | null
  readonly speed: string
  readonly validation: string
}

/** A point of the history chart: seconds since 1970, the duration, and what the tooltip says. */
export interface HistoryPoint {
  readonly at: number
  readonly seconds: number
  readonly low: number
  readonly high: number
  readonly text: string
}

export interface HistoryChart {
  readonly runs: readonly HistoryPoint[]
  readonly forecast: HistoryPoint | null
}

export interface PageData {
  readonly history: HistoryChart
  readonly timeline: Timeline
  readonly tables: readonly TableRow[]
}

/** The page's script looks for this word. */
const DIFFERENT = 'different'

function validationOf(table: TableReport): string {
  if (!table.equal) return DIFFERENT
  if (table.checksum !== null) return 'equal, by checksum'
  return table.sourceRows === null ? 'not counted' : 'equal, by rows'
}

function tableRow(database: DatabaseReport, table: TableReport): TableRow {
  const { bytes = null, seconds = null } = table
  const rate = bytes === null || seconds === null || seconds <= 0 ? null : bytes / seconds
  return {
    database: visible(database.name),
    table: visible(`${table.schema}.${table.name}`),
    source: table.sourceRows,
    target: table.targetRows,
    bytes,
    size: bytes === null ? '–' : formatBytes(bytes),
    rate,
    speed: rate === null ? '–' : `${formatBytes(rate)}/s`,
    validation: validationOf(table),
  }
}

/** The runs that went all the way, and the forecast where there is one. */
function historyOf(report: Report): HistoryChart {
  const at = (iso: string): number => Date.parse(iso) / 1000
  const runs = (report.history?.runs ?? []).flatMap((run): HistoryPoint[] => {
    if (!run.complete) return []
    const seconds = run.durationSeconds
    const size = run.bytes === null ? '' : `, ${formatBytes(run.bytes)}`
    const text = `${moment(run.startedAt)}: ${formatDuration(seconds)}${size}`
    return [{ at: at(run.startedAt), seconds, low: seconds, high: seconds, text }]
  })
  const known = report.history?.forecast
  if (known?.kind !== 'forecast') return { runs, forecast: null }
  const { seconds, low, high } = known
  const range = `${formatRoughly(low)} to ${formatRoughly(high)}`
  const text = `Forecast: about ${formatRoughly(seconds)} (${range})`
  return { runs, forecast: { at: at(known.at), seconds, low, high, text } }
}

/** Different ones first, then the largest. */
function byInterest(a: TableRow, b: TableRow): number {
  const differs = (row: TableRow): number => Number(row.validation === DIFFERENT)
  return differs(b) - differs(a) || (b.bytes ?? 0) - (a.bytes ?? 0)
}

/** The data of the page's chart and table, from the report alone. */
export function pageData(report: Report): PageData {
  return {
    history: historyOf(report),
    timeline: timelineOf(report),
    tables: report.databases
      .flatMap((database) => database.tables.map((table) => tableRow(database, table)))
      .toSorted(byInterest),
  }
}
