/** What only informs may fail: the database has been validated by then, and is published. */
import { expect, test } from '@jest/globals'
import { tellDrift } from '../../src/drift.js'
import { driftUnknown, informing, settingsNotCompared } from '../../src/informing.js'
import { silentLog } from '../../src/log.js'
import { startReport } from '../../src/report/report.js'
import { exportSnapshot, type Session } from '../../src/server/index.js'
import { compareSettings, countWrites } from '../../src/validate/index.js'
import { compareQueries } from '../../src/validate/queries/compare.js'
import { withReader, workOff } from '../../src/validate/sides.js'
import {
  connectionParameters,
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
} from '../support/servers.js'
import { runUpgrade } from '../support/upgrade-run.js'

function startRun() {
  const report = startReport('upgrade', new Date())
  return { report, log: silentLog, signal: new AbortController().signal }
}

test('a drift that cannot be counted is a warning, drift-unknown, and costs nothing', async () => {
  const server = await sharedServer(15)
  const source = await openTestServer(server, 'source')
  const database = await createDatabase(server, 'drift')
  await runSql(server, database, 'create table t (a int)')
  const written = await countWrites(source, database)
  const snapshot = await exportSnapshot(source, database)
  await snapshot.release()
  const run = startRun()
  const drift = await informing(run, driftUnknown(database), async () => {
    // One at least, or nothing has to be counted.
    await runSql(server, database, 'insert into t values (1)')
    return tellDrift({ ...run, source }, 2, snapshot, new Map([...written, ['"public"."t"', -1]]))
  })
  expect(drift).toBeUndefined()
  expect(run.report.findings).toMatchObject([{ check: 'drift-unknown', severity: 'warning' }])
})

test('parameters that cannot be compared are a warning, settings-not-compared', async () => {
  const server = await startServer(18)
  const doomed = await openTestServer(server, 'target')
  await server.stop()
  const run = startRun()
  await informing(run, settingsNotCompared, () => compareSettings(doomed, doomed))
  expect(run.report.findings).toMatchObject([
    { check: 'settings-not-compared', severity: 'warning' },
  ])
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
