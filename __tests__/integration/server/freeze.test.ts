import { beforeAll, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { silentLog } from '../../../src/log.js'
import {
  freezeSource,
  quoteIdentifier,
  releaseSource,
  type Freeze,
  type Server,
} from '../../../src/server/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'

let server: TestServer
let source: Server

beforeAll(async () => {
  server = await sharedServer(13)
  source = await openTestServer(server, 'source')
})

async function freeze(database: string, graceSeconds = 0): Promise<Freeze> {
  return freezeSource(source, {
    databases: [database],
    graceSeconds,
    log: silentLog,
    signal: new AbortController().signal,
    onFreeze: () => undefined,
  })
}

async function openClient(database: string, user = server.user): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.url(database), user })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

describe('freezeSource', () => {
  it('lets nobody write until it is released, and leaves every setting as it was', async () => {
    const database = await createDatabase(server)
    const role = uniqueName('writer')
    const name = quoteIdentifier(database)
    await runSql(
      server,
      database,
      `create table t (id int); create role ${role}; alter role ${role} set default_transaction_read_only = off;
       alter database ${name} set work_mem = '5MB'; alter role ${role} in database ${name} set work_mem = '6MB'`,
    )
    const settings = () =>
      runSql(
        server,
        database,
        `select setrole::regrole, setconfig from pg_db_role_setting
          where setdatabase = (select oid from pg_database where datname = current_database())
          order by setrole`,
      )
    const before = await settings()
    const frozen = await freeze(database)
    await expect(runSql(server, database, 'insert into t values (1)')).rejects.toMatchObject({
      code: '25006',
    })
    expect(await settings()).toEqual([
      { setrole: '-', setconfig: ['work_mem=5MB', 'default_transaction_read_only=on'] },
      { setrole: role, setconfig: ['work_mem=6MB', 'default_transaction_read_only=on'] },
    ])
    await releaseSource(source, JSON.parse(JSON.stringify(frozen)) as Freeze)
    expect(await settings()).toEqual(before)
    await runSql(server, database, 'insert into t values (1)')
  })

  it('waits for a writing transaction, whose rows then are there', async () => {
    const database = await createDatabase(server)
    await runSql(server, database, 'create table t (id int)')
    const writer = await openClient(database)
    await writer.query('begin; insert into t values (1)')
    const freezing = freeze(database, 30)
    await new Promise((resolve) => setTimeout(resolve, 500))
    await writer.query('commit')
    const frozen = await freezing
    expect(await runSql(server, database, 'select id from t')).toEqual([{ id: 1 }])
    await expect(writer.query('select 1')).rejects.toThrow()
    await releaseSource(source, frozen)
  })

  it('ends a writing transaction that does not end by itself', async () => {
    const database = await createDatabase(server)
    await runSql(server, database, 'create table t (id int)')
    const writer = await openClient(database)
    await writer.query('begin; insert into t values (1)')
    const frozen = await freeze(database)
    await expect(writer.query('commit')).rejects.toThrow()
    expect(await runSql(server, database, 'select id from t')).toEqual([])
    await releaseSource(source, frozen)
  })

  it('keeps a database read-only that was so before', async () => {
    const database = await createDatabase(server)
    await runSql(
      server,
      'postgres',
      `alter database ${quoteIdentifier(database)} set default_transaction_read_only = on`,
    )
    const frozen = await freeze(database)
    expect(frozen.databases).toMatchObject([{ name: database, before: 'on' }])
    await releaseSource(source, frozen)
    await expect(runSql(server, database, 'create table t ()')).rejects.toMatchObject({
      code: '25006',
    })
  })
})
