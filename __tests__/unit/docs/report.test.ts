/** docs/report.md, and the report that it describes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { repository } from '../../support/action-inputs.js'

const read = (path: string): string => readFileSync(join(repository, path), 'utf8')
const types = read('src/report/report.ts')
const documented = read('docs/report.md')

const table = documented.slice(documented.indexOf('## report.json'))
const interfaces = new Map(
  [...types.matchAll(/^export interface (\w+) \{\n(.*?)\n\}/gms)].map(
    ([, name = '', body = '']) => [
      name,
      [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, field = '']) => field),
    ],
  ),
)
const missingIn = (text: string, words: readonly string[]): string[] =>
  words.filter((word) => !text.includes(`\`${word}\``) && !text.includes(`\`${word}[]\``))

/** Each has a table of its own. */
const inTables = ['Report', 'DatabaseReport']

/** The field whose row explains what is in it. */
const rows: Readonly<Record<string, string>> = {
  Finding: 'findings[]',
  Difference: 'differences[]',
  Phase: 'phases[]',
  Span: 'spans[]',
  TableReport: 'tables[]',
  IgnoredError: 'ignoredErrors[]',
  Drift: 'drift',
  ReportedError: 'error',
  RolesReport: 'roles',
  RolePart: 'roles',
  SettingReport: 'settings[]',
  ServerReport: 'source',
  ClientReport: 'client',
  HistoryRun: 'history',
  HistoryReport: 'history',
  PlanReport: 'plan',
  PlannedJob: 'plan',
  JobReport: 'jobs[]',
}

test('every part of the report is explained somewhere', () => {
  const parts = [...interfaces.keys()].filter((name) => !inTables.includes(name))
  expect(parts.toSorted()).toEqual(Object.keys(rows).toSorted())
})

test.each(Object.entries(rows))('every field of %s is explained in the row of %s', (name, row) => {
  const line = table.split('\n').find((each) => each.split('|')[1]?.includes(`\`${row}\``))
  expect(missingIn(line ?? '', interfaces.get(name) ?? [])).toEqual([])
})

test('every field and every mode of report.json is explained', () => {
  const fields = inTables.flatMap((name) => interfaces.get(name) ?? [])
  expect(fields.length).toBeGreaterThan(25)
  const modes = [...(/^export type Mode = (.*)$/m.exec(types)?.[1] ?? '').matchAll(/'(\w+)'/g)]
  expect(modes.length).toBeGreaterThan(4)
  const words = [...fields, ...modes.map(([, mode = '']) => mode)]
  expect(missingIn(table, words)).toEqual([])
})
