/** The snapshot of a source that is being changed while it is taken, and while it is held. */
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { exportSnapshot, type Server, type Snapshot } from '../../../src/server/index.js'
import { standstillWatch } from '../../../src/server/session/standstill.js'
import { settled } from '../../support/settled.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'

let testServer: TestServer
let source: Server
const open: { end?: () => Promise<void>; release?: () => Promise<void> }[] = []

beforeAll(async () => {
  testServer = await sharedServer(15)
  source = await openTestServer(testServer, 'source')
})

afterEach(async () => {
  for (const each of open.splice(0)) await (each.end?.() ?? each.release?.())
})

const tables = `create table prices (id int); insert into prices select generate_series(1, 5);
  create table other as select 1 as a`

async function application(database: string): Promise<pg.Client> {
  const client = new pg.Client(testServer.url(database))
  await client.connect()
  open.push(client)
  return client
}

/** Waits until a session that is not an application's waits for a lock in the database. */
async function someoneWaits(database: string, query: string): Promise<void> {
  const waiting = await settled(
    () =>
      runSql(
        testServer,
        'postgres',
        `select from pg_stat_activity
          where datname = '${database}' and wait_event_type = 'Lock' and query ilike '${query}%'`,
      ),
    (rows) => rows.length > 0,
  )
  expect(waiting).toHaveLength(1)
}

it('says for whom it waits, as long as it does', async () => {
  const database = await createDatabase(testServer, 'locked')
  await runSql(testServer, database, 'create schema shop; create table shop."Orders" ()')
  const client = await application(database)
  await client.query(`set application_name = 'nightly "job"'; begin; lock table shop."Orders"`)
  const said: string[] = []
  const exported = exportSnapshot(source, database, {
    onWait: (who) => said.push(who),
    everyMs: 50,
  })
  await settled(
    () => Promise.resolve(said),
    ({ length }) => length > 1,
  )
  expect(said[0]).toMatch(
    /^process \d+ has shop\."Orders" locked \(role "\w+", application "nightly \\"job\\"", idle in transaction, its transaction is \d+ s old\); pg_terminate_backend\(\d+\) would end it$/,
  )
  await client.query('commit')
  open.push(await exported)
})

/** The snapshot of a database in which somebody runs the statements, and commits them once the export waits. */
async function exportDuring(database: string, sql: string): Promise<Snapshot> {
  const client = await application(database)
  await client.query(`begin; ${sql}`)
  const exported = exportSnapshot(source, database)
  await someoneWaits(database, 'lock table')
  await client.query('commit')
  const snapshot = await exported
  open.push(snapshot)
  return snapshot
}

async function rowsSeen(snapshot: Snapshot, table: string): Promise<number | undefined> {
  const session = await snapshot.connect()
  try {
    const [row] = await session.query<{ n: number }>(
      `select pg_catalog.count(*)::pg_catalog.int4 as n from ${table}`,
    )
    return row?.n
  } finally {
    await session.close()
  }
}

describe('exportSnapshot', () => {
  it.each([
    [
      'truncated and filled again',
      'truncate prices; insert into prices select generate_series(1, 7)',
      7,
    ],
    ['rewritten', 'alter table prices alter id type bigint', 5],
  ])('sees the rows of a table that is %s meanwhile', async (_title, sql, rows) => {
    const database = await createDatabase(testServer)
    await runSql(testServer, database, tables)
    expect(await rowsSeen(await exportDuring(database, sql), 'public.prices')).toBe(rows)
  })

  it('locks what was created meanwhile, and does without what was dropped', async () => {
    const database = await createDatabase(testServer)
    await runSql(testServer, database, tables)
    await exportDuring(database, 'drop table prices; create table young as select 1 as a')
    const locked = await runSql(
      testServer,
      database,
      `select relation::regclass::text as table from pg_locks
        where database = (select oid from pg_database where datname = current_database())
          and mode = 'AccessShareLock' and relation in ('young'::regclass, 'other'::regclass) order by 1`,
    )
    expect(locked).toEqual([{ table: 'other' }, { table: 'young' }])
  })
})

