import { expect, it } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { publishDatabase, readProperties, stagingPrefix } from '../../../src/staging/index.js'
import { settled } from '../../support/settled.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
} from '../../support/servers.js'

it('ends the sessions of strangers in a database that it replaces, and waits for those of other runs', async () => {
  const address = await sharedServer(18)
  const target = await openTestServer(address, 'target')
  const name = await createDatabase(address, 'replaced')
  const stagingDatabase = await createDatabase(address, 'staging')
  const connect = async (application: string) => {
    const { host, port, user, password } = address
    const client = new pg.Client({
      host,
      port,
      user,
      password,
      database: name,
      application_name: application,
    })
    const ended = new Promise<void>((resolve) =>
      client.on('error', () => {
        resolve()
      }),
    )
    await client.connect()
    return { client, ended }
  }
  const other = await connect('upgrade-postgres 00000000')
  const stranger = await connect('stranger')
  await other.client.query('begin')
  const published = publishDatabase({
    target,
    stagingDatabase,
    name,
    properties: await target.withSession(undefined, (session) =>
      readProperties(session, stagingDatabase, target.facts.major),
    ),
    existingDatabase: 'replace',
    setAside: uniqueName(`${stagingPrefix}aside`),
    rehearsal: false,
    finding: () => undefined,
    onSetAside: () => undefined,
    onKept: () => undefined,
  })
  // Whoever awaits it sees the failure; until then it must not end the process.
  published.catch(() => undefined)
  await stranger.ended
  expect((await other.client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await other.client.end()
  expect(await published).toEqual([])
  await runSql(address, 'postgres', `drop database "${name}"`)
})

it('keeps an empty database that somebody fills while it is being replaced', async () => {
  const address = await sharedServer(18)
  const target = await openTestServer(address, 'target')
  const name = await createDatabase(address, 'filled')
  const stagingDatabase = await createDatabase(address, 'staging')
  const setAside = uniqueName(`${stagingPrefix}aside`)
  const kept: string[] = []
  const application = new pg.Client(address.url(name))
  application.on('error', () => undefined)
  await application.connect()
  const published = publishDatabase({
    target,
    stagingDatabase,
    name,
    properties: await target.withSession(undefined, (session) =>
      readProperties(session, stagingDatabase, target.facts.major),
    ),
    existingDatabase: 'refuse',
    setAside,
    rehearsal: false,
    finding: () => undefined,
    onSetAside: () => undefined,
    onKept: (database) => kept.push(database),
  })
  published.catch(() => undefined)
  const renaming = `select from pg_stat_activity where state = 'active' and query like 'alter database "${name}" rename%'`
  await settled(
    () => runSql(address, 'postgres', renaming),
    (rows) => rows.length > 0,
  )
  await application.query('create table orders as select generate_series(1, 3) as id')
  await expect(published).rejects.toMatchObject({ code: 'existing-database' })
  expect(kept).toEqual([setAside])
  expect(await runSql(address, setAside, 'select id from orders order by id')).toHaveLength(3)
  await runSql(address, 'postgres', `drop database "${setAside}"`)
  await runSql(address, 'postgres', `drop database "${name}"`)
})

it('lets a session of another run in that comes while the database is being swapped', async () => {
  const address = await sharedServer(18)
  const target = await openTestServer(address, 'target')
  const name = await createDatabase(address, 'swapped')
  const next = await createDatabase(address, 'next')
  const swap = await target.connect()
  await swap.query('begin')
  await swap.query(`alter database "${name}" rename to "${name}_old"`)
  await swap.query(`alter database "${next}" rename to "${name}"`)
  const coming = target.connect(name)
  coming.catch(() => undefined)
  const waiting = `select 1 from pg_locks l join pg_database d on d.oid = l.objid
    where not l.granted and l.locktype = 'object' and l.classid = 'pg_database'::regclass and d.datname = '${name}'`
  while ((await runSql(address, 'postgres', waiting)).length === 0) await sleep(20)
  await swap.query('commit')
  await swap.close()
  const session = await coming
  expect(session.database).toBe(name)
  await session.close()
  await runSql(address, 'postgres', `drop database "${name}"`)
  await runSql(address, 'postgres', `drop database "${name}_old"`)
})
