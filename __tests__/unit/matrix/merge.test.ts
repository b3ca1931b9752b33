import { describe, expect, it } from '@jest/globals'
import { mergeReports, type FoundReport } from '../../../src/matrix/index.js'
import { parseReport } from '../../../src/matrix/parse-report.js'
import {
  startDatabaseReport,
  startReport,
  type DatabaseReport,
  type Finding,
  type Report,
  type RolePart,
  type TableReport,
} from '../../../src/report/report.js'

const now = new Date('2026-11-25T03:00:00Z')
const servers = {
  source: { version: '13.23', host: 'old:5432', provider: 'plain' },
  target: { version: '17.10', host: 'new:5432', provider: 'plain' },
}

function planReport(changes: Partial<Report> = {}): Report {
  return {
    ...startReport('plan', now),
    ...servers,
    result: 'passed',
    durationSeconds: 2,
    plan: {
      id: '0a1b2c3d',
      mode: 'upgrade',
      roles: 'skip',
      jobs: [
        { job: 1, databases: ['shop'], bytes: 9 },
        { job: 2, databases: ['crm', 'log'], bytes: 8 },
      ],
    },
    ...changes,
  }
}

function jobReport(job: number, names: string[], changes: Partial<Report> = {}): Report {
  return {
    ...startReport('upgrade', new Date(now.getTime() + 10_000)),
    ...servers,
    result: 'passed',
    durationSeconds: 20,
    part: { plan: '0a1b2c3d', job },
    databases: names.map((name) => ({ ...startDatabaseReport(name, 5), result: 'passed' })),
    ...changes,
  }
}

const found = (...reports: Report[]): FoundReport[] =>
  reports.map((report, index) => ({ where: `file ${index}`, report }))

const whole = () => [planReport(), jobReport(1, ['shop']), jobReport(2, ['crm', 'log'])]

function merged(...reports: Report[]) {
  const { result, error } = mergeReports(found(...reports), now)
  return { result, code: error?.code, message: error?.message }
}

describe('mergeReports', () => {
  it('passes when the plan and every job have', () => {
    const report = mergeReports(found(...whole()), now)
    expect(report).toMatchObject({ result: 'passed', mode: 'upgrade', error: null, ...servers })
    expect(report.databases.map(({ name }) => name)).toEqual(['shop', 'crm', 'log'])
    expect([report.startedAt, report.durationSeconds]).toEqual([now.toISOString(), 30])
  })

  const failed = startDatabaseReport('log', 5)
  const refusedPlan: Report = {
    ...startReport('plan', new Date(0)),
    error: { code: 'database-not-empty', message: '"shop" is there already.' },
  }
  it.each<[string, Report[], string | undefined, RegExp]>([
    ['no plan', whole().slice(1), 'plan-missing', /none of a plan/],
    [
      'a plan that was refused',
      [refusedPlan],
      'database-not-empty',
      /The plan: "shop" is there already/,
    ],
    [
      'two plans',
      [
        ...whole(),
        planReport({ plan: { id: '99999999', mode: 'upgrade', roles: 'skip', jobs: [] } }),
      ],
      'report-foreign',
      /two plans/,
    ],
    ['the plan twice', [...whole(), planReport()], 'report-duplicate', /The plan has two reports/],
    ['a job missing', whole().slice(0, 2), 'report-missing', /Job 2 has no report.*"crm", "log"/],
    [
      'a job twice',
      [...whole(), jobReport(1, ['shop'])],
      'report-duplicate',
      /Job 1 .*file 1 and file 3/,
    ],
    [
      'another plan',
      [...whole(), jobReport(1, ['shop'], { part: { plan: '99999999', job: 1 } })],
      'report-foreign',
      /file 3.*99999999/,
    ],
    [
      'no plan in a job',
      [...whole().slice(0, 2), { ...startReport('upgrade', now) }],
      'report-foreign',
      /file 2/,
    ],
    [
      'another source',
      [
        ...whole().slice(0, 2),
        jobReport(2, ['crm', 'log'], { source: { ...servers.source, host: 'other:5432' } }),
      ],
      'report-foreign',
      /its source is other:5432/,
    ],
    [
      'another target',
      [
        ...whole().slice(0, 2),
        jobReport(2, ['crm', 'log'], { target: { ...servers.target, host: 'other:5432' } }),
      ],
      'report-foreign',
      /its target is other:5432/,
    ],
    [
      'another mode',
      [...whole().slice(0, 2), jobReport(2, ['crm', 'log'], { mode: 'rehearse' })],
      'report-foreign',
      /its mode is rehearse/,
    ],
    ['a job too many', [...whole(), jobReport(3, [])], 'report-foreign', /no job 3/],
    [
      'a database too few',
      [...whole().slice(0, 2), jobReport(2, ['crm'])],
      'report-damaged',
      /does not tell of "log"/,
    ],
    [
      'a database too many',
      [...whole().slice(0, 2), jobReport(2, ['crm', 'log', 'shop'])],
      'report-damaged',
      /tells of "shop"/,
    ],
    [
      'a failed plan',
      [
        planReport({ result: 'failed', error: { code: 'pooler', message: 'a pooler' } }),
        ...whole().slice(1),
      ],
      'pooler',
      /The plan: a pooler/,
    ],
    [
      'a failed job',
      [
        ...whole().slice(0, 2),
        jobReport(2, [], { result: 'failed', error: { code: 'unknown-host', message: 'no host' } }),
      ],
      'unknown-host',
      /Job 2: no host/,
    ],
  ])('fails for %s', (_what, reports, code, said) => {
    const { result, code: is, message } = merged(...reports)
    expect([result, is]).toEqual(['failed', code])
    expect(message).toMatch(said)
  })

  it('fails for a database that failed, and for a difference between the servers', () => {
    const [plan, first] = whole()
    const second = jobReport(2, ['crm'], { result: 'failed' })
    second.databases.push({ ...failed, result: 'failed' })
    expect(merged(plan ?? planReport(), first ?? planReport(), second).result).toBe('failed')
  })

  describe('of the roles that the plan has moved', () => {
    const part = (role: string, what: string, changes: Partial<RolePart> = {}): RolePart => ({
      role,
      isRole: what === 'the role',
      needs: what === 'the role' ? [] : [role],
      what,
      statement: `${what} of ${role};`,
      isSecret: false,
      ...changes,
    })
    const none = { created: [], altered: [], kept: [], skipped: [], withoutPassword: [] }
    const setting = part('app', 'the setting "work_mem"', { replaces: '4MB' })
    const secret = part('reader', 'the password', { isSecret: true })
    const carriedOver = [part('reader', 'the role'), secret, setting]
    const roles = { ...none, created: ['reader'], altered: ['app'], carriedOver }
    const mergedWith = (...looks: (readonly RolePart[] | undefined)[]) => {
      const jobs = looks.map((lacking, index) =>
        jobReport(index + 1, [['shop'], ['crm', 'log']][index] ?? [], {
          roles: { ...none, ...(lacking === undefined ? {} : { lacking }) },
          durationSeconds: index + 1,
        }),
      )
      return mergeReports(found(planReport({ roles }), ...jobs), now)
    }

    it('tells those that the last look did not find any more, and fails', () => {
      const report = mergedWith([], [...carriedOver, part('later', 'the role')])
      expect(report.result).toBe('failed')
      expect(report.differences.map(({ object, source }) => [object, source])).toEqual([
        ['"reader"', 'present'],
        ['"app"', 'the setting "work_mem"'],
      ])
      expect(report.findings).toEqual([
        expect.objectContaining({
          check: 'role-lost',
          remedy: `-- on the target, as the role of target-url or a superuser\n${carriedOver.map(({ statement }) => statement).join('\n')}`,
        }),
      ])
      expect(report.roles?.carriedOver).toBeUndefined()
    })

    it.each<[string, (readonly RolePart[] | undefined)[]]>([
      ['had come back by the last look', [carriedOver, []]],
      ['somebody has changed since', [[], [{ ...setting, replaces: '8MB' }, secret]]],
      ['the plan has not moved', [[], [part('later', 'the role'), part('app', 'the comment')]]],
      ['nobody has looked at', [undefined, undefined]],
    ])('does not tell what %s', (_what, looks) => {
      const report = mergedWith(...looks)
      expect([report.result, report.findings]).toEqual(['passed', []])
    })
  })

  it('shows a database of which nobody told as skipped', () => {
    const report = mergeReports(found(...whole().slice(0, 2)), now)
    expect(report.databases.map(({ name, result }) => [name, result])).toEqual([
      ['shop', 'passed'],
      ['crm', 'skipped'],
      ['log', 'skipped'],
    ])
  })
})

