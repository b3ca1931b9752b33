/** What only informs may fail: the database has been validated by then, and is published. */
import { expect, test } from '@jest/globals'
import pg from 'pg'
import { tellDrift } from '../../../src/phases/tell-drift.js'
import { driftUnknown, informing, settingsNotCompared } from '../../../src/phases/informing.js'
import { silentLog } from '../../../src/log.js'
import { startReport } from '../../../src/report/report.js'
import { exportSnapshot, type Session } from '../../../src/server/index.js'
import { tellUnfinishedIndexes } from '../../../src/phases/unfinished-indexes.js'
import { compareSettings, countWrites } from '../../../src/validate/index.js'
import { compareQueries } from '../../../src/validate/queries/compare.js'
import { withReader, workOff } from '../../../src/validate/sides.js'
import {
  connectionParameters,
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { holdLock } from '../../support/rehearsal-source.js'
import { settled } from '../../support/settled.js'
import { runUpgrade } from '../../support/upgrade-run.js'

function startRun() {
  const report = startReport('upgrade', new Date())
  return { report, log: silentLog, signal: new AbortController().signal }
}

test('a drift that cannot be counted is a warning, drift-unknown, and costs nothing', async () => {
  const server = await sharedServer(15)
  const source = await openTestServer(server, 'source')
  const database = await createDatabase(server, 'drift')
  await runSql(server, database, 'create table t (a int)')
  const before = await countWrites(source, database)
  const snapshot = await exportSnapshot(source, database)
  await snapshot.release()
  const run = startRun()
  const drift = await informing(run, driftUnknown(database), async () => {
    // One at least, or nothing has to be counted.
    await runSql(server, database, 'insert into t values (1)')
    const counters = new Map([...before.counters, ['"public"."t"', 'unlike any']])
    const options = { jobs: 2, snapshot, before: { ...before, counters }, isFrozen: false }
    return tellDrift({ ...run, source }, options)
  })
  expect(drift).toBeUndefined()
  expect(run.report.findings).toMatchObject([{ check: 'drift-unknown', severity: 'warning' }])
})

/** The checks of what is told of the drift when a session of somebody else has run these statements since the snapshot. */
async function toldOfDrift(server: TestServer, statements: readonly string[], isFrozen = false) {
  const source = await openTestServer(server, 'source')
  const database = await createDatabase(server, 'drift')
  await runSql(server, database, 'create table first (a int); create table late (a int)')
  const before = await countWrites(source, database)
  const snapshot = await exportSnapshot(source, database)
  const application = new pg.Client(server.url(database))
  await application.connect()
  const run = startRun()
  const tell = async () => {
    run.report.findings = []
    await tellDrift({ ...run, source }, { jobs: 2, snapshot, before, isFrozen })
    return run.report.findings.map(({ check }) => check)
  }
  try {
    for (const statement of statements) await application.query(statement)
    const whileThere = await tell()
    await application.end()
    // Whoever ends, reports.
    const open = `select from pg_stat_activity where datname = '${database}' and application_name = ''`
    await settled(
      () => runSql(server, 'postgres', open),
      (rows) => rows.length === 0,
    )
    return { whileThere, afterwards: await tell() }
  } finally {
    await snapshot.release()
  }
}

test('drift-unknown warns of a session whose last writes may not be counted yet, until it has ended', async () => {
  const writing = ['insert into first values (1)', 'insert into late values (1)']
  const server = await sharedServer(13)
  expect(await toldOfDrift(server, writing)).toEqual({
    whileThere: ['drift-unknown'],
    afterwards: [],
  })
  expect(await toldOfDrift(server, writing, true)).toMatchObject({ whileThere: [] })
})

test('drift-unknown is not found for a session that reads, where nobody on the server writes', async () => {
  const server = await startServer(15)
  expect(await toldOfDrift(server, ['select from first'])).toMatchObject({ whileThere: [] })
  await server.stop()
})

test('drift-unknown warns where the server does not count what is written', async () => {
  const uncounted = `do $$ begin
    execute pg_catalog.format('alter database %I set track_counts to off', pg_catalog.current_database());
  end $$`
  const server = await sharedServer(15)
  const told = await toldOfDrift(server, [uncounted, 'insert into first values (1)'])
  expect(told).toEqual({ whileThere: ['drift-unknown'], afterwards: ['drift-unknown'] })
})

test('parameters that cannot be compared are a warning, settings-not-compared', async () => {
  const server = await sharedServer(18)
  const user = uniqueName('doomed')
  await runSql(server, 'postgres', `create role ${user} login password 'x'`)
  const doomed = await openTestServer(server, 'target', { user, password: 'x' })
  await runSql(server, 'postgres', `drop role ${user}`)
  const run = startRun()
  await informing(run, settingsNotCompared, () => compareSettings(doomed, doomed))
  expect(run.report.findings).toMatchObject([
    { check: 'settings-not-compared', severity: 'warning' },
  ])
})

test('invalid-index is told once of what was being built at the snapshot, with the statement that builds it', async () => {
  const server = await sharedServer(18)
  const database = await createDatabase(server)
  const mark = (isValid: boolean) =>
    `update pg_index set indisvalid = ${String(isValid)} where indexrelid = 'ux'::regclass`
  await runSql(
    server,
    database,
    `create table t (e text); create unique index ux on t (e); ${mark(false)}`,
  )
  const snapshot = await exportSnapshot(await openTestServer(server, 'source'), database)
  await runSql(server, database, mark(true))
  const run = startRun()
  for (let time = 0; time < 2; time += 1) await tellUnfinishedIndexes(run, snapshot)
  await snapshot.release()
  expect(run.report.findings).toMatchObject([
    { check: 'invalid-index', database, object: 'public.ux', severity: 'warning' },
  ])
  expect(run.report.findings[0]?.remedy).toMatch(
    /\nCREATE UNIQUE INDEX ux ON public\.t USING btree \(e\);$/,
  )
})

test('nothing is told where nothing fails', async () => {
  const run = startRun()
  expect(await informing(run, settingsNotCompared, () => Promise.resolve(1))).toBe(1)
  expect(run.report.findings).toEqual([])
})

test('a database whose ANALYZE is cut off is published, with what to run by hand', async () => {
  const [source, target] = [await sharedServer(15), await sharedServer(18)]
  const database = await createDatabase(source, 'cut')
  await runSql(
    source,
    database,
    `create function cut(i int) returns int immutable language plpgsql as $$ begin
       if current_query() ilike 'analyze%' then perform pg_terminate_backend(pg_backend_pid()); end if;
       return i; end $$;
     create table t as select g as id from generate_series(1, 100) g; create index on t (cut(id))`,
  )
  const report = await runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target),
    databases: [database],
    roles: 'skip',
  })
  const findings = report.findings.filter((finding) => finding.database === database)
  expect(findings).toMatchObject([
    { check: 'analyze-skipped', message: expect.stringMatching(/could not be finished.*57P01/) },
  ])
  expect(report.result).toBe('passed')
  expect(await runSql(target, database, 'select count(*)::int as n from t')).toEqual([{ n: 100 }])
  await runSql(target, 'postgres', `drop database "${database}"`)
})

