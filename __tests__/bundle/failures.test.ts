import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { writeReport, type Report } from '../../src/report/index.js'
import { serverInputs, type Inputs } from '../support/action-inputs.js'
import { filesLeft, processesLeft, secretsLeaked } from '../support/leftovers.js'
import {
  runAction,
  runPost,
  startAction,
  type ActionRun,
  type StartedAction,
} from '../support/runner.js'
import { passedReport } from '../support/reports.js'
import { settled } from '../support/settled.js'
import {
  createDatabase,
  runSql,
  sharedServer,
  startServer,
  uniqueName,
  type TestServer,
} from '../support/servers.js'

const run = promisify(execFile)

async function databasesOf(server: TestServer): Promise<string[]> {
  const rows = await runSql<{ name: string }>(
    server,
    'postgres',
    'select datname::text as name from pg_database order by 1',
  )
  return rows.map(({ name }) => name)
}

async function expectNothingLeft(action: ActionRun, secrets: string[]): Promise<void> {
  const files = (await filesLeft(action)).filter(
    (file) => !file.startsWith('upgrade-postgres-report/'),
  )
  expect({
    processes: await processesLeft(action),
    files,
    secrets: await secretsLeaked(action, secrets),
  }).toEqual({ processes: [], files: [], secrets: [] })
}

