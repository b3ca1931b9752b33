import { expect, test } from '@jest/globals'
import { renderSummary } from '../../../src/report/index.js'
import { startDatabaseReport, startReport, type Difference } from '../../../src/report/report.js'
import { addDifferences } from '../../../src/run.js'

const told = (kind: string, target: string | null = 'other'): Difference => ({
  kind,
  object: 'o',
  source: 'one',
  target,
})

/** In the order in which they are to be told. */
const sorted = [
  told('rows'),
  told('table', null),
  told('large object content'),
  told('checksum'),
  told('generated column'),
  told('column', null),
  told('sequence position'),
  told('sequence', null),
  told('query'),
  told('table'),
  told('index', null),
  told('function'),
  told('database'),
  told('column privilege'),
  told('membership', null),
  told('comment'),
  told('database setting'),
  told('setting of all roles', null),
]

test('differences come in the order of their harm, in whatever order they are found', () => {
  const all: Difference[] = []
  const ofOneHarm = [
    [13, 15],
    [9, 13],
    [15, 16],
    [16, 18],
    [8, 9],
    [6, 8],
    [0, 6],
  ]
  for (const [from, to] of ofOneHarm) addDifferences(all, sorted.slice(from, to))
  expect(all).toEqual(sorted)
})

test('lost rows of the last database stand before the definitions of the first', () => {
  const report = startReport('validate', new Date(0))
  const databaseOf = (name: string, differences: Difference[]) => ({
    ...startDatabaseReport(name, 1),
    differences,
  })
  report.databases.push(
    databaseOf(
      'first',
      Array.from({ length: 30 }, () => told('index')),
    ),
    databaseOf('last', [told('rows')]),
  )
  const rows = renderSummary(report)
    .split('\n')
    .filter((row) => /first|last/.test(row) && row.includes('one'))
  expect(rows[0]).toMatch(/last.*rows/)
  expect(rows[1]).toMatch(/first.*index/)
})