test('a database whose functions cannot be read is published, with a word on it', async () => {
  const [source, target] = [await sharedServer(14), await sharedServer(18)]
  const database = await createDatabase(source, 'unread')
  await runSql(
    source,
    database,
    `drop extension plpgsql; create function f() returns bool language sql as 'select pg_is_in_backup()'`,
  )
  const report = await runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target),
    databases: [database],
    roles: 'skip',
  })
  const findings = report.findings.filter((finding) => finding.check === 'function-refused')
  expect(findings).toMatchObject([
    { severity: 'warning', database, message: expect.stringMatching(/not known.*"plpgsql"/) },
  ])
  expect(report.result).toBe('passed')
  await runSql(target, 'postgres', `drop database "${database}"`)
})

test('readers of the validation that are ended read again', async () => {
  const server = await sharedServer(15)
  const side = { server: await openTestServer(server, 'source'), database: 'postgres' }
  const read: string[] = []
  const ended = new Set<string>()
  const endOnce = async (session: Session, task: string) => {
    if (!ended.has(task)) {
      ended.add(task)
      await session.query('select pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())')
    }
    read.push(task)
  }
  await workOff(side, {
    jobs: 2,
    tasks: ['one', 'two', 'three'],
    work: endOnce,
    stop: new AbortController(),
  })
  await withReader(side, (session) => endOnce(session, 'four'))
  expect(read.toSorted()).toEqual(['four', 'one', 'three', 'two'])
})

test('a validation query whose session is ended each time tells of the connection, not of the query', async () => {
  const server = await sharedServer(15)
  const side = { server: await openTestServer(server, 'source'), database: 'postgres' }
  const query = 'select pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())'
  const compared = compareQueries({ source: side, target: side }, [query])
  await expect(compared).rejects.toMatchObject({ code: 'connection-lost' })
})

/** Rehearses what begins with a name, and creates two databases while a lock on a table holds the run. */
async function createdMeanwhile(mode: 'rehearse' | 'validate') {
  const [source, target] = [await sharedServer(15), await sharedServer(18)]
  const database = await createDatabase(source, 'chosen')
  const others = [`${database}_late`, `${database}_left_out`]
  await runSql(source, database, 'create table t (a int)')
  if (mode === 'validate') {
    await runSql(target, 'postgres', `create database ${database} template template0`)
    await runSql(target, database, 'create table t (a int)')
  }
  const release = await holdLock(source, database, 't', 'access exclusive')
  const finished = runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target),
    mode,
    method: 'copy',
    roles: 'skip',
    databases: [`${database}*`],
    excludeDatabases: { items: ['*_left_out'], areNames: false },
  })
  // All that waits there is this run, and its choice has been made.
  const waiting = `select from pg_stat_activity where datname = '${database}' and wait_event_type = 'Lock'`
  await settled(
    () => runSql(source, 'postgres', waiting),
    (rows) => rows.length > 0,
  )
  for (const name of others) await runSql(source, 'postgres', `create database ${name}`)
  await release()
  const { result, findings } = await finished
  const created = findings.filter(({ check }) => check === 'database-created')
  return { result, told: created.map((finding) => finding.database?.replace(database, '')) }
}

test.each(['rehearse', 'validate'] as const)(
  'database-created names a database that came after the choice, in mode %s',
  async (mode) => {
    expect(await createdMeanwhile(mode)).toEqual({ result: 'passed', told: ['_late'] })
  },
)