describe('parseReport', () => {
  const equalTable: TableReport = {
    schema: 'public',
    name: 't',
    sourceRows: 2,
    targetRows: 2,
    equal: true,
    checksum: null,
  }
  const withClient = (changes: object) => ({
    ...planReport(),
    client: { version: '18.6', path: '/usr/bin', from: 'installed', ...changes },
  })
  const blocking: Finding = { check: 'locks', severity: 'blocking', message: 'm' }
  const inShop = (changes: Partial<DatabaseReport>): Partial<Report> => ({
    databases: [{ ...startDatabaseReport('shop', 5), result: 'passed', ...changes }],
  })

  it('reads what a run has written', () => {
    const oneSided = { ...equalTable, targetRows: null, sourceRows: null, equal: false }
    const report = jobReport(1, ['shop'], inShop({ tables: [equalTable, oneSided] }))
    expect(parseReport(JSON.stringify(report))).toEqual(JSON.parse(JSON.stringify(report)))
  })

  it.each<[string, unknown, RegExp]>([
    ['half a file', undefined, /only the beginning/],
    ['another kind of file', { version: 1 }, /see "mode"/],
    ['another version', { ...planReport(), version: 2 }, /see "version"/],
    ['a database without a name', { ...planReport(), databases: [{}] }, /see "databases"/],
    ['a reason that is no text', withClient({ why: ['x'] }), /see "client"/],
    ['a duration that is no number', withClient({ durationSeconds: '2' }), /see "client"/],
  ])('refuses %s', (_what, value, said) => {
    const text =
      value === undefined ? JSON.stringify(planReport()).slice(0, -9) : JSON.stringify(value)
    expect(() => parseReport(text)).toThrow(said)
  })

  it.each<[string, Partial<Report>]>([
    ['an error', { error: { code: 'x', message: 'y' } }],
    ['no target', { target: null }],
    ['a blocking finding', { findings: [blocking] }],
    ['a database with an error', inShop({ error: { code: 'x', message: 'y' } })],
    ['a table that is not equal', inShop({ tables: [{ ...equalTable, equal: false }] })],
    ['a table with fewer rows', inShop({ tables: [{ ...equalTable, targetRows: 1 }] })],
    [
      'a table with other content',
      inShop({ tables: [{ ...equalTable, checksum: { source: 'a', target: 'b' } }] }),
    ],
  ])('refuses a report that has passed with %s', (_what, changes) => {
    const text = JSON.stringify(jobReport(1, ['shop'], changes))
    expect(() => parseReport(text)).toThrow(/says "passed"/)
    const failed = JSON.stringify(jobReport(1, ['shop'], { ...changes, result: 'failed' }))
    expect(parseReport(failed).result).toBe('failed')
  })
})
