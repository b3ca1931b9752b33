/** Databases that are compared at the same time share the jobs; each is told in its turn. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { CancelledError, throwIfCancelled } from '../../../src/errors.js'
import { silentLog, type Log } from '../../../src/log.js'
import { compareSideBySide } from '../../../src/phases/compare-side-by-side.js'
import { startReport } from '../../../src/report/report.js'
import { systemClock } from '../../../src/report/progress.js'
import type { Run } from '../../../src/run.js'
import type { DatabaseFacts, Server } from '../../../src/server/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  type TestServer,
} from '../../support/servers.js'
import { settled } from '../../support/settled.js'

let source: TestServer
let target: TestServer
let names: string[]

/** The function is refused by the target alone: each database has a finding. */
const content = `grant create on schema public to public; set check_function_bodies = off; create table t as select 1 as i;
  create function refused() returns bool language sql as 'select pg_is_in_backup()'`

beforeAll(async () => {
  ;[source, target] = [await sharedServer(11), await sharedServer(18)]
  names = []
  for (let database = 0; database < 3; database += 1) {
    const name = await createDatabase(source, 'compared')
    await runSql(source, name, content)
    await runSql(target, 'postgres', `create database "${name}"`)
    await runSql(target, name, content)
    names.push(name)
  }
})

afterAll(async () => {
  for (const name of names) await runSql(target, 'postgres', `drop database "${name}"`)
})

/** The server, with the number of sessions that it has at most at once. */
function counted(server: Server): { readonly server: Server; readonly most: () => number } {
  let open = 0
  let most = 0
  const connect: Server['connect'] = async (...options) => {
    open += 1
    most = Math.max(most, open)
    const session = await server.connect(...options)
    return {
      ...session,
      close: async () => {
        await session.close()
        open -= 1
      },
    }
  }
  return {
    server: {
      ...server,
      connect,
      async withSession(database, work, options) {
        const session = await connect(database, options)
        try {
          return await work(session)
        } finally {
          await session.close()
        }
      },
    },
    most: () => most,
  }
}

/** Compares the databases while somebody has the table of some of them locked on the source. */
async function comparing(jobs: number, locked: readonly string[]) {
  const holders = new Map<string, pg.Client>()
  for (const name of locked) {
    const holder = new pg.Client(source.url(name))
    await holder.connect()
    await holder.query('begin; lock table t in access exclusive mode')
    holders.set(name, holder)
  }
  const sides = {
    source: counted(await openTestServer(source, 'source')),
    target: counted(await openTestServer(target, 'target')),
  }
  const said: string[] = []
  const say = (line: string) => {
    said.push(line)
  }
  const log: Log = {
    ...silentLog,
    info: say,
    warning: say,
    error: say,
    group: (title, work) => {
      say(title)
      return work()
    },
  }
  const report = startReport('validate', new Date())
  const inputs = {
    jobs: { value: jobs, from: 'input' },
    validate: 'counts',
    validationQueries: [{ database: undefined, sql: 'select i from t' }],
  }
  const cancelling = new AbortController()
  const { signal } = cancelling
  const clock = systemClock
  const run = { inputs, report, log, signal, clock, now: () => new Date() } as unknown as Run
  const servers = { source: sides.source.server, target: sides.target.server }
  const databases = names.map((name) => ({ name, bytes: 8e6 }) as DatabaseFacts)
  const compared = compareSideBySide(run, servers, databases, ({ name }, _title, work) => {
    throwIfCancelled(signal)
    say(`turn of ${name}`)
    return work()
  })
  const waiting = `select distinct datname as name from pg_stat_activity
    where wait_event_type = 'Lock' and application_name = '${servers.source.applicationName}' order by 1`
  return {
    report,
    said,
    compared,
    cancel: () => {
      cancelling.abort()
    },
    sessions: () => [sides.source.most(), sides.target.most()],
    /** The databases whose comparison waits for a lock, once there are so many. */
    waiting: async (count: number) => {
      const rows = await settled(
        () => runSql<{ name: string }>(source, 'postgres', waiting),
        ({ length }) => length === count,
      )
      return rows.map(({ name }) => name)
    },
    release: async (name: string) => {
      await holders.get(name)?.query('commit')
      await holders.get(name)?.end()
    },
  }
}

const resultsOf = ({ report }: Awaited<ReturnType<typeof comparing>>) =>
  report.databases.map(({ name, error, differences }) => ({ name, error, differences }))

test('with two jobs two databases are compared at once, and told one after the other', async () => {
  const [first = '', second = '', third = ''] = names
  const run = await comparing(2, [first, second])
  try {
    expect(await run.waiting(2)).toEqual([first, second].toSorted())
    await run.release(second)
    // Those that end before the first are not told before it.
    await settled(
      () => Promise.resolve(run.report.databases.at(2)?.durationSeconds ?? null),
      (ended) => ended !== null,
    )
    expect(run.said).toEqual([`turn of ${first}`])
  } finally {
    await run.release(first)
    await run.release(second).catch(() => undefined)
    await run.compared
  }
  expect(resultsOf(run)).toEqual(names.map((name) => ({ name, error: null, differences: [] })))
  expect(run.report.findings.map(({ check, database }) => [check, database])).toEqual(
    names.map((name) => ['function-refused', name]),
  )
  const told = [first, second, third].flatMap((name) => [
    `turn of ${name}`,
    `${name}: no differences.`,
  ])
  expect(run.said.filter((line) => told.includes(line))).toEqual(told)
  expect(run.sessions()).toEqual([2, 2])
})

test('with one job one database follows the other', async () => {
  const [first = ''] = names
  const run = await comparing(1, [first])
  try {
    expect(await run.waiting(1)).toEqual([first])
    expect(run.report.databases).toHaveLength(1)
  } finally {
    await run.release(first)
    await run.compared
  }
  expect(resultsOf(run)).toEqual(names.map((name) => ({ name, error: null, differences: [] })))
  expect(run.sessions()).toEqual([1, 1])
})

test('what was compared before its turn is told as well when the run is cancelled', async () => {
  const [first = '', second = '', third = ''] = names
  const run = await comparing(2, [first, third])
  try {
    expect(await run.waiting(2)).toEqual([first, third].toSorted())
    expect(run.report.databases.map(({ result }) => result)).toEqual([
      'skipped',
      'passed',
      'skipped',
    ])
    run.cancel()
  } finally {
    await run.release(first)
    await run.release(third)
    await expect(run.compared).rejects.toThrow(CancelledError)
  }
  const told = ({ error }: { readonly error: { readonly code: string } | null }) => error?.code
  expect(run.report.databases.map(told)).toEqual(['cancelled', undefined, 'cancelled'])
  expect(run.report.findings.map(({ check, database }) => [check, database])).toEqual([
    ['function-refused', second],
  ])
  expect(run.said.filter((line) => names.some((name) => line.includes(name)))).toEqual([
    `turn of ${first}`,
    `${first}: The run was cancelled.`,
    `Compare database ${second}`,
    expect.stringMatching(`^${second}: function-refused: `),
    expect.stringMatching(`^${second}: Write the function`),
    expect.stringMatching(`^${second}: See .*#function-refused$`),
    `${second}: no differences.`,
    `Compare database ${third}`,
    `${third}: The run was cancelled.`,
  ])
})
