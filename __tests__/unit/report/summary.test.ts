import { describe, expect, test } from '@jest/globals'
import { marked } from 'marked'
import { renderSummary, renderText, startReport } from '../../../src/report/index.js'
import type { CheckName } from '../../../src/report/check-names.js'
import type { DatabaseReport, Finding, Report } from '../../../src/report/index.js'
import type { Forecast } from '../../../src/report/history/index.js'
import { visible } from '../../../src/report/format.js'
import { elementsOf, looseTextsOf, textOf } from '../../support/html.js'
import {
  failedReport,
  hostileNames,
  hostileReport,
  largeReport,
  passedReport,
} from '../../support/reports.js'

const firstLine = (report: Report): string => renderSummary(report).split('\n')[0] ?? ''

const html = (report: Report): string => marked.parse(renderSummary(report), { async: false })

describe('the first line', () => {
  test('of an upgrade that passed is the whole verdict', () => {
    expect(firstLine(passedReport())).toBe(
      '## ⚠️ Upgrade passed: PostgreSQL 11.22 → 18.4, 3 databases moved (1.8 GB) in 14 min 02 s, no differences, 2 findings',
    )
  })

  test('of an upgrade that failed says how many databases made it', () => {
    expect(firstLine(failedReport())).toBe(
      '## ❌ Upgrade failed: PostgreSQL 11.22 → 18.4, 1 of 4 databases moved (1.5 GB) in 14 min 02 s, 2 differences, 2 findings',
    )
  })

  test('of a run that ended before it compared anything does not say that nothing differs', () => {
    expect(firstLine(startReport('upgrade', new Date(0)))).toBe(
      '## ❌ Upgrade failed, no databases moved in 0 s, not compared, no findings',
    )
  })
})

test('the first line after a rehearsal says how long the real run will take, where that is known', () => {
  const lastFact = (forecast: Forecast): string | undefined =>
    firstLine({ ...passedReport('rehearse'), history: { runs: [], change: null, forecast } })
      .split(', ')
      .at(-1)
  const known: Forecast = {
    kind: 'forecast',
    seconds: 840,
    low: 720,
    high: 1020,
    rehearsals: 6,
    at: '2026-11-29T02:00:00Z',
    growthSecondsPerWeek: 20,
  }
  expect([lastFact(known), lastFact({ kind: 'single', seconds: 840 })]).toEqual([
    'real run about 14 min',
    '2 findings',
  ])
})

describe('what the first line says of differences', () => {
  const saidOf = (change: (database: DatabaseReport) => DatabaseReport): string | undefined => {
    const report = passedReport()
    const [first, ...others] = report.databases
    const databases = first === undefined ? [] : [change(first), ...others]
    return firstLine({ ...report, databases })
      .split(', ')
      .at(-2)
  }
  const error = { code: 'query-failed', message: 'Could not run the query' }

  test('counts only databases that were compared to the end', () => {
    expect([
      saidOf((database) => database),
      saidOf((database) => ({ ...database, tables: [] })),
      saidOf((database) => ({ ...database, tables: [], error })),
      saidOf((database) => ({ ...database, tables: [], phases: [] })),
    ]).toEqual([
      'no differences',
      'no differences',
      'no differences in the 2 compared',
      'no differences in the 2 compared',
    ])
  })
})

test('the first line of a validation counts what was compared, whether or not it differs', () => {
  const report = passedReport('validate')
  const differences = [{ kind: 'rows', object: 't', source: '1', target: '0' }]
  const databases = report.databases.map((database) => ({
    ...database,
    result: 'failed' as const,
    differences,
  }))
  expect(firstLine({ ...report, result: 'failed', databases })).toContain(
    ', 3 databases compared (1.8 GB) in 14 min 02 s, 3 differences',
  )
})

describe('what an upgrade says of the source', () => {
  const said = (changes: Partial<Report>) => {
    const lines = renderText({ ...failedReport(), findings: [], ...changes }).split('\n')
    return lines.find((line) => line.includes('published on the target'))?.trim()
  }
  const databases = failedReport().databases.map((each) => ({ ...each, result: 'failed' as const }))

  test('it is as it was, also where nothing was published', () => {
    expect(said({ databases })).toBe(
      'No database was published on the target. The source is as the run found it.',
    )
    expect(said({})).toMatch(/^\d databases? published .* The source is as the run found it\.$/)
  })

  test('what is frozen, or was, is a finding, and is not said to be as it was', () => {
    const findings = [{ check: 'source-frozen', severity: 'note', message: 'Frozen.' }] as const
    expect(said({ findings: [...findings] })).toContain(
      'What is read-only on the source, or was, is told under source-frozen.',
    )
    const error = { code: 'cancelled', message: 'The run was cancelled.' }
    expect(said({ error, databases })).toBe(
      'No database was published on the target. What the run had frozen on the source, if anything, is released when it clears up.',
    )
  })
})