describe('what bad input gets', () => {
  let source: TestServer
  let target: TestServer
  let inputs: Inputs
  let database: string

  beforeAll(async () => {
    source = await sharedServer(11)
    // A server of its own, since all of its databases are compared before and after.
    target = await startServer(18)
    database = await createDatabase(source, 'bad')
    await runSql(source, database, 'create table t as select 1 as a; create sequence s')
    inputs = { ...serverInputs(source, target), databases: database, roles: 'skip' }
  })

  afterAll(async () => {
    await target.stop()
    await runSql(source, 'postgres', `drop database "${database}"`)
  })

  async function expectFailure(
    given: Inputs,
    code: string,
    said: RegExp,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const before = await databasesOf(target)
    const action = await runAction({ ...inputs, ...given }, { environment })
    expect(action.outputs).toMatchObject({ result: 'failed', 'error-code': code })
    expect(action.exitCode).toBe(1)
    const errors = action.commands.filter(({ name }) => name === 'error')
    expect(errors.map(({ message }) => message).join('\n')).toMatch(said)
    expect(action.stdout).not.toMatch(/^\s+at .*\.[jt]s:\d+/m)
    expect(await databasesOf(target)).toEqual(before)
    await expectNothingLeft(action, [source.password, target.password])
  }

  it.each(['schedule', 'workflow_dispatch'])(
    'an upgrade that %s has started and nobody has asked for',
    async (event) => {
      const environment = { GITHUB_EVENT_NAME: event }
      const said = /mode: is empty.*rehearse/
      await expectFailure({ mode: '' }, 'invalid-input', said, environment)
    },
  )

  it('a matrix job whose databases arrive empty', async () => {
    const given = { mode: 'upgrade', plan: '0a1b2c3d/1', databases: '', roles: 'skip' }
    await expectFailure(given, 'invalid-input', /databases: must be a JSON array of names.*matrix/)
  })

  it('is told of the mode that was asked for', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'earlier-report-'))
    const { json } = await writeReport(folder, passedReport())
    const given = {
      ...inputs,
      mode: 'rehearse',
      jobs: 'many',
      plan: '0a1b2c3d/2',
      'report-directory': folder,
    }
    const { outputs, summary, report } = await runAction(given)
    // The one that an earlier run has left there is not taken for this run's.
    expect(outputs['report-json']).toBe(json)
    expect(report).toMatchObject({
      mode: 'rehearse',
      result: 'failed',
      error: { code: 'invalid-input' },
      part: { plan: '0a1b2c3d', job: 2 },
    })
    await rm(folder, { recursive: true })
    expect(outputs).toMatchObject({ result: 'failed', 'error-code': 'invalid-input' })
    expect(summary).toMatch(/Rehearsal failed/i)
    expect(summary).not.toMatch(/Upgrade failed/i)
  })

  it('leaves the report of an earlier step of the job alone', async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'two-steps-'))
    const environment = { RUNNER_TEMP: temporary }
    const step = (mode: string) => runAction({ ...inputs, mode, jobs: 'many' }, { environment })
    const [first, second] = [await step('rehearse'), await step('check')]
    const modeIn = async ({ outputs }: ActionRun) =>
      (JSON.parse(await readFile(outputs['report-json'] ?? '', 'utf8')) as Report).mode
    expect([await modeIn(first), await modeIn(second)]).toEqual(['rehearse', 'check'])
    expect(await readdir(temporary)).toEqual([
      'upgrade-postgres-report',
      'upgrade-postgres-report-2',
    ])
    await rm(temporary, { recursive: true })
  })

  it.each<[string, Inputs, string, RegExp]>([
    [
      'a wrong password',
      { 'source-password': 'wrong' },
      'wrong-password',
      /source.*source-password/s,
    ],
    [
      'an unknown host',
      { 'target-url': 'postgresql://postgres@no-such-host.invalid' },
      'unknown-host',
      /target no-such-host\.invalid/,
    ],
    ['refused TLS', { sslmode: 'require' }, 'tls-failed', /source.*sslmode/s],
    ['a database that is not there', { databases: 'nowhere' }, 'database-missing', /nowhere/],
    ['a pattern that matches nothing', { databases: 'NOWHERE_*' }, 'database-missing', /NOWHERE_/],
    [
      'a pattern that matches nothing, when two servers are compared',
      { databases: 'NOWHERE_*', mode: 'validate' },
      'database-missing',
      /NOWHERE_/,
    ],
    [
      'a query with a syntax error',
      { 'validation-queries': 'select 1; selec 2' },
      'validation-query-failed',
      /selec/,
    ],
    [
      'client tools older than the source',
      { 'client-version': '10' },
      'client-version-mismatch',
      /client-version/,
    ],
    [
      'queries for a database that is not there',
      { 'validation-queries': '\\connect nowhere\nselect 1' },
      'validation-query-unused',
      /"nowhere"/,
    ],
    [
      'queries for a database that is not there, when two servers are compared',
      { 'validation-queries': '\\connect nowhere\nselect 1', mode: 'validate' },
      'validation-query-unused',
      /"nowhere"/,
    ],
    [
      'a query that fails where nothing else is compared',
      {
        'validation-queries': 'select 1 / count(*) as nothing_such from t where false',
        validate: 'none',
      },
      'validation-query-failed',
      /nothing_such/,
    ],
    [
      'a folder for the report that cannot be made',
      { 'report-directory': '/dev/null/report' },
      'report-not-written',
      /\/dev\/null\/report/,
    ],
    ['several hosts', { 'source-url': 'postgresql://u@a,b/x' }, 'invalid-input', /several hosts/],
  ])('for %s says the side, the object and the remedy', async (_what, given, code, said) => {
    await expectFailure(given, code, said)
  })

  it('tells of a validation query whose function writes that queries only read, and nothing of standbys', async () => {
    const query = `select nextval('s')`
    const given = { 'validation-queries': query, mode: 'rehearse' }
    const { report } = await runAction({ ...inputs, ...given })
    const error = report?.databases[0]?.error
    expect(error).toMatchObject({ code: 'validation-query-failed' })
    expect(error?.hint).toBe(
      'Validation queries run read-only on both sides: let this one read alone.',
    )
  })

  it('refuses a target that is older than the source', async () => {
    const { 'source-url': url, 'source-password': password } = serverInputs(target, source)
    await expectFailure(
      { 'source-url': url ?? '', 'source-password': password ?? '', ...older() },
      'target-older',
      /older than the source/,
    )
  })

  function older(): Inputs {
    const { 'source-url': url, 'source-password': password } = serverInputs(source, target)
    return { 'target-url': url ?? '', 'target-password': password ?? '' }
  }

  it('refuses one server as both sides', async () => {
    await expectFailure(older(), 'same-server', /same server/)
  })

  it('refuses a target database that is not empty, and fills an empty one', async () => {
    await runSql(target, 'postgres', `create database "${database}"`)
    await runSql(target, database, 'create table mine (a int)')
    await expectFailure({}, 'database-not-empty', new RegExp(database))
    await runSql(target, database, 'drop table mine')
    const action = await runAction(inputs)
    expect(action.exitCode).toBe(0)
    expect(await runSql(target, database, 'select a from t')).toEqual([{ a: 1 }])
  })

  it('replaces a database only when it is told to', async () => {
    await runSql(target, database, 'create table if not exists mine (a int)')
    const action = await runAction({ ...inputs, 'existing-database': 'replace' })
    expect(action.exitCode).toBe(0)
    expect(await runSql(target, database, `select to_regclass('mine') as mine`)).toEqual([
      { mine: null },
    ])
    await runSql(target, 'postgres', `drop database "${database}"`)
  })

  it('does not turn a run that passes into one that fails where outputs can be written nowhere', async () => {
    const environment = { GITHUB_OUTPUT: '/nonexistent/output' }
    const action = await runAction({ ...inputs, mode: 'check' }, { environment })
    expect(action.exitCode).toBe(0)
    const warnings = action.commands.filter(({ name }) => name === 'warning')
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/GITHUB_OUTPUT .*\/nonexistent\/output.* "passed"/),
    ])
  })

  it('names the table that the role may not read', async () => {
    const role = uniqueName('reader')
    await runSql(source, 'postgres', `create role ${role} login password 'reader-secret'`)
    const url = `postgresql://${role}@${source.host}:${source.port}/postgres`
    await expectFailure(
      { 'source-url': url, 'source-password': 'reader-secret' },
      'unreadable-table',
      /t/,
    )
    await runSql(source, 'postgres', `drop role ${role}`)
  })

  it('takes a password with a blank at its end as it is', async () => {
    const role = uniqueName('blank')
    await runSql(source, 'postgres', `create role ${role} superuser login password 'Zq9word '`)
    const action = await runAction({
      ...inputs,
      'source-url': `postgresql://${role}@${source.host}:${source.port}/postgres`,
      'source-password': 'Zq9word \n',
      mode: 'check',
    })
    expect(action.exitCode).toBe(0)
    expect(await secretsLeaked(action, ['Zq9word'])).toEqual([])
    await runSql(source, 'postgres', `drop role ${role}`)
  })

  it('says that the disk behind dump-directory is full', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'full-disk-'))
    await runSql(source, database, `create table big as select repeat('a', 20000000) as a`)
    // Small where it is stored compressed, so that the checks cannot foresee it.
    const action = await runAction(
      {
        ...inputs,
        'dump-directory': join(folder, 'disk'),
        method: 'custom',
        'pg-dump-args': '--compress=0',
      },
      { node: await nodeWithSmallDisk(folder) },
    )
    expect(action.exitCode).toBe(1)
    expect(action.outputs['error-code']).toBe('disk-full')
    expect(action.stdout).toMatch(/No space left on device/)
    await expectNothingLeft(action, [source.password, target.password])
    await runSql(source, database, 'drop table big')
    await rm(folder, { recursive: true })
  })
})

