import { expect, it } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Finding } from '../../../src/report/report.js'
import {
  dropStagingDatabase,
  publishDatabase,
  readProperties,
  stagingPrefix,
} from '../../../src/staging/index.js'
import type { PublishOptions } from '../../../src/staging/publish.js'
import { settled } from '../../support/settled.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
} from '../../support/servers.js'

/** Publishes a staging database that is empty, in the place of `name`; what is given instead of the ordinary options counts. */
async function replace(name: string, options: Partial<PublishOptions> = {}) {
  const address = await sharedServer(18)
  const target = await openTestServer(address, 'target')
  const stagingDatabase = await createDatabase(address, 'staging')
  const setAside = uniqueName(`${stagingPrefix}aside`)
  const findings: Finding[] = []
  const settledNames: string[] = []
  if (options.target !== undefined) {
    const { user } = options.target.facts
    await runSql(address, 'postgres', `alter database "${stagingDatabase}" owner to ${user}`)
    await runSql(address, 'postgres', `alter database "${name}" owner to ${user}`)
  }
  const properties = await target.withSession(undefined, (session) =>
    readProperties(session, stagingDatabase, target.facts.major),
  )
  const { differences } = await publishDatabase({
    target,
    stagingDatabase,
    name,
    properties,
    existingDatabase: 'replace',
    setAside,
    rehearsal: false,
    finding: (finding) => findings.push(finding),
    onSetAside: () => undefined,
    onPublished: () => undefined,
    onSettled: (database) => settledNames.push(database),
    beforeCommit: () => Promise.resolve(),
    ...options,
  }).finally(() => runSql(address, 'postgres', `drop database if exists "${stagingDatabase}"`))
  return { differences, findings, settledNames, setAside }
}

async function databaseWithTable(): Promise<string> {
  const address = await sharedServer(18)
  const name = await createDatabase(address, 'standing')
  await runSql(address, name, 'create table orders ()')
  return name
}

async function hasTable(name: string): Promise<boolean> {
  const rows = await runSql(
    await sharedServer(18),
    name,
    `select from pg_class where relname = 'orders'`,
  )
  return rows.length > 0
}

