/** The databases of the run: result, method and why, jobs, size, duration. */
import { figures, paragraph, words } from '../document.js'
import type { Block, Limits, Mood, Section, Text } from '../document.js'
import { formatCount } from '../format.js'
import type { DatabaseReport, Mode, Report } from '../report.js'
import { durationCell, NONE, sizeCell } from './cells.js'
import { cut, more } from './cut.js'
import { whatWasDone } from './verdict.js'

const titles: Readonly<Record<Mode, string>> = {
  check: 'Databases',
  plan: 'Databases',
  rehearse: 'What was rehearsed',
  upgrade: 'What was moved',
  validate: 'What was compared',
}

const moods: Readonly<Record<DatabaseReport['result'], Mood>> = {
  passed: 'good',
  failed: 'bad',
  skipped: 'plain',
}

function databaseRow(database: DatabaseReport): Text[] {
  return [
    [{ code: database.name }],
    [{ mood: moods[database.result], text: database.result }],
    database.method === null ? NONE : [database.method.name],
    database.jobs === null ? NONE : [formatCount(database.jobs)],
    sizeCell(database.bytes),
    durationCell(database.durationSeconds),
    database.method === null ? NONE : [database.method.why],
  ]
}

/** The databases with result, method, jobs, size and duration, and what the mode did and did not do. */
export function databasesSection(report: Report, limits: Limits): Section {
  const shown = cut(report.databases, limits)
  const rows = shown.entries.map((database) =>
    report.mode === 'check'
      ? [[{ code: database.name }], sizeCell(database.bytes)]
      : databaseRow(database),
  )
  const columns =
    report.mode === 'check'
      ? [words('Database'), figures('Size')]
      : [
          words('Database'),
          words('Result'),
          words('Method'),
          figures('Jobs'),
          figures('Size'),
          figures('Duration'),
          words('Why this method'),
        ]
  const table: Block[] = rows.length === 0 ? [] : [{ kind: 'table', columns, rows }]
  return {
    id: 'databases',
    title: titles[report.mode],
    mood: 'plain',
    folded: false,
    blocks: [paragraph(whatWasDone(report)), ...table, ...more(shown.missing, 'database', limits)],
  }
}
