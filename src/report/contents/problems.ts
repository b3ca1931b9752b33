/** The sections about what is wrong: errors, differences, logins without a password, drift, ignored errors. */
import { paragraph, words, figures } from '../document.js'
import type { Inline, Limits, ListItem, Paragraph, Section, Text } from '../document.js'
import { countOf, formatCount, shorten } from '../format.js'
import { byHarm } from '../harm.js'
import { troubleshootingUrl } from '../links.js'
import { countDifferences } from '../report.js'
import type { DatabaseReport, Difference, Report, ReportedError } from '../report.js'
import { cut, more, whole } from './cut.js'

/** On lines of its own where it has several: statements in it can be pasted. */
function whatToDo(hint: string, limits: Limits): string {
  const text = whole(hint, limits)
  return `\nWhat to do:${text.includes('\n') ? '\n' : ' '}${text}`
}

function errorItem(error: ReportedError, database: string | null, limits: Limits): ListItem {
  const where: Inline[] = database === null ? [] : ['Database ', { code: database }, ': ']
  return {
    text: [
      ...where,
      shorten(error.message, limits.prose),
      ' (',
      { link: troubleshootingUrl(error.code), text: error.code },
      ')',
      ...(error.hint === undefined ? [] : [whatToDo(error.hint, limits)]),
    ],
  }
}

/** The error of the run and of every database that failed; null when there is none. */
export function errorsSection(report: Report, limits: Limits): Section | null {
  const ofDatabases = report.databases.flatMap((database) =>
    database.error === null ? [] : [{ error: database.error, database: database.name }],
  )
  const all = [
    ...(report.error === null ? [] : [{ error: report.error, database: null }]),
    ...ofDatabases,
  ]
  if (all.length === 0) return null
  const shown = cut(all, limits)
  const items = shown.entries.map((entry) => errorItem(entry.error, entry.database, limits))
  return {
    id: 'errors',
    title: all.length === 1 ? 'Error' : `Errors (${formatCount(all.length)})`,
    mood: 'bad',
    folded: false,
    blocks: [{ kind: 'list', items }, ...more(shown.missing, 'error', limits)],
  }
}

const NOTHING: Text = ['nothing']

function valueCell(value: string | null, limits: Limits): Text {
  if (value === null) return NOTHING
  return value === '' ? ['(empty)'] : [{ code: shorten(value, limits.characters) }]
}

interface Told {
  readonly difference: Difference
  readonly database: string | null
}

/** Some of every kind come first, so that none hides another where not all are shown. */
function someOfEach(all: readonly Told[], limits: Limits): Told[] {
  const counts = new Map<string, number>()
  const [first, rest]: [Told[], Told[]] = [[], []]
  for (const told of all) {
    const count = (counts.get(told.difference.kind) ?? 0) + 1
    counts.set(told.difference.kind, count)
    const list = count <= limits.ofOneKind ? first : rest
    list.push(told)
  }
  return [...first, ...rest]
}

/** How many there are of each kind. */
function countsByKind(all: readonly Told[]): Paragraph {
  const counts = new Map<string, number>()
  for (const { difference } of all) {
    counts.set(difference.kind, (counts.get(difference.kind) ?? 0) + 1)
  }
  const texts = [...counts].map(([kind, count]) => `${kind} (${formatCount(count)})`)
  return paragraph(`By kind: ${texts.join(', ')}.`)
}

const mostHarmfulFirst = (one: Told, other: Told): number =>
  byHarm(one.difference, other.difference)

/** All differences, the most harmful first, so that what is cut is the least; null when nothing was compared or nothing differs. */
export function differencesSection(report: Report, limits: Limits): Section | null {
  const total = countDifferences(report)
  if (total === 0) return null
  const all = [
    ...report.differences.map((difference) => ({ difference, database: null })),
    ...report.databases.flatMap((database) =>
      database.differences.map((difference) => ({ difference, database: database.name })),
    ),
  ].toSorted(mostHarmfulFirst)
  const shown = cut(someOfEach(all, limits), limits)
  const entries = shown.entries.toSorted(mostHarmfulFirst)
  const rows = entries.map(({ difference, database }): Text[] => [
    database === null ? ['(server)'] : [{ code: database }],
    [difference.kind],
    [{ code: shorten(difference.object, limits.characters) }],
    valueCell(difference.source, limits),
    valueCell(difference.target, limits),
  ])
  return {
    id: 'differences',
    title: `Differences (${formatCount(total)})`,
    mood: 'bad',
    folded: false,
    blocks: [
      ...(shown.missing === 0 ? [] : [countsByKind(all)]),
      {
        kind: 'table',
        columns: ['Database', 'Kind', 'Object', 'Source', 'Target'].map(words),
        rows,
      },
      ...more(shown.missing, 'difference', limits),
    ],
  }
}

/** The logins that cannot log in to the target before they are given a password; null when there are none. */
export function passwordsSection(report: Report, limits: Limits): Section | null {
  const roles = report.roles?.withoutPassword ?? []
  if (roles.length === 0) return null
  const shown = cut(roles, limits)
  return {
    id: 'passwords',
    title: `Logins that need a new password (${formatCount(roles.length)})`,
    mood: 'attention',
    folded: false,
    blocks: [
      paragraph(
        'The run could give them no password, and sees none on the target: the source does not let it be read, the target did not take it, or "roles" leaves it out. Set it by hand.',
      ),
      { kind: 'list', items: shown.entries.map((role) => ({ text: [{ code: role }] })) },
      ...more(shown.missing, 'login', limits),
    ],
  }
}

function driftOf(database: DatabaseReport): { database: string; table: string; rows: number }[] {
  return (database.drift?.tables ?? []).map((entry) => ({ database: database.name, ...entry }))
}

/** Writes that reached the source after the snapshot; null when none were seen. */
export function driftSection(report: Report, limits: Limits): Section | null {
  const all = report.databases.flatMap(driftOf)
  if (all.length === 0) return null
  const shown = cut(all, limits)
  return {
    id: 'drift',
    title: `Drift: ${countOf(all.length, 'table')} written to after the snapshot`,
    mood: 'attention',
    folded: false,
    blocks: [
      paragraph('These writes reached the source after the snapshot and are not on the target.'),
      {
        kind: 'table',
        columns: [words('Database'), words('Table'), figures('Rows, about')],
        rows: shown.entries.map((entry): Text[] => [
          [{ code: entry.database }],
          [{ code: entry.table }],
          [formatCount(entry.rows)],
        ]),
      },
      ...more(shown.missing, 'table', limits),
    ],
  }
}

/** The tools' errors that are on the list of known-harmless ones, each with the reason; null when there are none. */
export function ignoredErrorsSection(report: Report, limits: Limits): Section | null {
  const all = report.databases.flatMap((database) =>
    database.ignoredErrors.map((ignored) => ({ database: database.name, ...ignored })),
  )
  if (all.length === 0) return null
  const shown = cut(all, limits)
  return {
    id: 'ignored-errors',
    title: `Ignored errors (${formatCount(all.reduce((sum, ignored) => sum + ignored.count, 0))})`,
    mood: 'plain',
    folded: true,
    blocks: [
      {
        kind: 'table',
        columns: [
          words('Database'),
          words('Message'),
          words('Why it is harmless'),
          figures('Times'),
        ],
        rows: shown.entries.map((ignored): Text[] => [
          [{ code: ignored.database }],
          [shorten(ignored.message, limits.characters)],
          [ignored.why],
          [formatCount(ignored.count)],
        ]),
      },
      ...more(shown.missing, 'message', limits),
    ],
  }
}
