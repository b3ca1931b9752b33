import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverInputs } from '../support/action-inputs.js'
import { filesLeft } from '../support/leftovers.js'
import type { Report } from '../../src/report/report.js'
import { runAction, runPost, startAction } from '../support/runner.js'
import { settled } from '../support/settled.js'
import { createDatabase, runSql, startServer, type TestServer } from '../support/servers.js'

describe('a server that falls silent', () => {
  let source: TestServer
  let target: TestServer
  let database: string

  beforeAll(async () => {
    // Servers of its own, since they stand still.
    source = await startServer(13)
    target = await startServer(17)
    database = await createDatabase(source, 'silent')
    await runSql(
      source,
      database,
      'create table t as select i, md5(i::text) as t from generate_series(1, 150000) i; create index on t (t)',
    )
  })

  afterAll(async () => {
    await source.stop()
    await target.stop()
  })

  /** The server with all of its sessions, one of which may have ended by then. */
  function signalAll(server: TestServer, signal: NodeJS.Signals): void {
    const [first] = readFileSync(join(server.dataDirectory, 'postmaster.pid'), 'utf8').split('\n')
    const parent = Number(first)
    const lines = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).split('\n')
    for (const line of lines) {
      const [pid, of] = line.trim().split(/\s+/).map(Number)
      if (pid === undefined || (of !== parent && pid !== parent)) continue
      try {
        process.kill(pid, signal)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
  }

  it.each([
    ['source', 'copy'],
    ['target', 'copy'],
    ['source', 'stream'],
    ['target', 'stream'],
  ])('as the %s keeps no report back after a cancel with method %s', async (side, method) => {
    const server = side === 'source' ? source : target
    const action = await startAction({
      ...serverInputs(source, target),
      databases: database,
      roles: 'skip',
      method,
    })
    await action.prints(/^Method /m)
    signalAll(server, 'SIGSTOP')
    const file = join(action.folder, 'temp', 'upgrade-postgres-report', 'report.json')
    try {
      action.signal('SIGINT')
      await settled(() => Promise.resolve(existsSync(file)), Boolean)
      action.signal('SIGKILL')
    } finally {
      signalAll(server, 'SIGCONT')
    }
    const ended = await action.finished
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report
    expect(report).toMatchObject({ result: 'failed', error: { code: 'cancelled' } })
    const post = await runPost(ended)
    expect(post.exitCode).toBe(0)
    const files = await filesLeft(post)
    expect(files.filter((name) => !name.startsWith('upgrade-postgres-report/'))).toEqual([])
    const databases = await runSql(target, 'postgres', 'select datname::text from pg_database')
    expect(databases).toHaveLength(3)
  })
})

it('ends and clears up when something breaks in the midst of it that nobody has foreseen', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-broken-'))
  const script = join(folder, 'break.cjs')
  const listener = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      writeFileSync(join(folder, 'asked'), '')
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  const { port } = listener.address() as AddressInfo
  await writeFile(
    script,
    `const timer = setInterval(() => {
       if (!require('node:fs').existsSync(${JSON.stringify(join(folder, 'asked'))})) return
       clearInterval(timer)
       throw new Error('broken')
     }, 100)`,
  )
  const url = `postgresql://u:p@127.0.0.1:${port}/postgres`
  const run = await runAction(
    { 'source-url': url, 'target-url': url, sslmode: 'disable' },
    { environment: { NODE_OPTIONS: `--require ${script}` } },
  )
  listener.close()
  await rm(folder, { recursive: true })
  expect(run.stdout).toContain('::error::Something unexpected happened: broken')
  expect(run.report?.error).toMatchObject({
    code: 'unexpected',
    message: expect.stringContaining('the run was cancelled: broken'),
  })
  expect(run.exitCode).toBe(1)
  expect(
    (await filesLeft(run)).filter((name) => !name.startsWith('upgrade-postgres-report/')),
  ).toEqual([])
})
