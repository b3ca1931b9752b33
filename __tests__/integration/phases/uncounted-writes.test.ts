/** What no counter of the source has when the drift is looked at: transactions that are still open, and what a standby replays. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { tellDrift } from '../../../src/phases/tell-drift.js'
import { silentLog } from '../../../src/log.js'
import { startReport } from '../../../src/report/report.js'
import { exportSnapshot, type Server } from '../../../src/server/index.js'
import { countWrites } from '../../../src/validate/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { settled } from '../../support/settled.js'

let server: TestServer
let source: Server
beforeAll(async () => {
  server = await startServer(15, {
    settings: { max_prepared_transactions: '2', autovacuum: 'off' },
  })
  source = await openTestServer(server, 'source')
})
afterAll(() => server.stop())

interface Application {
  /** Run before the snapshot. */
  readonly done: readonly string[]
  /** Still running at the looks; it begins by locking the table. */
  readonly running?: string
}

/** What two looks after the snapshot tell of a session. */
async function toldOf(
  { done, running }: Application,
  sinceThen: (database: string) => unknown = () => undefined,
) {
  const database = await createDatabase(server, 'drift')
  await runSql(server, database, 'create table t (a int); create sequence gate')
  const application = new pg.Client(server.url(database))
  await application.connect()
  for (const statement of done) await application.query(statement)
  const last = running === undefined ? undefined : application.query(running).catch(() => undefined)
  await settled(
    () => runSql(server, database, `select from pg_locks where relation = 't'::regclass`),
    (rows) => rows.length > 0,
  )
  const before = await countWrites(source, database)
  const snapshot = await exportSnapshot(source, database)
  const report = startReport('upgrade', new Date())
  try {
    await sinceThen(database)
    for (const isFrozen of [false, false]) {
      await tellDrift({ report, log: silentLog, source }, { jobs: 2, snapshot, before, isFrozen })
    }
    return report.findings
  } finally {
    await snapshot.release()
    await application.end()
    await last
  }
}

test('drift-unknown names a session that has written before the snapshot and not ended', async () => {
  const done = ['begin', `set application_name to 'till'`, 'insert into t values (1)']
  expect(await toldOf({ done })).toMatchObject([
    {
      check: 'drift-unknown',
      severity: 'warning',
      message: expect.stringMatching(/process \d+ \(role "postgres", application "till"\)/),
    },
  ])
})

test('a session that reads all the while is no writer', async () => {
  const reading = ['begin isolation level repeatable read', 'select from t']
  expect(await toldOf({ done: reading })).toEqual([])
  // As pg_dump has its tables locked.
  const locking = ['begin', 'lock table t in access share mode']
  const elsewhere = await createDatabase(server)
  const written = () => runSql(server, elsewhere, 'create table u ()')
  expect(await toldOf({ done: locking }, written)).toEqual([])
})

test('drift-unknown names a prepared transaction', async () => {
  const done = ['begin', 'insert into t values (1)', `prepare transaction 'it''s'`]
  const findings = await toldOf({ done })
  expect(findings).toMatchObject([{ check: 'drift-unknown', object: `it's` }])
  const { database = '' } = findings[0] ?? {}
  await runSql(server, database, `rollback prepared 'it''s'`)
})

test('drift-unknown warns of a procedure that has committed since and is still running', async () => {
  const running = `do $$ begin
    lock table t in access share mode;
    while (select last_value from gate) < 2 loop perform pg_sleep(0.01); end loop;
    insert into t values (1); commit;
    perform pg_sleep(600);
  end $$`
  const findings = await toldOf({ done: [], running }, async (database) => {
    await runSql(server, database, `select setval('gate', 2)`)
    await settled(
      () => runSql(server, database, 'select from t'),
      (rows) => rows.length > 0,
    )
  })
  expect(findings).toMatchObject([{ check: 'drift-unknown', severity: 'warning' }])
})

test('drift-unknown is found on a standby that has replayed something, and on no other', async () => {
  const standby = await startServer(13, { standby: true, settings: { max_connections: '100' } })
  try {
    const replaying = await openTestServer(standby, 'source')
    const report = startReport('upgrade', new Date())
    const before = await countWrites(replaying, 'postgres')
    const snapshot = await exportSnapshot(replaying, 'postgres')
    // Without a primary it stays where it is.
    for (const seen of [before.seen, '0/0']) {
      expect(report.findings).toEqual([])
      const options = { jobs: 1, snapshot, before: { ...before, seen }, isFrozen: false }
      await tellDrift({ report, log: silentLog, source: replaying }, options)
    }
    await snapshot.release()
    expect(report.findings).toMatchObject([
      { check: 'drift-unknown', message: expect.stringContaining('is a standby') as unknown },
    ])
  } finally {
    await standby.stop()
  }
})