test('roles that were skipped are not said to have been tried', () => {
  const roles = { created: [], altered: [], kept: [], skipped: [], withoutPassword: [] }
  expect(renderSummary({ ...passedReport('rehearse'), roles })).not.toMatch(/Roles|rolled back/)
})

test('logins without a password are not said to be unreadable where nobody tried to read them', () => {
  expect(renderSummary(failedReport())).toContain('or "roles" leaves it out')
})

test.each(['rehearse', 'check', 'validate'] as const)(
  'a %s never claims that anything was moved',
  (mode) => {
    const summary = renderSummary(passedReport(mode))
    expect(summary).not.toMatch(/\bmoved\b|databases? published/)
  },
)

test('what is wrong comes before what was moved', () => {
  const titles = renderSummary(failedReport())
    .split('\n')
    .filter((line) => line.startsWith('#') || line.startsWith('<summary>'))
    .map((line) => textOf(line).replace(/^#+ /, ''))
  expect(titles.slice(1)).toEqual([
    '❌ Error',
    '❌ Differences (2)',
    '⚠️ Findings (1 warning, 1 note)',
    '⚠️ Logins that need a new password (2)',
    '⚠️ Drift: 1 table written to after the snapshot',
    'What was moved',
    'Timings: 14 min 02 s in all',
    '❌ Rows on both sides: 18 tables, 1 not equal',
    'Roles: 2 created, 1 altered, 1 kept as they are, 1 not carried over',
    'Ignored errors (1)',
    'Server parameters that differ (2)',
    'Servers and client tools',
  ])
})

test('an error code and every finding link to their headings in the troubleshooting guide', () => {
  const links = elementsOf(html(failedReport())).filter((element) => element.name === 'a')
  expect(links.map((link) => link.attributes['href'])).toEqual([
    'https://github.com/upgrade-postgres/upgrade-postgres/blob/main/docs/troubleshooting.md#restore-failed',
    'https://github.com/upgrade-postgres/upgrade-postgres/blob/main/docs/troubleshooting.md#template-changed',
    'https://github.com/upgrade-postgres/upgrade-postgres/blob/main/docs/troubleshooting.md#setting-unknown',
  ])
})

describe('hostile names', () => {
  test('make no element that the summary does not make itself', () => {
    const names = (report: Report): Set<string> =>
      new Set(elementsOf(html(report)).map((element) => element.name))
    expect(names(hostileReport())).toEqual(new Set([...names(failedReport()), 'span']))
  })

  test('are all there, as they are', () => {
    const text = textOf(html(hostileReport()))
    expect(hostileNames.filter((name) => !text.includes(visible(name)))).toEqual([])
  })

  test('mention nobody, refer to nothing, and become neither address nor emoji', () => {
    const found = looseTextsOf(html(hostileReport())).filter((text) =>
      /@\w|#\d|gh-\d|:\/\/|www\.|:\w+:|\$[^$]+\$/i.test(text),
    )
    expect(found).toEqual([])
  })

  test('add no row and no cell to any table', () => {
    const rows = (report: Report): number =>
      elementsOf(html(report)).filter((element) => element.name === 'tr').length
    const plain = hostileNames.map((_, index) => `name${index}`)
    expect(rows(hostileReport())).toBe(rows(hostileReport(plain)))
  })
})

test('of many findings of one kind the first are shown and the rest counted, so that no kind hides another', () => {
  const finding = (check: CheckName, object: string): Finding => ({
    check,
    severity: 'warning',
    database: 'shop',
    object,
    message: `is about ${object}`,
  })
  const tables = Array.from({ length: 1020 }, (_, index) => `table ${index + 1}`)
  const findings = [
    ...tables.map((table) => finding('removed-oids', table)),
    finding('huge-value', 'the last'),
  ]
  const summary = renderSummary({ ...passedReport(), findings }, { reportPath: 'report.json' })
  const shown = [...summary.matchAll(/: is about (.*)/g)].map(([, object]) => object)
  expect(shown).toEqual([...tables.slice(0, 20), 'the last'])
  expect(textOf(marked.parse(summary, { async: false }))).toContain(
    '… and 1,000 more of the same kind, in report.json.',
  )
})

describe('a summary that is too long', () => {
  test('is cut below the limit, and says how many tables are missing and where they are', () => {
    const summary = renderSummary(largeReport(), {
      limitBytes: 20_000,
      reportPath: '/tmp/report.html',
    })
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(20_000)
    expect(summary).toContain('… and 9,800 more tables, in `/tmp/report.html`.')
  })

  test('stays below a limit in bytes whatever the names are', () => {
    const names = Array.from({ length: 400 }, (_, index) => `${'表'.repeat(60)}${index}`)
    const sizes = [1_000_000, 100_000, 20_000, 5000].map((limitBytes) => [
      limitBytes,
      Buffer.byteLength(renderSummary(hostileReport(names), { limitBytes })),
    ])
    expect(sizes.filter(([limit, size]) => (size ?? 0) > (limit ?? 0))).toEqual([])
  })
})
