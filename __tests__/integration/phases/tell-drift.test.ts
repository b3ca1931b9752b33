/** What is written to databases that have been published while others are still being moved. */
import { beforeAll, expect, test } from '@jest/globals'
import { tellDrift, tellDriftSince, type DriftLook } from '../../../src/phases/tell-drift.js'
import { silentLog } from '../../../src/log.js'
import { systemClock } from '../../../src/report/progress.js'
import { startDatabaseReport, startReport } from '../../../src/report/report.js'
import { exportSnapshot, type Server } from '../../../src/server/index.js'
import { countWrites } from '../../../src/validate/index.js'
import {
  connectionParameters,
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  type TestServer,
} from '../../support/servers.js'
import { settled } from '../../support/settled.js'
import { runUpgrade } from '../../support/upgrade-run.js'

let server: TestServer
let source: Server

beforeAll(async () => {
  server = await sharedServer(15)
  source = await openTestServer(server, 'source')
})

/** Runs SQL in a session of its own, and waits until it is over: from 15 on, whoever ends has reported what it wrote. */
async function write(database: string, sql: string): Promise<void> {
  await runSql(server, database, sql)
  const open = `select from pg_stat_activity where datname = '${database}' and application_name = ''`
  await settled(
    () => runSql(server, 'postgres', open),
    (rows) => rows.length === 0,
  )
}

/** The drift that the report tells when `sql` has run after the snapshot, and `later` after the publication. */
async function driftOf(sql: string, later: string, compared: Readonly<Record<string, number>>) {
  const database = await createDatabase(server, 'drift')
  await runSql(
    server,
    database,
    'create table t as select g as id from generate_series(1, 100) g; create table u (id int); create table quiet (id int)',
  )
  const run = {
    source,
    report: startReport('upgrade', new Date()),
    log: silentLog,
    clock: systemClock,
    signal: new AbortController().signal,
  }
  const before = await countWrites(source, database)
  const snapshot = await exportSnapshot(source, database)
  let look: DriftLook
  try {
    await write(database, sql)
    look = await tellDrift(run, { jobs: 2, snapshot, before, isFrozen: false })
  } finally {
    await snapshot.release()
  }
  await write(database, later)
  const entry = startDatabaseReport(database, 0)
  entry.drift = look.drift
  for (const [name, rows] of Object.entries(compared)) {
    const sides = { sourceRows: rows, targetRows: rows, equal: true, checksum: null }
    entry.tables.push({ schema: 'public', name, ...sides })
  }
  await tellDriftSince(run, [{ entry, look }], 2)
  return entry.drift.tables.map(({ table, rows }) => [table, rows])
}

test('a second look counts from the snapshot on, though that is gone', async () => {
  const compared = { t: 100, u: 0, quiet: 0 }
  const insert = 'insert into u values (1), (2)'
  const change = 'delete from t where id <= 30; update t set id = -id where id > 90'
  expect(await driftOf('select', 'select', compared)).toEqual([])
  expect(await driftOf(insert, 'select', compared)).toEqual([['"public"."u"', 2]])
  expect(await driftOf('select', change, compared)).toEqual([['"public"."t"', 40]])
  expect(await driftOf(insert, `${insert}; ${change}`, compared)).toEqual([
    ['"public"."t"', 40],
    ['"public"."u"', 4],
  ])
  // What moves no counter: TRUNCATE, and another table of that name. VACUUM FULL changes no row.
  const swap = 'create table new as select -g as id from generate_series(1, 100) g; drop table t'
  expect(await driftOf('select', 'truncate t', compared)).toEqual([['"public"."t"', 100]])
  expect(await driftOf('select', `${swap}; alter table new rename to t`, compared)).toEqual([
    ['"public"."t"', 100],
  ])
  expect(await driftOf('select', 'vacuum full t', compared)).toEqual([])
  expect(await driftOf(insert, change, {})).toEqual([
    ['"public"."t"', 10],
    ['"public"."u"', 2],
  ])
})

test.each([false, true])(
  'writes to a database that has its name already are told at the end of the run, frozen: %j',
  async (freezeSource) => {
    const target = await sharedServer(18)
    const first = await createDatabase(server, 'first')
    const last = await createDatabase(server, 'last')
    await runSql(
      server,
      first,
      'create table t as select g as id from generate_series(1, 20000) g; create table quiet (id int)',
    )
    await runSql(
      server,
      last,
      `create sequence gate; create function held() returns int language plpgsql as $$ begin
         while current_database() = '${last}' and (select last_value from gate) < 2 loop
           perform pg_sleep(0.05);
         end loop;
         return 1;
       end $$`,
    )
    const finished = runUpgrade({
      source: connectionParameters(server),
      target: connectionParameters(target),
      databases: [first, last],
      method: 'plain',
      jobs: { value: 1, from: 'input' },
      roles: 'skip',
      freezeSource,
      validationQueries: [{ sql: 'select public.held()', database: last }],
    })
    await settled(
      () => runSql(target, 'postgres', `select from pg_database where datname = '${first}'`),
      (rows) => rows.length > 0,
    )
    // So can anybody in a frozen database.
    await write(first, 'begin read write; insert into t values (0), (-1); commit')
    await write(last, `begin read write; select setval('gate', 2); commit`)
    const { result, databases, findings } = await finished
    expect(result).toBe('passed')
    expect(Object.fromEntries(databases.map(({ name, drift }) => [name, drift?.tables]))).toEqual({
      [first]: [{ table: '"public"."t"', rows: 2 }],
      [last]: [],
    })
    const frozen = findings.filter(({ check }) => check === 'source-frozen')
    expect(frozen.map(({ severity, database }) => [severity, database])).toEqual(
      freezeSource
        ? [
            ['warning', first],
            ['note', last],
          ]
        : [],
    )
    for (const name of [first, last]) await runSql(target, 'postgres', `drop database "${name}"`)
  },
)