it('begins again when a migration waits for it, and it for the migration', async () => {
  const database = await createDatabase(testServer)
  await runSql(
    testServer,
    database,
    `create table a (); create table b (); create table c (); alter database ${database} set deadlock_timeout = '10ms'`,
  )
  const other = await application(database)
  await other.query('begin; lock table b')
  const migration = await application(database)
  // So that the session that takes the snapshot is the one that the server fails.
  await migration.query(`set deadlock_timeout = '1h'; begin; alter table c add more int`)
  const exported = exportSnapshot(source, database)
  await someoneWaits(database, 'lock table')
  const altering = migration.query('alter table a add more int')
  await someoneWaits(database, 'alter table')
  await other.query('commit')
  await altering
  await migration.query('commit')
  const snapshot = await exported
  open.push(snapshot)
  expect(await rowsSeen(snapshot, 'public.a where more is null')).toBe(0)
})

describe('standstillWatch', () => {
  it('fails when a session of the run has waited for some time behind one that waits for the holder', async () => {
    const database = await createDatabase(testServer)
    await runSql(testServer, database, tables)
    const holder = await source.connect(database)
    open.push({ end: () => holder.close() })
    await holder.query('begin')
    await holder.query('lock table public.prices in access share mode')
    const look = standstillWatch(holder)
    const altering = (await application(database)).query('alter table prices add more int')
    await someoneWaits(database, 'alter table')
    for (let each = 0; each < 5; each += 1) await look()
    const reader = await source.connect(database)
    const reading = reader.query('select from public.prices')
    await someoneWaits(database, 'select from')
    await look()
    await look()
    await expect(look()).rejects.toMatchObject({
      code: 'source-blocked',
      message: expect.stringContaining('prices'),
    })
    await holder.query('rollback')
    await Promise.all([altering, reading])
    await reader.close()
  })

  it('fails when a session of the run waits behind the replay of a standby, which waits for the holder', async () => {
    const primary = await startServer(13)
    open.push({ end: () => primary.stop() })
    const database = await createDatabase(primary)
    await runSql(primary, database, tables)
    // Copies of one data folder are of one system, so that the one can follow the other.
    const { host, port, user, password } = primary
    const standby = await startServer(13, {
      standby: true,
      settings: {
        max_connections: '100',
        max_standby_streaming_delay: '-1',
        primary_conninfo: `host=${host} port=${port} user=${user} password=${password}`,
      },
    })
    open.push({ end: () => standby.stop('SIGQUIT') })
    const arrived = () => runSql(standby, database, 'select from prices').catch((): object[] => [])
    expect(await settled(arrived, ({ length }) => length === 5)).toHaveLength(5)
    const replaying = await openTestServer(standby, 'source')
    const holder = await replaying.connect(database)
    await holder.query('begin isolation level repeatable read read only')
    await holder.query('lock table public.prices in access share mode')
    const look = standstillWatch(holder)
    await runSql(primary, database, 'alter table prices add more int')
    const waiting = () => runSql(standby, 'postgres', `select pid from pg_locks where not granted`)
    await settled(waiting, ({ length }) => length === 1)
    const reader = await replaying.connect(database)
    const reading = reader.query('select from public.prices')
    await settled(waiting, ({ length }) => length === 2)
    await look()
    await look()
    await expect(look()).rejects.toMatchObject({
      code: 'source-blocked',
      message: expect.stringMatching(/the standby's replay.*prices/),
    })
    await holder.close()
    await reading
    await reader.close()
  })

  it('leaves the transaction of the holder alone where it may not look', async () => {
    const database = await createDatabase(testServer)
    const user = uniqueName('reader')
    await runSql(
      testServer,
      database,
      `${tables}; create role ${user} login password 'secret'; grant select on prices to ${user};
       revoke execute on function pg_catalog.pg_stat_clear_snapshot() from public`,
    )
    const server = await openTestServer(testServer, 'source', { user, password: 'secret' })
    const holder = await server.connect(database)
    open.push({ end: () => holder.close() })
    await holder.query('begin isolation level repeatable read read only')
    const look = standstillWatch(holder)
    await look()
    await look()
    expect(await holder.query('select from public.prices')).toHaveLength(5)
  })
})
