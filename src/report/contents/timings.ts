/** How long each phase took, of the whole run and of every database. */
import { figures, words } from '../document.js'
import type { Block, Limits, Section, Table, Text } from '../document.js'
import { formatDuration, visible } from '../format.js'
import type { Phase, Report } from '../report.js'
import { durationCell, NONE } from './cells.js'
import { cut, more } from './cut.js'

function phaseTotals(phases: readonly Phase[]): Map<string, number | null> {
  const totals = new Map<string, number | null>()
  for (const phase of phases) {
    const before = totals.get(phase.name)
    const known = phase.durationSeconds !== null && before !== null
    totals.set(phase.name, known ? (before ?? 0) + (phase.durationSeconds ?? 0) : null)
  }
  return totals
}

const phaseCell = (totals: Map<string, number | null>, name: string): Text => {
  const seconds = totals.get(name)
  if (seconds === undefined) return NONE
  return seconds === null ? ['not finished'] : [formatDuration(seconds)]
}

/** A database with its phases. */
interface Timed {
  readonly name: string
  readonly seconds: number | null
  readonly totals: Map<string, number | null>
}

/** Few databases stand side by side, a line for each phase; many stand below each other. */
const sideBySide = 4

function byPhase(timed: readonly Timed[], phases: readonly string[]): Table {
  const databases = timed.map(({ name }) => figures(visible(name)))
  const rows = phases.map((phase): Text[] => [
    [phase],
    ...timed.map(({ totals }) => phaseCell(totals, phase)),
  ])
  const sums: Text[] = [
    [{ strong: 'in all' }],
    ...timed.map(({ seconds }) => durationCell(seconds)),
  ]
  return { kind: 'table', columns: [words('Phase'), ...databases], rows: [...rows, sums] }
}

function byDatabase(timed: readonly Timed[], phases: readonly string[]): Table {
  const rows = timed.map(({ name, seconds, totals }): Text[] => [
    [{ code: name }],
    ...phases.map((phase) => phaseCell(totals, phase)),
    durationCell(seconds),
  ])
  const columns = [words('Database'), ...phases.map(figures), figures('In all')]
  return { kind: 'table', columns, rows }
}

function databaseTimings(report: Report, limits: Limits): Block[] {
  const timed = report.databases
    .filter((database) => database.phases.length > 0)
    .map(({ name, durationSeconds, phases }): Timed => {
      return { name, seconds: durationSeconds, totals: phaseTotals(phases) }
    })
  if (timed.length === 0) return []
  const phases = [...new Set(timed.flatMap(({ totals }) => [...totals.keys()]))]
  if (timed.length <= sideBySide) return [byPhase(timed, phases)]
  const shown = cut(timed, limits)
  return [byDatabase(shown.entries, phases), ...more(shown.missing, 'database', limits)]
}

/** How long each phase took, of the servers and of every database; null when nothing was timed. */
export function timingsSection(report: Report, limits: Limits): Section | null {
  const server = phaseTotals(report.phases)
  const serverTable: Block[] =
    server.size === 0
      ? []
      : [
          {
            kind: 'table',
            columns: [words('Phase of the whole run'), figures('Duration')],
            rows: [...server.keys()].map((name): Text[] => [[name], phaseCell(server, name)]),
          },
        ]
  const blocks = [...databaseTimings(report, limits), ...serverTable]
  if (blocks.length === 0) return null
  const title = `Timings: ${formatDuration(report.durationSeconds)} in all`
  return { id: 'timings', title, mood: 'plain', folded: true, blocks }
}