it('ends the sessions of strangers in a database that it replaces, and waits for those of other runs', async () => {
  const address = await sharedServer(18)
  const name = await createDatabase(address, 'replaced')
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
  const published = replace(name)
  // Whoever awaits it sees the failure; until then it must not end the process.
  published.catch(() => undefined)
  await stranger.ended
  expect((await other.client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await other.client.end()
  expect((await published).differences).toEqual([])
  await runSql(address, 'postgres', `drop database "${name}"`)
})

it('keeps a replaced database whose subscriptions receive, and their slots with them', async () => {
  const address = await sharedServer(18)
  const name = await databaseWithTable()
  await runSql(
    address,
    name,
    `create subscription brought connection 'host=127.0.0.1 port=1' publication p with (connect = false);
     create subscription live connection 'host=127.0.0.1 port=1' publication p with (connect = false, slot_name = 'its_slot');
     alter subscription live enable`,
  )
  const { differences, findings, settledNames, setAside } = await replace(name)
  expect(differences).toEqual([])
  expect(findings).toMatchObject([
    {
      check: 'replaced-database-left',
      object: setAside,
      message: expect.stringContaining('enabled subscriptions') as unknown,
      remedy: expect.stringContaining(
        `\\connect "${setAside}"\ndrop subscription "live";\n`,
      ) as unknown,
    },
  ])
  // Nor does the clean-up drop it.
  expect(settledNames).toEqual([setAside])
  const target = await openTestServer(address, 'target')
  await expect(dropStagingDatabase(target, setAside)).rejects.toThrow('(slot "its_slot"')
  const kept =
    'select subname as name, subenabled as enabled, subslotname as slot from pg_subscription'
  const here = `${kept} where subdbid = (select oid from pg_database where datname = current_database()) order by 1`
  expect(await runSql(address, setAside, here)).toEqual([
    { name: 'brought', enabled: false, slot: 'brought' },
    { name: 'live', enabled: true, slot: 'its_slot' },
  ])
  await runSql(address, setAside, 'alter subscription live disable')
  await dropStagingDatabase(target, setAside)
  await runSql(address, 'postgres', `drop database "${name}"`)
})

it('keeps an empty database that somebody fills while it is being replaced', async () => {
  const address = await sharedServer(18)
  const name = await createDatabase(address, 'filled')
  const application = new pg.Client(address.url(name))
  application.on('error', () => undefined)
  await application.connect()
  const published = replace(name, { existingDatabase: 'refuse' })
  published.catch(() => undefined)
  const renaming = `select from pg_stat_activity where state = 'active' and query like 'alter database "${name}" rename%'`
  await settled(
    () => runSql(address, 'postgres', renaming),
    (rows) => rows.length > 0,
  )
  await application.query('create table orders as select generate_series(1, 3) as id')
  const { differences, findings, settledNames, setAside } = await published
  expect(differences).toEqual([])
  expect(findings).toMatchObject([{ check: 'replaced-database-left', object: setAside }])
  expect(settledNames).toEqual([setAside])
  expect(await runSql(address, setAside, 'select id from orders order by id')).toHaveLength(3)
  const pasteRemedy = () => runSql(address, 'postgres', findings[0]?.remedy ?? '')
  await pasteRemedy()
  const left = `select from pg_database where datname = '${setAside}'`
  expect(await runSql(address, 'postgres', left)).toEqual([])
  await runSql(address, 'postgres', `drop database "${name}"`)
})

/** Publishes as a role that can open no other session once the publication is about to be committed. */
async function replaceAndFail(name: string, options: Partial<PublishOptions>) {
  const server = await sharedServer(18)
  const role = uniqueName('publisher')
  await runSql(server, 'postgres', `create role ${role} login createdb password 'secret'`)
  const target = await openTestServer({ ...server, user: role, password: 'secret' }, 'target')
  const result = await replace(name, {
    target,
    beforeCommit: async () => {
      await runSql(server, 'postgres', `alter role ${role} nologin`)
    },
    ...options,
  })
  const isThere = await runSql(
    server,
    'postgres',
    `select from pg_database where datname = '${result.setAside}'`,
  )
  expect(isThere).toHaveLength(1)
  expect(result.differences).toEqual([])
  expect(result.findings).toMatchObject([
    {
      check: 'replaced-database-left',
      severity: 'warning',
      object: result.setAside,
      message: expect.stringMatching(/ is published\. .* not permitted to log in/) as unknown,
    },
  ])
  const clear = async () => {
    await runSql(server, 'postgres', `drop database "${name}"`)
    await runSql(server, 'postgres', `drop database "${result.setAside}"`)
    await runSql(server, 'postgres', `drop role ${role}`)
  }
  return { ...result, clear }
}

it('publishes, and says so where the replaced database cannot be dropped', async () => {
  const name = await databaseWithTable()
  const { settledNames, setAside, clear } = await replaceAndFail(name, {})
  // The clean-up tries again.
  expect(settledNames).toEqual([])
  expect([await hasTable(name), await hasTable(setAside)]).toEqual([false, true])
  await clear()
})

it('leaves what it could not look into to nobody, where only an empty database may be replaced', async () => {
  const name = await createDatabase(await sharedServer(18), 'empty')
  const options = { existingDatabase: 'refuse' } as const
  const { settledNames, setAside, clear } = await replaceAndFail(name, options)
  expect(settledNames).toEqual([setAside])
  await clear()
})

it('says nothing where the replaced database has been dropped', async () => {
  const name = await databaseWithTable()
  const { findings, settledNames, setAside } = await replace(name)
  expect(findings).toEqual([])
  expect(settledNames).toEqual([setAside])
})

it('publishes nothing where a property differs, or where it is told at the last moment not to', async () => {
  const name = await databaseWithTable()
  const target = await openTestServer(await sharedServer(18), 'target')
  const properties = await target.withSession(undefined, (session) =>
    readProperties(session, name, target.facts.major),
  )
  // The server takes it for none.
  const { differences } = await replace(name, { properties: { ...properties, comment: '' } })
  expect(differences).toMatchObject([{ object: expect.stringContaining('comment') as unknown }])
  expect(await hasTable(name)).toBe(true)
  const told = replace(name, { beforeCommit: () => Promise.reject(new Error('Not now.')) })
  await expect(told).rejects.toThrow(/Not now\.$/)
  expect(await hasTable(name)).toBe(true)
})

it('says no property inside the savepoint of another, which was accepted or refused', async () => {
  const name = await databaseWithTable()
  const target = await openTestServer(await sharedServer(18), 'target')
  const properties = await target.withSession(undefined, (session) =>
    readProperties(session, name, target.facts.major),
  )
  const refused = { role: null, name: 'no_such_parameter', value: 'x' }
  const told = replace(name, {
    properties: { ...properties, settings: [refused] },
    beforeCommit: async (session) => {
      await session.query('release savepoint property')
    },
  })
  await expect(told).rejects.toThrow('savepoint "property" does not exist')
  await runSql(await sharedServer(18), 'postgres', `drop database "${name}"`)
})

it('carries a chain of grants over, whatever the names of its roles', async () => {
  const address = await sharedServer(18)
  const target = await openTestServer(address, 'target')
  const [owner, first, second, last] = ['owner', 'zed', 'bob', 'adam'].map(uniqueName)
  const name = await databaseWithTable()
  const roles = [owner, first, second, last].join(', ')
  await runSql(
    address,
    'postgres',
    `create role ${owner}; create role ${first}; create role ${second}; create role ${last};
     alter database "${name}" owner to ${owner};
     grant create on database "${name}" to ${first} with grant option;
     set role ${first}; grant create on database "${name}" to ${second} with grant option;
     set role ${second}; grant create on database "${name}" to ${last}; reset role`,
  )
  try {
    const properties = await target.withSession(undefined, (session) =>
      readProperties(session, name, target.facts.major),
    )
    expect(await replace(name, { properties })).toMatchObject({ differences: [], findings: [] })
    const [row] = await runSql(
      address,
      'postgres',
      `select datacl::text as acl from pg_database where datname = '${name}'`,
    )
    expect(row?.['acl']).toContain(`${last}=C/${second}`)
  } finally {
    await runSql(address, 'postgres', `drop database "${name}"`)
    await runSql(address, 'postgres', `drop role ${roles}`)
  }
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
