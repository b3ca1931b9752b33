/** How long each phase took, of the whole run and of every database. */
import { figures, words } from '../document.js'
import type { Block, Limits, Section, Text } from '../document.js'
import { formatDuration } from '../format.js'
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

function databaseTimings(report: Report, limits: Limits): Block[] {
  const timed = report.databases
    .filter((database) => database.phases.length > 0)
    .map((database) => ({ database, totals: phaseTotals(database.phases) }))
  if (timed.length === 0) return []
  const names = [...new Set(timed.flatMap(({ totals }) => [...totals.keys()]))]
  const shown = cut(timed, limits)
  const rows = shown.entries.map(({ database, totals }): Text[] => [
    [{ code: database.name }],
    ...names.map((name) => phaseCell(totals, name)),
    durationCell(database.durationSeconds),
  ])
  const columns = [words('Database'), ...names.map(figures), figures('In all')]
  return [{ kind: 'table', columns, rows }, ...more(shown.missing, 'database', limits)]
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
  return { id: 'timings', title: 'Timings', mood: 'plain', folded: false, blocks }
}