/**
 * A Node.js that sees a disk of 4 MB at FOLDER/disk: a mount of its own, for which no rights are needed. Not a
 * shell script, because a shell drops variables with a hyphen in their name.
 */
async function nodeWithSmallDisk(folder: string): Promise<string> {
  const outer = join(folder, 'node')
  const inner = join(folder, 'inner.mjs')
  await mkdir(join(folder, 'disk'))
  await writeFile(
    inner,
    `import { execFileSync } from 'node:child_process'
     execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', ${JSON.stringify(join(folder, 'disk'))}])
     await import(process.argv[2])`,
  )
  await writeFile(
    outer,
    `#!${process.execPath}
     const { spawnSync } = require('node:child_process')
     const wanted = ['--user', '--map-root-user', '--mount', process.execPath, ${JSON.stringify(inner)}, process.argv[2]]
     process.exitCode = spawnSync('unshare', wanted, { stdio: 'inherit' }).status`,
    { mode: 0o755 },
  )
  return outer
}

describe('a run that is cut off', () => {
  let source: TestServer
  let target: TestServer
  let database: string
  let inputs: Inputs

  beforeAll(async () => {
    source = await sharedServer(13)
    target = await startServer(17)
    database = await createDatabase(source, 'cut')
    await runSql(
      source,
      database,
      `create table big as select i, repeat(md5(i::text), 10) as t from generate_series(1, 150000) i;
       create index on big (t); create index on big (i)`,
    )
    inputs = { ...serverInputs(source, target), databases: database, roles: 'skip' }
  })

  afterAll(async () => {
    await target.stop()
    await runSql(source, 'postgres', `drop database "${database}"`)
  })

  /** The process numbers of the run's client tools of that name. */
  async function toolsOf(action: { pid: number }, tool: string): Promise<number[]> {
    const { stdout } = await run('ps', ['-eo', 'pid=,sid=,comm='])
    return stdout
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, session, name]) => session === String(action.pid) && name === tool)
      .map(([pid]) => Number(pid))
  }

  /** Waits until the tool works, not until it is asked for its version. */
  async function waitForTool(action: StartedAction, tool: string): Promise<number> {
    await action.prints(/^Method /m)
    for (let attempt = 0; attempt < 600; attempt += 1) {
      const [pid] = await toolsOf(action, tool)
      if (pid !== undefined) return pid
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`${tool} did not start`)
  }

  it.each(['custom', 'stream', 'parallel'])(
    'by the death of pg_dump fails with method %s and leaves nothing',
    async (method) => {
      const action = await startAction({ ...inputs, method, jobs: '2' })
      process.kill(await waitForTool(action, 'pg_dump'), 'SIGKILL')
      const ended = await action.finished
      expect(ended.exitCode).toBe(1)
      expect(ended.outputs['error-code']).toBe('pg-dump-failed')
      expect(ended.stdout).toMatch(/pg_dump \(source\) was ended by SIGKILL/)
      expect(await databasesOf(target)).toEqual(['postgres', 'template0', 'template1'])
      await expectNothingLeft(ended, [source.password, target.password])
    },
  )

  it.each(['stream', 'custom'])('by a cancel ends in time with method %s', async (method) => {
    const action = await startAction({ ...inputs, method })
    await waitForTool(action, 'pg_restore')
    const ended = await action.cancel()
    expect(ended.exitCode).toBe(1)
    expect(ended.outputs['error-code']).toBe('cancelled')
    expect(await databasesOf(target)).toEqual(['postgres', 'template0', 'template1'])
    await expectNothingLeft(ended, [source.password, target.password])
    const name = ended.state['application-name'] ?? ''
    expect(name).toMatch(/^upgrade-postgres [0-9a-f]{8}$/)
    const sessions = `select 1 from pg_stat_activity where application_name = '${name}'`
    const left = () => runSql(source, 'postgres', sessions)
    expect(await settled(left, (rows) => rows.length === 0)).toEqual([])
  })

  it('by a cancel while databases are moved side by side leaves nothing of any', async () => {
    const other = uniqueName('cut')
    await runSql(source, 'postgres', `create database "${other}" template "${database}"`)
    const databases = `${database}, ${other}`
    const action = await startAction({ ...inputs, databases, method: 'copy', jobs: '2' })
    await Promise.all(
      [database, other].map((name) => action.prints(RegExp(`^${name}: Method `, 'm'))),
    )
    const ended = await action.cancel()
    expect(ended.outputs['error-code']).toBe('cancelled')
    expect(await databasesOf(target)).toEqual(['postgres', 'template0', 'template1'])
    await expectNothingLeft(ended, [source.password, target.password])
    const sessions = `select 1 from pg_stat_activity where application_name = '${ended.state['application-name'] ?? ''}'`
    expect(await runSql(source, 'postgres', sessions)).toEqual([])
    await runSql(source, 'postgres', `drop database "${other}"`)
  })

  it('before it has saved anything leaves the post step nothing to do', async () => {
    const action = await startAction(inputs)
    action.signal('SIGKILL')
    const ended = await action.finished
    const post = await runPost({ ...ended, state: {} })
    expect(post.stdout).toBe('No run has begun; there is nothing to clear up.\n')
    expect(await databasesOf(target)).toEqual(['postgres', 'template0', 'template1'])
  })

  it('by a kill is cleared away by the post step', async () => {
    const action = await startAction({ ...inputs, method: 'stream' })
    await waitForTool(action, 'pg_restore')
    action.signal('SIGKILL')
    const ended = await action.finished
    expect((await runPost(ended)).exitCode).toBe(0)
    expect(await databasesOf(target)).toEqual(['postgres', 'template0', 'template1'])
    await expectNothingLeft(ended, [source.password, target.password])
  })

  it('by a kill is cleared away although files that the inputs name are gone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gone-'))
    const queries = join(folder, 'queries.sql')
    const certificate = join(folder, 'root.crt')
    await writeFile(queries, 'select 1')
    await writeFile(certificate, '-----BEGIN CERTIFICATE-----')
    const action = await startAction({
      ...inputs,
      method: 'stream',
      'freeze-source': 'true',
      'validation-queries': queries,
      sslrootcert: certificate,
    })
    await waitForTool(action, 'pg_restore')
    action.signal('SIGKILL')
    const ended = await action.finished
    await rm(folder, { recursive: true })
    await runPost(ended)
    expect(await databasesOf(target)).toEqual(['postgres', 'template0', 'template1'])
    await expectNothingLeft(ended, [source.password, target.password])
    const frozen = 'select from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase'
    expect(await runSql(source, 'postgres', `${frozen} where d.datname = '${database}'`)).toEqual(
      [],
    )
  })

  it('by a kill leaves no file even where the post step gets no inputs that it can read', async () => {
    const action = await startAction({ ...inputs, method: 'custom' })
    await waitForTool(action, 'pg_dump')
    action.signal('SIGKILL')
    const ended = await action.finished
    const post = await runPost({
      ...ended,
      inputs: { ...inputs, 'source-url': '', 'target-url': '' },
    })
    expect(post.exitCode).toBe(0)
    expect(post.stdout).toMatch(/could not drop its staging database.*target-url/)
    await expectNothingLeft(ended, [source.password, target.password])
    for (const name of await databasesOf(target)) {
      if (name.startsWith('upgrade_postgres_')) {
        await runSql(target, 'postgres', `drop database "${name}" with (force)`)
      }
    }
  })

  it('by the stop of the target fails with a true message', async () => {
    const doomed = await startServer(17)
    const given = { ...serverInputs(source, doomed), databases: database, roles: 'skip' }
    const action = await startAction({ ...given, method: 'stream' })
    await waitForTool(action, 'pg_restore')
    await doomed.stop('SIGQUIT')
    // Where nobody is, a run waits for the server to come back; here somebody turns it away.
    const nobody = createServer((client) => client.destroy()).listen(doomed.port, doomed.host)
    const ended = await action.finished
    nobody.close()
    expect(ended.exitCode).toBe(1)
    expect(ended.stdout).toMatch(/pg_restore.*(connection|terminat)/s)
    expect(ended.outputs['result']).toBe('failed')
    // The run could not drop its staging database, and leaves that to the post step.
    const post = await runPost(ended)
    expect(post.stdout).toMatch(/staging-left: /)
    await expectNothingLeft(ended, [source.password, doomed.password])
  })
})

describe('a source that takes writes', () => {
  it('passes on its snapshot', async () => {
    const source = await sharedServer(11)
    const target = await sharedServer(18)
    const database = await createDatabase(source, 'busy')
    await runSql(
      source,
      database,
      `create table t (id bigserial primary key, at timestamptz default now()); insert into t select from generate_series(1, 20000)`,
    )
    const writer = { stopped: false }
    const writing = (async () => {
      while (!writer.stopped) await runSql(source, database, 'insert into t default values')
    })()
    const action = await runAction({
      ...serverInputs(source, target),
      databases: database,
      roles: 'skip',
    })
    writer.stopped = true
    await writing
    expect(action.commands.filter(({ name }) => name === 'error')).toEqual([])
    expect(action.exitCode).toBe(0)
    const [entry] = action.report?.databases ?? []
    expect(entry?.drift?.tables.map(({ table }) => table)).toEqual(['"public"."t"'])
    await runSql(target, 'postgres', `drop database "${database}"`)
    await runSql(source, 'postgres', `drop database "${database}"`)
  })
})
