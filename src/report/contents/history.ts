/** The section about the runs so far: how long the real one will take, and what changed since the last. */
import { figures, paragraph, words } from '../document.js'
import type { Block, Limits, ListItem, Section, Table, Text } from '../document.js'
import {
  countOf,
  formatBytes,
  formatCount,
  formatDuration,
  formatRoughly,
  moment,
} from '../format.js'
import type { HistoryChange } from '../history/compare.js'
import type { Forecast } from '../history/forecast.js'
import type { HistoryFinding } from '../history/history.js'
import type { HistoryReport, HistoryRun, Report } from '../report.js'
import { NONE, sizeCell } from './cells.js'
import { cut, more } from './cut.js'
import { nameList } from './names.js'

type Known = Extract<Forecast, { kind: 'forecast' }>

/** Growth is said only where a week's is more than a hundredth of the whole. */
function growthText({ growthSecondsPerWeek: growth, seconds }: Known): string {
  if (growth === null) return ''
  if (Math.abs(growth) < seconds / 100) return '; not growing'
  return `; ${growth > 0 ? 'grows' : 'shrinks'} ${formatRoughly(Math.abs(growth))} a week`
}

/** The forecast with what it rests on, in one sentence. */
export function forecastText(forecast: Forecast): string {
  switch (forecast.kind) {
    case 'none':
      return `No forecast: ${forecast.reason}.`
    case 'single':
      return `One rehearsal so far, which took ${formatDuration(forecast.seconds)}; a forecast needs at least two.`
    case 'forecast': {
      const [low, high] = [formatRoughly(forecast.low), formatRoughly(forecast.high)]
      const range = low === high ? '' : ` (${low} to ${high})`
      return (
        `The real run will take about ${formatRoughly(forecast.seconds)}${range}, ` +
        `from ${countOf(forecast.rehearsals, 'rehearsal')}${growthText(forecast)}.`
      )
    }
  }
}

function signed(value: number | null, format: (value: number) => string): string[] {
  if (value === null) return []
  if (value === 0) return ['no change']
  return [`${value > 0 ? '+' : '−'}${format(Math.abs(value))}`]
}

const findingName = ({ check, database, object }: HistoryFinding): string =>
  [check, database, object].filter((part) => part !== null).join(' ')

function changeItems(change: HistoryChange, limits: Limits): ListItem[] {
  const said = (title: string, values: string[]): ListItem[] =>
    values.map((value) => ({ text: [`${title}: ${value}`] }))
  return [
    ...said('Size', signed(change.bytes, formatBytes)),
    ...said('Duration', signed(change.durationSeconds, formatDuration)),
    ...said('Differences', signed(change.differences, formatCount)),
    ...nameList('New findings', (change.newFindings ?? []).map(findingName), limits),
    ...nameList('Findings gone', (change.goneFindings ?? []).map(findingName), limits),
    ...nameList('New databases', change.newDatabases, limits),
    ...nameList('Databases gone', change.goneDatabases, limits),
  ]
}

function runRow(run: HistoryRun): Text[] {
  return [
    [moment(run.startedAt)],
    [run.mode === 'rehearse' ? 'rehearsal' : run.mode],
    [run.result === 'passed' ? 'passed' : { strong: 'failed' }],
    sizeCell(run.bytes),
    run.complete ? [formatDuration(run.durationSeconds)] : NONE,
    [formatCount(run.differences)],
    [formatCount(run.findings)],
  ]
}

const columns = [
  words('Started'),
  words('Run'),
  words('Result'),
  figures('Size'),
  figures('Duration'),
  figures('Differences'),
  figures('Findings'),
]

/** The newest first. */
function runsTable(history: HistoryReport, limits: Limits): Block[] {
  if (history.runs.length < 2) return []
  const shown = cut(history.runs.toReversed(), { ...limits, entries: Math.min(limits.entries, 12) })
  const table: Table = { kind: 'table', columns, rows: shown.entries.map(runRow) }
  return [table, ...more(shown.missing, 'run', limits)]
}

/** After the real run, what the rehearsals had said of it. */
function hindsight(forecast: Forecast): Block[] {
  if (forecast.kind !== 'forecast') return []
  const { seconds, low, high, rehearsals } = forecast
  const range = `${formatRoughly(low)} to ${formatRoughly(high)}`
  return [
    paragraph(
      `${countOf(rehearsals, 'rehearsal')} had said: about ${formatRoughly(seconds)} (${range}).`,
    ),
  ]
}

/** Forecast, change since the last run, and the runs so far; null where no history is kept or there is nothing to say. */
export function historySection(report: Report, limits: Limits): Section | null {
  const { history } = report
  if (history === undefined || report.mode === 'validate') return null
  const { change, forecast } = history
  const changes: Block[] =
    change === null
      ? []
      : [
          paragraph(`Since the run of ${moment(change.since)}:`),
          { kind: 'list', items: changeItems(change, limits) },
        ]
  const real = report.mode === 'upgrade'
  const said = real ? hindsight(forecast) : [paragraph(forecastText(forecast))]
  const blocks = [...said, ...changes, ...runsTable(history, limits)]
  if (blocks.length === 0) return null
  return {
    id: 'history',
    title: real ? 'History' : 'Forecast',
    mood: 'plain',
    folded: false,
    blocks,
  }
}
