import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pLimit from 'p-limit'
import type { MatrixEntry } from '../../src/report/index.js'
import { quoteIdentifier } from '../../src/server/index.js'
import { serverInputs, type Inputs } from '../support/action-inputs.js'
import { runAction, type ActionRun } from '../support/runner.js'
import { fingerprint } from '../support/server-fingerprint.js'
import { runSql, startServer, type TestServer } from '../support/servers.js'

const oddNames = [
  'a,b',
  'line\nbreak',
  'quo"te',
  "it's",
  '😀 und Ümlaut',
  ' space ',
  '*',
  '[x]',
  '{a,b}',
  '["a"]',
  'back\\slash',
  '${{ secrets.X }}',
  '-dash',
  '%0A',
]
const names = [
  'postgres',
  ...oddNames,
  ...Array.from({ length: 24 - 1 - oddNames.length }, (_, index) => `plain${index}`),
]

/** What an owner and a privilege need: roles that the plan has moved before. */
const content = `create schema app authorization "app owner"; create table app.t as select 1 as a;
  alter table app.t owner to "app owner"; grant select on app.t to reader`

describe('a matrix of jobs', () => {
  let source: TestServer
  let target: TestServer
  let inputs: Inputs
  let folder: string

  beforeAll(async () => {
    ;[source, target] = await Promise.all([startServer(13), startServer(17)])
    await runSql(
      source,
      'postgres',
      `create role "app owner"; create role reader login password 'reader-secret'`,
    )
    for (const name of names) {
      if (name !== 'postgres') {
        const identifier = quoteIdentifier(name)
        await runSql(source, 'postgres', `create database ${identifier} owner "app owner"`)
      }
      await runSql(source, name, content)
    }
    await runSql(
      source,
      'plain0',
      'create table big as select repeat(md5(i::text), 20) from generate_series(1, 20000) i',
    )
    inputs = serverInputs(source, target)
    folder = await mkdtemp(join(tmpdir(), 'matrix-'))
  })

  afterAll(async () => {
    await Promise.all([source.stop(), target.stop()])
    await rm(folder, { recursive: true })
  })

  interface Matrix {
    readonly plan: ActionRun
    readonly jobs: readonly MatrixEntry[]
    /** Where the reports of all of them are. */
    readonly reports: string
  }

  /** The plan, in a process of its own. */
  async function plan(name: string, given: Inputs): Promise<Matrix> {
    const reports = join(folder, name)
    const run = await runAction({
      ...inputs,
      ...given,
      mode: 'plan',
      'report-directory': join(reports, 'plan'),
    })
    expect(run.commands.filter((command) => command.name === 'error')).toEqual([])
    const { include } = JSON.parse(run.outputs['matrix'] ?? '') as { include: MatrixEntry[] }
    return { plan: run, jobs: include, reports }
  }

  function runJob({ reports }: Matrix, entry: MatrixEntry, given: Inputs = {}): Promise<ActionRun> {
    const { job, ...rest } = entry
    return runAction({
      ...inputs,
      ...rest,
      ...given,
      'report-directory': join(reports, `job ${job}`),
    })
  }

  /** Two at a time, as two runners would. */
  async function runJobs(matrix: Matrix): Promise<ActionRun[]> {
    const limit = pLimit(2)
    return Promise.all(matrix.jobs.map((entry) => limit(() => runJob(matrix, entry))))
  }

  function merge(reports: string): Promise<ActionRun> {
    return runAction({ mode: 'report', reports })
  }

  it('rehearses by as many jobs as were asked for, and leaves both servers as they were', async () => {
    const before = [await fingerprint(source), await fingerprint(target)]
    const matrix = await plan('rehearsal', {
      databases: '["a,b", "line\\nbreak", "*"]',
      'matrix-jobs': '2',
    })
    expect(matrix.jobs.map(({ mode, roles }) => [mode, roles])).toEqual([
      ['rehearse', 'auto'],
      ['rehearse', 'auto'],
    ])
    const runs = await runJobs(matrix)
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    const merged = await merge(matrix.reports)
    expect(merged.exitCode).toBe(0)
    expect(merged.report).toMatchObject({ mode: 'rehearse', result: 'passed' })
    expect(merged.report?.databases.map(({ name }) => name).toSorted()).toEqual(
      ['a,b', 'line\nbreak', '*'].toSorted(),
    )
    expect([await fingerprint(source), await fingerprint(target)]).toEqual(before)
  })

  describe('that upgrades 24 databases', () => {
    let matrix: Matrix
    let runs: ActionRun[]

    beforeAll(async () => {
      matrix = await plan('upgrade', { 'plan-for': 'upgrade', 'matrix-jobs': '3' })
      runs = await runJobs(matrix)
    })

    it('moves the roles once, before, and gives each job a share with the biggest database first', () => {
      expect(matrix.plan.report?.roles?.created).toEqual(['app owner', 'reader'])
      const shares = matrix.jobs.map(({ databases }) => JSON.parse(databases) as string[])
      expect(shares.map(({ length }) => length)).toEqual([8, 8, 8])
      expect(shares[0]?.[0]).toBe('plain0')
      expect(shares.flat().toSorted()).toEqual(names.toSorted())
    })

    it('moves every database under its name, with owners and privileges', async () => {
      const errors = runs.flatMap(({ commands }) => commands.filter(({ name }) => name === 'error'))
      expect(errors.map(({ message }) => message)).toEqual([])
      expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
      for (const name of names) {
        const rows = await runSql(
          target,
          name,
          `select pg_get_userbyid(relowner) as owner, has_table_privilege('reader', oid, 'select') as readable
             from pg_class where oid = 'app.t'::regclass`,
        )
        expect([name, rows]).toEqual([name, [{ owner: 'app owner', readable: true }]])
      }
    })

    it('gives one report of all, with the roles of the plan and every database once', async () => {
      const run = await merge(matrix.reports)
      expect(run.exitCode).toBe(0)
      expect(run.outputs).toMatchObject({ result: 'passed', 'error-code': '', differences: '0' })
      expect(run.report).toMatchObject({
        mode: 'upgrade',
        roles: { created: ['app owner', 'reader'] },
        jobs: [1, 2, 3].map((job) => ({ job, result: 'passed', databases: 8 })),
      })
      expect(run.report?.databases.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
      expect(run.report?.settings.length).toBeGreaterThan(0)
      expect(run.summary).toMatch(/24 databases moved/)
      const page = await readFile(run.outputs['report-html'] ?? '', 'utf8')
      expect(page).toContain('24 databases moved')
    })

    const reportOf = (place: string, job: number) => join(place, `job ${job}`, 'report.json')

    it.each<[string, string, RegExp, (place: string) => Promise<void>]>([
      ['missing', 'report-missing', /Job 2 has no report/, (place) => rm(reportOf(place, 2))],
      [
        'damaged',
        'report-damaged',
        /job 3\/report\.json cannot be used/,
        async (place) => {
          const text = await readFile(reportOf(place, 3), 'utf8')
          await writeFile(reportOf(place, 3), text.slice(0, text.length / 2))
        },
      ],
      [
        'there twice',
        'report-duplicate',
        /Job 1 has two reports/,
        (place) => cp(join(place, 'job 1'), join(place, 'job 1 again'), { recursive: true }),
      ],
      [
        'of another plan',
        'report-foreign',
        /job 2\/report\.json is not of this plan: it belongs to the plan 00000000/,
        async (place) => {
          const text = await readFile(reportOf(place, 2), 'utf8')
          await writeFile(
            reportOf(place, 2),
            text.replace(/"plan": "[0-9a-f]{8}"/, '"plan": "00000000"'),
          )
        },
      ],
    ])('fails when a report is %s, and says which', async (what, code, said, spoil) => {
      const place = join(folder, what)
      await cp(matrix.reports, place, { recursive: true })
      await spoil(place)
      const run = await merge(place)
      expect(run.exitCode).toBe(1)
      expect(run.outputs).toMatchObject({ result: 'failed', 'error-code': code })
      expect(run.stdout).toMatch(said)
      await rm(place, { recursive: true })
    })

    it('refuses a job that is run again, whose databases are there, until it is told to replace them', async () => {
      const [entry] = matrix.jobs.slice(1)
      if (entry === undefined) throw new Error('The plan has no second job.')
      const one = { ...entry, databases: '["line\\nbreak"]' }
      const refused = await runJob({ ...matrix, reports: join(folder, 'again') }, one)
      expect(refused.outputs['error-code']).toBe('database-not-empty')
      const replaced = await runJob({ ...matrix, reports: join(folder, 'again') }, one, {
        'existing-database': 'replace',
      })
      expect(replaced.exitCode).toBe(0)
    })
  })

  it('fails where the target has lost roles since the plan, although every job has passed', async () => {
    await runSql(source, 'postgres', 'create database lonely')
    await runSql(
      source,
      'postgres',
      `create role forgotten login password 'forgotten-secret' in role reader;
       alter role reader set work_mem = '9MB'`,
    )
    const matrix = await plan('lost', { 'plan-for': 'upgrade', databases: 'lonely' })
    await runSql(target, 'postgres', 'drop role forgotten; alter role reader reset work_mem')
    const [job] = await runJobs(matrix)
    expect(job?.exitCode).toBe(0)
    const run = await merge(matrix.reports)
    expect([run.exitCode, run.outputs['differences']]).toEqual([1, '2'])
    const finding = run.report?.findings.find(({ check }) => check === 'role-lost')
    expect(finding?.message).toContain('role "forgotten", role "reader" (the setting "work_mem")')
    expect(JSON.stringify([matrix.plan.report, job?.report])).not.toContain('SCRAM-SHA-256$')
    expect(finding?.remedy).not.toMatch(/\bmd5|SCRAM/)
    await runSql(target, 'postgres', finding?.remedy ?? '')
    const query = `select pg_has_role('forgotten', 'reader', 'member') as member, rolconfig
      from pg_roles where rolname = 'reader'`
    expect(await runSql(target, 'postgres', query)).toEqual([
      { member: true, rolconfig: ['work_mem=9MB'] },
    ])
  })
})
