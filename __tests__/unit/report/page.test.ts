import { describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { renderPage } from '../../../src/report/page/index.js'
import { pageData } from '../../../src/report/page/data.js'
import { type Element, elementsOf } from '../../support/html.js'
import {
  at,
  failedReport,
  hostileNames,
  hostileReport,
  largeReport,
} from '../../support/reports.js'

const failed = elementsOf(renderPage(failedReport()))
const hostile = elementsOf(renderPage(hostileReport()))

const named = (elements: readonly Element[], name: string): Element[] =>
  elements.filter((element) => element.name === name)

test('the verdict comes first', () => {
  expect(named(failed, 'h1').map((element) => element.text)).toEqual([
    '✗ Upgrade failed: PostgreSQL 11.22 → 18.4',
  ])
})

test('every section can be read without a script', () => {
  expect(named(failed, 'details').map((element) => element.attributes['id'])).toEqual([
    'errors',
    'differences',
    'findings',
    'passwords',
    'drift',
    'databases',
    'timings',
    'tables',
    'roles',
    'ignored-errors',
    'parameters',
    'servers',
  ])
})

describe('nothing is loaded from elsewhere', () => {
  test('by an element', () => {
    const loading = failed.filter(
      ({ name, attributes }) =>
        'src' in attributes || ['link', 'img', 'iframe', 'base', 'object'].includes(name),
    )
    expect(loading).toEqual([])
  })

  test('by a style', () => {
    const styles = named(failed, 'style').map((element) => element.text)
    expect(styles.filter((style) => /@import|url\(|sourceMappingURL/.test(style))).toEqual([])
  })

  test('and only the scripts of the page may run', () => {
    const policy = named(failed, 'meta').flatMap(({ attributes }) =>
      'http-equiv' in attributes ? [attributes['content']] : [],
    )
    const hashes = named(failed, 'script')
      .filter(({ attributes }) => attributes['type'] === undefined)
      .map(({ text }) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
    expect(policy).toEqual([
      `default-src 'none'; style-src 'unsafe-inline'; script-src ${hashes.join(' ')}; base-uri 'none'; form-action 'none'`,
    ])
  })
})

test('the licences of the libraries inside are inside too', () => {
  const scripts = named(failed, 'script').map((element) => element.text)
  const licensed = scripts.filter((script) => /^\/\*!\n[^*]*MIT License/.test(script))
  expect(licensed.map((script) => /Copyright \(c\) [\d-]+ (.*)/.exec(script)?.[1])).toEqual([
    'Leon Sorokin',
    'Oli Folkerd',
  ])
})

describe('hostile names', () => {
  test('add no element', () => {
    const plain = elementsOf(renderPage(hostileReport(hostileNames.map((_, index) => `n${index}`))))
    const names = (elements: readonly Element[]): string[] =>
      elements.map((element) => element.name).filter((name) => name !== 'br')
    expect(names(hostile)).toEqual(names(plain))
  })

  test('reach the scripts as they are shown', () => {
    const data = hostile.find((element) => element.attributes['id'] === 'data')?.text ?? ''
    expect(JSON.parse(data)).toEqual(pageData(hostileReport()))
  })
})

test('the timeline has a lane for the run, each database and each of its workers', () => {
  expect(pageData(failedReport()).timeline.lanes).toEqual([
    'whole run',
    'shop',
    'shop · worker 1',
    'shop · worker 2',
    'Ünïted "Sales"',
    'Ünïted "Sales" · worker 1',
    'Ünïted "Sales" · worker 2',
    'audit',
  ])
})

test('databases that are called like another lane have lanes of their own', () => {
  const report = failedReport()
  const work = { startedAt: at(0), durationSeconds: 1 }
  const named = (name: string, workers: number[]) =>
    report.databases.slice(0, 1).map((database) => ({
      ...database,
      name,
      phases: [{ ...work, name: 'publish', side: 'target' as const }],
      spans: workers.map((worker) => ({ ...work, worker, kind: 'copy', object: 'app.t' })),
    }))
  const databases = [...named('whole run', [0]), ...named('whole run · worker 1', [])]
  const phases = [{ ...work, name: 'check', side: 'both' as const }]
  const { lanes, bars } = pageData({ ...report, phases, databases }).timeline
  expect(lanes).toEqual(['whole run', 'whole run', 'whole run · worker 1', 'whole run · worker 1'])
  expect(bars.map(([lane]) => lane)).toEqual([0, 1, 2, 3])
})

test('a bar says when it began, how long it took and how much it moved', () => {
  const report = failedReport()
  const span = {
    worker: 0,
    kind: 'copy',
    object: 'app.t',
    startedAt: at(60),
    durationSeconds: 2.5,
    bytes: 1e6,
  }
  const databases = report.databases.slice(0, 1).map((database) => ({
    ...database,
    phases: [],
    spans: [span],
  }))
  expect(pageData({ ...report, phases: [], databases }).timeline.bars).toEqual([
    [0, 60, 2.5, 1, 0, 'copy app.t: 2.5 s, 1 MB'],
  ])
})

test('each side of a validation has its half of the lane', () => {
  const report = failedReport()
  const span = {
    worker: 1,
    kind: 'validate',
    object: 'app.t',
    startedAt: at(9),
    durationSeconds: 1,
  }
  const [shop] = report.databases
  const spans = [
    { ...span, side: 'source' as const },
    { ...span, side: 'target' as const },
  ]
  const databases = shop === undefined ? [] : [{ ...shop, phases: [], spans }]
  const { lanes, bars } = pageData({ ...report, phases: [], databases }).timeline
  expect([lanes, bars.map(([lane, , , , half, what]) => [lane, half, what])]).toEqual([
    ['shop · worker 2'],
    [
      [0, 1, 'validate app.t on the source: 1.0 s'],
      [0, 2, 'validate app.t on the target: 1.0 s'],
    ],
  ])
})

test('tables that differ come first', () => {
  expect(pageData(failedReport()).tables[0]).toMatchObject({
    table: 'app.invoices',
    source: 1200,
    target: 1187,
    validation: 'different',
  })
})

test('10,000 tables are all in the data of the page, and cut in what is read without a script', () => {
  const page = renderPage(largeReport())
  expect(page).toContain('… and 9,500 more tables, in <code>report.json</code>.')
  expect(pageData(largeReport()).tables).toHaveLength(10_000)
})
