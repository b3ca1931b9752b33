import { describe, expect, test } from '@jest/globals'
import {
  addToHistory,
  compareWithLast,
  describeHistory,
  emptyHistory,
  historyEntry,
} from '../../../../src/report/history/index.js'
import { renderSummary } from '../../../../src/report/index.js'
import { passedReport, rehearsalReport } from '../../../support/reports.js'

describe('addToHistory', () => {
  test('keeps the findings of the newest run only', () => {
    const history = [0, 7]
      .map((day) => rehearsalReport(day, 1e9, 60))
      .reduce(addToHistory, emptyHistory)
    expect(history.entries.map((entry) => entry.findingList?.length ?? null)).toEqual([null, 2])
  })

  test('remembers two years of weekly runs', () => {
    const runs = Array.from({ length: 110 }, (_, week) => rehearsalReport(week * 7, 1e9, 60))
    expect(runs.reduce(addToHistory, emptyHistory).entries).toHaveLength(104)
  })

  test('leaves out runs that move nothing', () => {
    expect(addToHistory(emptyHistory, passedReport('check'))).toBe(emptyHistory)
  })

  test('adds up phases of the same name', () => {
    const report = rehearsalReport(0, 1e9, 100)
    const [database] = report.databases
    database?.phases.push({ name: 'dump', side: 'source', startedAt: '', durationSeconds: 5 })
    database?.phases.push({
      name: 'never ended',
      side: 'source',
      startedAt: '',
      durationSeconds: null,
    })
    expect(historyEntry(report)?.databases[0]?.phases).toEqual({
      dump: 40,
      restore: 45,
      validate: 12,
      analyze: 8,
    })
  })
})

describe('the duration that is remembered', () => {
  const waiting = { name: 'wait', side: 'target', startedAt: '', durationSeconds: 40 } as const
  const report = rehearsalReport(0, 1e9, 100)
  report.phases.push(waiting, { ...waiting, durationSeconds: null })

  test('is without what a run has waited for others', () => {
    expect(historyEntry(report)?.durationSeconds).toBe(60)
  })

  test('is that of the whole matrix, whose jobs wait while others are at work', () => {
    expect(historyEntry({ ...report, jobs: [] })?.durationSeconds).toBe(100)
  })
})

describe('compareWithLast', () => {
  test('has nothing to say of the first run', () => {
    expect(compareWithLast(emptyHistory, rehearsalReport(0, 1e9, 60))).toBeNull()
  })

  test('says what grew, and which findings and databases came and went', () => {
    const last = rehearsalReport(0, 1e9, 60)
    const now = rehearsalReport(7, 3e9, 90)
    const [settings, schema] = now.findings
    if (settings === undefined || schema === undefined) throw new Error('no findings')
    const [shop] = now.databases
    if (shop === undefined) throw new Error('no database')
    const changed = {
      ...now,
      findings: [
        { ...settings, message: 'in other words' },
        { ...schema, database: 'audit' },
      ],
      databases: [{ ...shop, name: 'audit' }],
    }
    const common = { check: 'template-changed', severity: 'warning', object: 'public' }
    expect(compareWithLast(addToHistory(emptyHistory, last), changed)).toEqual({
      since: last.startedAt,
      bytes: 2e9,
      durationSeconds: 30,
      differences: 0,
      newFindings: [{ ...common, database: 'audit' }],
      goneFindings: [{ ...common, database: 'shop' }],
      newDatabases: ['audit'],
      goneDatabases: ['shop'],
    })
  })

  test('gives no change of duration where one run ended early', () => {
    const early = { ...rehearsalReport(0, 1e9, 60), error: { code: 'cancelled', message: '' } }
    const history = addToHistory(emptyHistory, early)
    expect(compareWithLast(history, rehearsalReport(7, 1e9, 90))?.durationSeconds).toBeNull()
  })
})

describe('the summary', () => {
  const sectionOf = (days: readonly number[]): string => {
    const runs = days.map((day) => rehearsalReport(day, 1e9 + day * 1e8, 600 + day * 30))
    const history = runs.slice(0, -1).reduce(addToHistory, emptyHistory)
    const last = runs.at(-1) ?? passedReport('check')
    const summary = renderSummary({ ...last, history: describeHistory(history, last) })
    return summary
      .slice(summary.indexOf('### Forecast'), summary.indexOf('### What was rehearsed'))
      .trim()
  }

  test('says that one rehearsal is one rehearsal', () => {
    expect(sectionOf([0])).toBe(
      '### Forecast\n\nOne rehearsal so far, which took 10 min 00 s; a forecast needs at least two.',
    )
  })

  test('has the forecast with its basis, the change and the trend', () => {
    expect(sectionOf([0, 7, 14])).toBe(
      `### Forecast

The real run will take about 21 min, from 3 rehearsals; grows 3.5 min a week.

Since the run of 2026-11-29 02<span>&#58;</span>00:00 UTC:

- Size: +700 MB
- Duration: +3 min 30 s
- Differences: no change

| Started | Run | Result | Size | Duration | Differences | Findings |
| --- | --- | --- | ---: | ---: | ---: | ---: |
| 2026-12-06 02<span>&#58;</span>00:00 UTC | rehearsal | passed | 2.4\u00a0GB | 17\u00a0min\u00a000\u00a0s | 0 | 2 |
| 2026-11-29 02<span>&#58;</span>00:00 UTC | rehearsal | passed | 1.7\u00a0GB | 13\u00a0min\u00a030\u00a0s | 0 | 2 |
| 2026-11-22 02<span>&#58;</span>00:00 UTC | rehearsal | passed | 1\u00a0GB | 10\u00a0min\u00a000\u00a0s | 0 | 2 |`,
    )
  })

  test('of the real run says what the rehearsals had said', () => {
    const history = [0, 7]
      .map((day) => rehearsalReport(day, 1e9, 600))
      .reduce(addToHistory, emptyHistory)
    const upgrade = passedReport()
    const summary = renderSummary({ ...upgrade, history: describeHistory(history, upgrade) })
    expect(summary).toContain('2 rehearsals had said: about 10 min (10 min to 10 min).')
    expect(summary).not.toContain('will take')
  })

  test('of a check makes no forecast before the first rehearsal', () => {
    const check = passedReport('check')
    expect(renderSummary({ ...check, history: describeHistory(emptyHistory, check) })).toContain(
      'No forecast: no rehearsal has moved every database yet.',
    )
  })
})
