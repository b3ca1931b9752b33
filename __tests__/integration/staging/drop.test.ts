import { expect, test } from '@jest/globals'
import pg from 'pg'
import { dropStagingDatabase, stagingPrefix } from '../../../src/staging/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { settled } from '../../support/settled.js'

/** A staging database of a role that is no superuser, and the target as that role sees it. */
async function stagingOfRole(server: TestServer) {
  const role = uniqueName('dropper')
  const name = await createDatabase(server, stagingPrefix)
  await runSql(
    server,
    'postgres',
    `create role ${role} login createdb password 'secret'; alter database "${name}" owner to ${role}`,
  )
  const target = await openTestServer({ ...server, user: role, password: 'secret' }, 'target')
  const clear = async () => {
    await runSql(server, 'postgres', `drop database if exists "${name}"`)
    await runSql(server, 'postgres', `drop role ${role}`)
  }
  return { role, name, target, clear }
}

async function connect(
  { host, port }: TestServer,
  database: string,
  user: string,
  password: string,
) {
  const client = new pg.Client({ host, port, database, user, password })
  const ended = new Promise<void>((resolve) => {
    client.on('end', resolve)
  })
  client.on('error', () => undefined)
  await client.connect()
  return { client, ended }
}

function isThere(server: TestServer, name: string) {
  return runSql(server, 'postgres', `select from pg_database where datname = '${name}'`)
}

test.each([11, 18])(
  'on %i a role ends the sessions that it may end, and waits until the others leave',
  async (major) => {
    const server = await sharedServer(major)
    const { role, name, target, clear } = await stagingOfRole(server)
    const superuser = await connect(server, name, server.user, server.password)
    const own = await connect(server, name, role, 'secret')
    try {
      const dropped = dropStagingDatabase(target, name)
      dropped.catch(() => undefined)
      await Promise.race([own.ended, dropped])
      await settled(
        () =>
          runSql(
            server,
            'postgres',
            `select from pg_stat_activity where state = 'active' and query = 'drop database if exists "${name}"'`,
          ),
        (rows) => rows.length > 0,
      )
      await superuser.client.end()
      await dropped
      expect(await isThere(server, name)).toEqual([])
    } finally {
      await superuser.client.end()
      await own.client.end()
      await clear()
    }
  },
)

test('names a session that the role may not end, and that stays', async () => {
  const server = await sharedServer(18)
  const { name, target, clear } = await stagingOfRole(server)
  const superuser = await connect(server, name, server.user, server.password)
  try {
    await expect(dropStagingDatabase(target, name)).rejects.toMatchObject({
      code: 'database-in-use',
      message: expect.stringContaining(`as ${JSON.stringify(server.user)}.`) as unknown,
    })
  } finally {
    await superuser.client.end()
    await clear()
  }
})

test("an autovacuum worker, which only superusers may end, is in nobody's way", async () => {
  const server = await startServer(17, {
    settings: { autovacuum: 'on', autovacuum_naptime: '1', track_counts: 'on' },
  })
  try {
    const { name, target, clear } = await stagingOfRole(server)
    // After each page the worker sleeps for as long as a page is allowed to take.
    await runSql(
      server,
      name,
      `create table t (a text) with (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1,
                                     autovacuum_vacuum_insert_threshold = 1, autovacuum_analyze_threshold = 1);
       insert into t select repeat('x', 1000) from generate_series(1, 20000)`,
    )
    const working = `select from pg_stat_activity where backend_type = 'autovacuum worker' and datname = '${name}'`
    const workers = await settled(
      () => runSql(server, 'postgres', working),
      (rows) => rows.length > 0,
    )
    expect(workers).toHaveLength(1)
    await dropStagingDatabase(target, name)
    expect(await isThere(server, name)).toEqual([])
    await clear()
  } finally {
    await server.stop()
  }
})

test('gives up where somebody keeps pg_database locked', async () => {
  const server = await startServer(18)
  try {
    const { name, target, clear } = await stagingOfRole(server)
    const locking = await connect(server, 'postgres', server.user, server.password)
    await locking.client.query('begin; lock pg_catalog.pg_database in share mode')
    await expect(dropStagingDatabase(target, name, 100)).rejects.toMatchObject({
      sqlState: '55P03',
    })
    await locking.client.end()
    await dropStagingDatabase(target, name)
    expect(await isThere(server, name)).toEqual([])
    await clear()
  } finally {
    await server.stop()
  }
})

test('goes with its subscriptions also where an event trigger forbids to change them', async () => {
  const server = await sharedServer(16)
  const name = await createDatabase(server, stagingPrefix)
  const subscription = uniqueName('kept')
  await runSql(
    server,
    name,
    `create subscription ${subscription} connection 'host=127.0.0.1' publication p with (connect = false);
     create function forbid() returns event_trigger language plpgsql as $$ begin raise exception 'no % here', tg_tag; end $$;
     create event trigger forbidden on ddl_command_start execute function forbid();
     alter event trigger forbidden enable always`,
  )
  await dropStagingDatabase(await openTestServer(server, 'target'), name)
  expect(await isThere(server, name)).toEqual([])
})

test('says whether there was one', async () => {
  const server = await sharedServer(18)
  const target = await openTestServer(server, 'target')
  const name = await createDatabase(server, stagingPrefix)
  expect(await dropStagingDatabase(target, name)).toBe(true)
  expect(await dropStagingDatabase(target, name)).toBe(false)
})
