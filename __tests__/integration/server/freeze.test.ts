import { beforeAll, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { silentLog, type Log } from '../../../src/log.js'
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

async function freeze(
  database: string,
  graceSeconds = 0,
  log: Log = silentLog,
  as: Server = source,
): Promise<Freeze> {
  return freezeSource(as, {
    databases: [database],
    graceSeconds,
    log,
    signal: new AbortController().signal,
    onFreeze: () => undefined,
  })
}

function recordingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = []
  const record = (line: string) => void lines.push(line)
  return { ...silentLog, lines, info: record, warning: record }
}

async function openClient(
  database: string,
  { user, password }: { user: string; password: string } = server,
): Promise<pg.Client> {
  const client = new pg.Client({ host: server.host, port: server.port, database, user, password })
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
      { setrole: '-', setconfig: ['work_mem=5MB', 'default_transaction_read_only=tru'] },
      { setrole: role, setconfig: ['work_mem=6MB', 'default_transaction_read_only=tru'] },
    ])
    await releaseSource(source, JSON.parse(JSON.stringify(frozen)) as Freeze, silentLog)
    expect(await settings()).toEqual(before)
    await runSql(server, database, 'insert into t values (1)')
    // It holds in the databases of all other tests as well.
    await runSql(server, database, `alter role ${role} reset default_transaction_read_only`)
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
    await releaseSource(source, frozen, silentLog)
  })

  it('ends a writing transaction that does not end by itself', async () => {
    const database = await createDatabase(server)
    await runSql(server, database, 'create table t (id int)')
    const writer = await openClient(database)
    await writer.query('begin; insert into t values (1)')
    const frozen = await freeze(database)
    await expect(writer.query('commit')).rejects.toThrow()
    expect(await runSql(server, database, 'select id from t')).toEqual([])
    await releaseSource(source, frozen, silentLog)
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
    await releaseSource(source, frozen, silentLog)
    await expect(runSql(server, database, 'create table t ()')).rejects.toMatchObject({
      code: '25006',
    })
  })

  it('knows what was set before a freeze that an earlier run has left, and gives that back', async () => {
    const database = await createDatabase(server)
    const role = uniqueName('writer')
    const name = quoteIdentifier(database)
    await runSql(
      server,
      'postgres',
      `create role ${role}; alter role ${role} in database ${name} set default_transaction_read_only = 'false'`,
    )
    const first = await freeze(database)
    const second = await freeze(database)
    expect(second).toEqual(first)
    expect(second.databases).toEqual([
      { name: database, before: null, roles: [{ role, before: 'off' }] },
    ])
    await releaseSource(source, second, silentLog)
    await runSql(server, database, 'create table t ()')
  })

  it('says which sessions it ends, and nothing of what they do', async () => {
    const database = await createDatabase(server)
    await runSql(server, database, 'create table t (id int)')
    const writer = await openClient(database)
    await writer.query(`set application_name = 'till 7'; begin; insert into t values (4711)`)
    const { processID: pid } = writer as unknown as { processID: number }
    const log = recordingLog()
    const frozen = await freeze(database, 0, log)
    expect(log.lines).toContain(
      `Ending a session of "${database}" on the source: process ${pid}, user "${server.user}", application "till 7"; its transaction was writing and is rolled back.`,
    )
    expect(log.lines.join()).not.toContain('4711')
    await releaseSource(source, frozen, silentLog)
  })

  it('fails where its role may not end a session, and does not take that for an end', async () => {
    const database = await createDatabase(server)
    const owner = uniqueName('owner')
    const app = uniqueName('app')
    await runSql(
      server,
      'postgres',
      `create role ${owner} login password 'x'; create role ${app} login password 'x';
       alter database ${quoteIdentifier(database)} owner to ${owner}`,
    )
    const other = await openClient(database, { user: app, password: 'x' })
    const parameters = { user: owner, password: 'x' }
    const asOwner = await openTestServer(server, 'source', parameters)
    const error: unknown = await freeze(database, 0, silentLog, asOwner).catch((e: unknown) => e)
    expect(error).toMatchObject({
      code: 'freeze-failed',
      hint: expect.stringContaining('pg_signal_backend') as unknown,
    })
    await other.end()
    await releaseSource(asOwner, await freeze(database, 0, silentLog, asOwner), silentLog)
    await runSql(server, database, 'create table t ()')
  })
})

describe('releaseSource', () => {
  it('says that a database takes writes only where it does', async () => {
    const [free, readOnly] = [await createDatabase(server), await createDatabase(server)]
    await runSql(
      server,
      'postgres',
      `alter database ${quoteIdentifier(readOnly)} set default_transaction_read_only = on`,
    )
    const log = recordingLog()
    for (const database of [free, readOnly])
      await releaseSource(source, await freeze(database), log)
    expect(log.lines).toEqual([
      `Database "${free}" takes writes again on the source.`,
      expect.stringMatching(`^Database "${readOnly}" was released .* read-only all the same`),
    ])
  })

  it('changes nothing where nothing is frozen', async () => {
    const database = await createDatabase(server)
    const user = uniqueName('stranger')
    await runSql(server, 'postgres', `create role ${user} login password 'x'`)
    const stranger = await openTestServer(server, 'source', { user, password: 'x' })
    let planned: Freeze | undefined
    const freezing = freezeSource(stranger, {
      databases: [database],
      graceSeconds: 0,
      log: silentLog,
      signal: new AbortController().signal,
      onFreeze: (freeze) => (planned = freeze),
    })
    await expect(freezing).rejects.toMatchObject({
      code: 'freeze-failed',
      message: expect.stringContaining('must be owner of database') as unknown,
    })
    if (planned === undefined) throw new Error('The freeze was not told.')
    await releaseSource(stranger, planned, silentLog)
  })
})

describe('the mark of a freeze', () => {
  it.each([10, 11, 12, 13, 14, 15, 16, 17, 18])(
    'is one that the owner of a database may leave, and %i keeps as it is written',
    async (major) => {
      const other = await sharedServer(major)
      const database = await createDatabase(other)
      const name = quoteIdentifier(database)
      const owner = uniqueName('owner')
      await runSql(
        other,
        'postgres',
        `create role ${owner} login password 'x'; alter database ${name} owner to ${owner}`,
      )
      const asOwner = await openTestServer(other, 'source', { user: owner, password: 'x' })
      for (const before of ['off', null]) {
        const set = before === null ? 'reset' : 'set'
        const to = before === null ? '' : ` = ${before}`
        await runSql(
          other,
          'postgres',
          `alter database ${name} ${set} default_transaction_read_only${to}`,
        )
        await freeze(database, 0, silentLog, asOwner)
        const again = await freeze(database, 0, silentLog, asOwner)
        expect(again.databases).toEqual([{ name: database, before, roles: [] }])
        await releaseSource(asOwner, again, silentLog)
      }
      await runSql(other, database, 'create table t ()')
    },
  )
})
