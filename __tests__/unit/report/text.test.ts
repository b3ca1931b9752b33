import { describe, expect, test } from '@jest/globals'
import { renderText } from '../../../src/report/index.js'
import { failedReport, hostileReport, passedReport } from '../../support/reports.js'

test('the first line is the verdict', () => {
  expect(renderText(passedReport()).split('\n')[0]).toBe(
    'Upgrade passed: PostgreSQL 11.22 → 18.4, 3 databases moved (1.8 GB) in 14 min 02 s, no differences, 2 findings',
  )
})

test('columns are straight, figures to the right', () => {
  const lines = renderText(failedReport()).split('\n')
  const start = lines.indexOf('Timings: 14 min 02 s in all')
  expect(lines.slice(start, start + 7)).toEqual([
    'Timings: 14 min 02 s in all',
    '  Phase            shop  Ünïted "Sales"  audit',
    '  dump       3 min 34 s      1 min 07 s  9.8 s',
    '  restore    4 min 35 s      1 min 26 s   13 s',
    '  validate   1 min 13 s            23 s  3.4 s',
    '  analyze          49 s            15 s  2.2 s',
    '  in all    10 min 10 s      3 min 10 s   28 s',
  ])
})

describe('what to do', () => {
  const statements = Array.from({ length: 50 }, (_, index) => `drop view "app"."v_${index}";`)
  const finding = {
    check: 'database-not-empty',
    severity: 'blocking',
    message: 'It is there.',
  } as const
  const error = { code: 'checks-failed', message: 'One finding.', hint: statements.join('\n') }
  const linesFor = (remedy: string): string[] => {
    const findings = [{ ...finding, remedy }]
    return renderText({ ...failedReport(), findings, error: { ...error, hint: remedy } }).split(
      '\n',
    )
  }

  test('is told whole, with each statement on a line of its own', () => {
    const lines = linesFor(statements.join('\n'))
    const first = lines.indexOf(`      ${statements[0]}`)
    expect(lines.slice(first, first + 50)).toEqual(statements.map((text) => `      ${text}`))
    const hint = lines.indexOf('    | What to do:')
    expect(lines.slice(hint + 1, hint + 51)).toEqual(statements.map((text) => `    | ${text}`))
  })

  test('is named instead of cut where it is too long', () => {
    const lines = linesFor(`do $$ begin\n${'perform 1;\n'.repeat(2000)}end $$;`)
    const said = '-- too long to be shown here (22,019 characters): it is in report.json'
    expect(lines).toContain(`      ${said}`)
    expect(lines).toContain(`    | What to do: ${said}`)
    expect(lines.filter((line) => line.includes('do $$'))).toEqual([])
  })
})

test('thousands of differences of one kind hide none of another, and are counted by kind', () => {
  const report = failedReport()
  const differs = (kind: string, object: string) => ({ kind, object, source: 'a', target: 'b' })
  const functions = Array.from({ length: 10_000 }, (_, index) => differs('function', `f_${index}`))
  const differences = [...functions, differs('comment', 'app.orders')]
  const databases = report.databases.map((database) => ({ ...database, differences: [] }))
  const lines = renderText({ ...report, databases, differences }).split('\n')
  const title = lines.indexOf('Differences (10,001)')
  expect(lines[title + 1]).toBe('  By kind: function (10,000), comment (1).')
  expect(lines.filter((line) => /^ .* comment +app\.orders /.test(line))).toHaveLength(1)
  expect(lines).toContain('  … and 9,971 more differences, in report.json.')
})

test('no line of a hostile text can be taken for a command by the runner', () => {
  const names = [
    '::error::x',
    'a\n::error::x',
    '\n::stop-commands::x',
    '##[error]x',
    '  ::warning::x',
    '##vso[task.prependpath]/tmp/evil',
  ]
  const lines = renderText(hostileReport(names)).split('\n')
  expect(lines.filter((line) => /^\s*::|##\w*\[/.test(line))).toEqual([])
})

test('no control character reaches the terminal', () => {
  expect(renderText(hostileReport()).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
})

test('parameters that a role may not read are counted beside those that differ, and are not called unknown', () => {
  const report = passedReport()
  const hidden = { name: 'jit_provider', source: 'llvmjit', target: '(not visible)', note: 'x' }
  const lines = renderText({ ...report, settings: [...report.settings, hidden] }).split('\n')
  const title = lines.indexOf('Server parameters that differ (2) or are not visible (1)')
  expect(lines.slice(title + 2, title + 5).map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['work_mem', '64MB', '4MB', 'set on the source by its operator'],
    ['vacuum_defer_cleanup_age', '0', 'unknown there', 'gone since 16'],
    ['jit_provider', 'llvmjit', '(not visible)', 'x'],
  ])
})
