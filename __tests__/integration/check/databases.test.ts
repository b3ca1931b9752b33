/** Findings about the databases as such. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { createDatabase, openTestServer, runSql, uniqueName } from '../../support/servers.js'
import {
  findingsAfterRemedies,
  findingsIn,
  findingsInDatabases,
  openPair,
  findingsOfCheck,
  type Pair,
} from './pair.js'
import { paste } from './remedy.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(13, 17)
})

test('a database that the source does not have is blocking', async () => {
  const name = uniqueName('absent')
  expect(await findingsInDatabases(pair, [name])).toEqual([
    expect.objectContaining({ check: 'database-missing', severity: 'blocking', database: name }),
  ])
})

test('what was given as a name is not said to be a pattern', async () => {
  const said = async (databasesAreNames: boolean) =>
    (await findingsInDatabases(pair, ['no_such_*'], { databasesAreNames })).map(
      (one) => one.message,
    )
  expect(await said(true)).toEqual(['The source has no database "no_such_*".'])
  expect(await said(false)).toEqual([expect.stringContaining('as a pattern')])
})

describe('validation-query-unused', () => {
  const unused = 'validation-query-unused'
  const found = async (databases: string[], queryDatabases: string[], isPart = false) =>
    await findingsOfCheck(pair, unused, databases, {
      queries: queryDatabases.map((database) => ({ database, sql: 'select 1' })),
      isPart,
    })

  test.each([
    ['a database that the source does not have', 'blocking'],
    ['one that is there and not chosen', 'warning'],
  ])('validation-query-unused is found for %s: %s', async (_what, severity) => {
    const [chosen, other] = [await createDatabase(pair.sourceServer), uniqueName('other')]
    if (severity === 'warning')
      await runSql(pair.sourceServer, 'postgres', `create database ${other}`)
    expect(await found([chosen], [chosen, other])).toEqual([
      expect.objectContaining({ severity, message: expect.stringContaining(other) }),
    ])
  })

  test('queries for a chosen database, and for one of another part, are no finding', async () => {
    const [chosen, other] = [
      await createDatabase(pair.sourceServer),
      await createDatabase(pair.sourceServer),
    ]
    const findings = [
      ...(await found([chosen], [chosen])),
      ...(await found([chosen], [other], true)),
    ]
    expect(findings).toEqual([])
  })
})

describe('validation-query-failed', () => {
  const as = { user: uniqueName('reader'), password: 'secret' }
  let database: string
  beforeAll(async () => {
    database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      database,
      `create schema app; create table app.orders (a int primary key); create table public.hidden ();
       create function app.prepare() returns int language sql as 'select 1';
       create role ${as.user} login password 'secret';
       grant usage on schema app to ${as.user}; grant select, update, delete on app.orders to ${as.user}`,
    )
  })
  const found = async (...queries: string[]) => {
    const source = await openTestServer(pair.sourceServer, 'source', as)
    const findings = await findingsOfCheck(
      { ...pair, source },
      'validation-query-failed',
      [database],
      {
        queries: queries.map((sql) => ({ database: undefined, sql })),
      },
    )
    return findings.map(({ severity, message, remedy }) => ({ severity, message, remedy }))
  }

  test('validation-query-failed blocks on queries that cannot run', async () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['select count(*) from app.orders_misspelt', /misspelt: .*42P01/],
      ['show no_such_parameter', /show .*: .*42704/],
      ['select count(*) from public.hidden', /hidden: .*42501/],
      ['select 1 / 0', /0: .*22012/],
      ['select a from app.orders for update', /update: .*25006/],
      ['select * into app.copy from app.orders', /into.*: it writes/],
      ['-- So.\nwith d as (delete from app.orders returning a) select a from d', /d: it writes/],
      ['set no_such_parameter = 1', /set .*: .*42704/],
      ['selec 1', /selec 1: .*42601/],
    ]
    expect(await found(...wrong.map(([query]) => query))).toEqual(
      wrong.map(([, said]) => ({
        severity: 'blocking',
        message: expect.stringMatching(said),
        remedy: expect.stringContaining('read'),
      })),
    )
  })

  test('tells of each query that fails, and is no finding for those that can run', async () => {
    const right = [
      "select a, 'delete' from app.orders; -- All.",
      '(with o as (table app.orders) select a from o order by a) limit 1',
      'select from app.orders',
      'values (1)',
      'show work_mem',
      'explain select a from app.orders',
      'select 1 / count(*) from app.orders',
      "do 'begin end'",
      'set search_path to app',
      'select a from orders',
      'prepare p as select 1',
      'execute p',
    ]
    expect(await found(...right)).toEqual([])
    const failed = await found('selec 1', ...right, 'selec 2')
    expect(failed.map(({ message }) => message)).toEqual([
      expect.stringContaining('selec 1'),
      expect.stringContaining('selec 2'),
    ])
  })

  test('is a warning where a query before it may prepare what it needs', async () => {
    const needy = "select current_setting('app.tenant') from nothing_yet"
    for (const first of [
      'select app.prepare()',
      "select set_config('search_path', 'app', false)",
      "do 'begin end'",
    ]) {
      expect(await found(first, needy)).toMatchObject([{ severity: 'warning' }])
    }
  })
})

test('what an interrupted DROP DATABASE left behind is blocking', async () => {
  const name = await createDatabase(pair.sourceServer)
  await runSql(
    pair.sourceServer,
    'postgres',
    `update pg_database set datconnlimit = -2 where datname = '${name}'`,
  )
  const findings = await findingsInDatabases(pair, [name])
  expect(findings).toEqual([
    expect.objectContaining({
      check: 'database-invalid',
      severity: 'blocking',
      remedy: `-- on the source\ndrop database "${name}";`,
    }),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('a database that allows no connections is blocking', async () => {
  const name = await createDatabase(pair.sourceServer)
  await runSql(pair.sourceServer, 'postgres', `alter database ${name} allow_connections false`)
  const findings = await findingsInDatabases(pair, [name])
  expect(findings).toEqual([
    expect.objectContaining({ check: 'database-refuses-connections', severity: 'blocking' }),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

describe('a database of that name on the target', () => {
  const prepare = async (sql: string): Promise<string> => {
    const name = await createDatabase(pair.sourceServer)
    await runSql(pair.targetServer, 'postgres', `create database ${name} template template0`)
    if (sql !== '') await runSql(pair.targetServer, name, sql)
    return name
  }

  test('is no finding while it is empty', async () => {
    const name = await prepare('create extension hstore')
    await runSql(pair.sourceServer, name, 'create extension hstore')
    expect(await findingsInDatabases(pair, [name])).toEqual([])
  })

  test('is noted with all that goes when it is replaced', async () => {
    const name = await prepare('create extension hstore; create extension pgcrypto')
    await runSql(pair.sourceServer, name, 'create extension hstore')
    const role = uniqueName('guest')
    await runSql(
      pair.targetServer,
      'postgres',
      `create role ${role}; grant connect on database ${name} to ${role}; comment on database ${name} is 'Ours';
       alter database ${name} set work_mem = '64MB'; alter database ${name} connection limit 7`,
    )
    const lost = [
      'extension "pgcrypto"',
      'comment',
      'connection limit',
      'setting work_mem',
      `privilege CONNECT for ${role}`,
    ]
    expect(await findingsInDatabases(pair, [name])).toEqual([
      expect.objectContaining({
        check: 'database-replaced',
        severity: 'note',
        message: expect.stringContaining(`: ${lost.join(', ')}.`),
      }),
    ])
    expect(await findingsInDatabases(pair, [name], { isPublished: false })).toEqual([])
  })

  test('is noted with its encoding and its locale, where the source has others', async () => {
    const [name, same] = [uniqueName('replaced'), uniqueName('same')]
    const create = (database: string, encoding: string, locale: string) =>
      `create database ${database} template template0 encoding '${encoding}' lc_collate '${locale}' lc_ctype '${locale}'`
    await runSql(pair.sourceServer, 'postgres', create(name, 'UTF8', 'C.UTF-8'))
    await runSql(pair.targetServer, 'postgres', create(name, 'LATIN1', 'C'))
    await runSql(pair.sourceServer, 'postgres', create(same, 'UTF8', 'C.UTF-8'))
    await runSql(pair.targetServer, 'postgres', create(same, 'UTF8', 'C.utf8'))
    expect(await findingsInDatabases(pair, [name, same])).toEqual([
      expect.objectContaining({
        check: 'database-replaced',
        database: name,
        message: expect.stringContaining(': encoding LATIN1, locale "C".') as unknown,
      }),
    ])
  })

  test.each([
    'create table t ()',
    'create schema s',
    'create function f() returns int language sql as $$ select 1 $$',
    "create type e as enum ('a')",
    'select lo_create(0)',
  ])('is blocking when it holds something: %s', async (sql) => {
    const name = await prepare(sql)
    const findings = await findingsInDatabases(pair, [name])
    expect(findings).toEqual([
      expect.objectContaining({ check: 'database-not-empty', severity: 'blocking' }),
    ])
    const [rehearsed] = await findingsInDatabases(pair, [name], { isPublished: false })
    expect(rehearsed).toMatchObject({
      severity: 'warning',
      message: expect.stringContaining('the upgrade will be refused') as unknown,
    })
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('is a warning with each subscription that receives, where it is to be replaced', async () => {
    const name = await prepare(
      `create table t ();
       create subscription brought connection 'host=127.0.0.1 port=1' publication p with (connect = false);
       create subscription live connection 'host=127.0.0.1 port=1' publication p with (connect = false);
       alter subscription live enable`,
    )
    const findings = await findingsInDatabases(pair, [name], { existingDatabase: 'replace' })
    await runSql(
      pair.targetServer,
      name,
      'alter subscription live disable; alter subscription live set (slot_name = none)',
    )
    const settled = await findingsInDatabases(pair, [name], { existingDatabase: 'replace' })
    await runSql(
      pair.targetServer,
      name,
      'drop subscription live; alter subscription brought set (slot_name = none); drop subscription brought',
    )
    const occupied = expect.objectContaining({ check: 'database-not-empty', severity: 'warning' })
    expect(settled).toEqual([occupied])
    expect(findings).toEqual([
      occupied,
      expect.objectContaining({
        check: 'database-not-empty',
        severity: 'warning',
        object: 'subscription "live"',
        message: expect.stringContaining('the slot "live"') as unknown,
      }),
    ])
  })

  test('is blocking for an administrator who does not own it', async () => {
    const [name, others] = [await prepare(''), await prepare('')]
    const [user, other] = [uniqueName('admin'), uniqueName('other')]
    await runSql(
      pair.targetServer,
      'postgres',
      `create role ${user} login createdb password 'secret'; create role ${other};
       alter database ${others} owner to ${other}`,
    )
    const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
    const as = { ...pair, target }
    const findings = await findingsInDatabases(as, [name, others])
    expect(findings).toHaveLength(2)
    expect(findings).toEqual(
      expect.arrayContaining(
        ['postgres', other].map((owner) =>
          expect.objectContaining({
            check: 'database-not-owned',
            severity: 'blocking',
            object: `role "${owner}"`,
          }),
        ),
      ),
    )
    const rehearsed = await findingsInDatabases(as, [name, others], { isPublished: false })
    expect(rehearsed.map(({ severity }) => severity)).toEqual(['warning', 'warning'])
    expect(await findingsAfterRemedies(as, findings)).toEqual([])
  })

  test('is no finding where its owner is lent to the administrator for the run', async () => {
    const [name, user, owner] = [await prepare(''), uniqueName('admin'), uniqueName('owner')]
    await runSql(
      pair.targetServer,
      'postgres',
      `create role ${user} login createdb createrole password 'secret'; set role ${user};
       create role ${owner}; reset role; alter database ${name} owner to ${owner}`,
    )
    const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
    expect(await findingsInDatabases({ ...pair, target }, [name])).toEqual([])
    await runSql(pair.targetServer, 'postgres', `revoke connect on database ${name} from public`)
    const changes = { existingDatabase: 'replace' } as const
    expect(await findingsInDatabases({ ...pair, target }, [name], changes)).toEqual([
      expect.objectContaining({
        check: 'database-not-empty',
        severity: 'warning',
        message: expect.stringContaining('may not connect to it'),
      }),
    ])
  })

  test('is taken for one that holds something where a connection limit lets nobody look', async () => {
    const [name, user] = [await prepare(''), uniqueName('admin')]
    await runSql(
      pair.targetServer,
      'postgres',
      `create role ${user} login createdb password 'secret'; alter database ${name} owner to ${user};
       alter database ${name} connection limit 0`,
    )
    const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
    const changes = { existingDatabase: 'replace' } as const
    expect(await findingsInDatabases({ ...pair, target }, [name], changes)).toMatchObject([
      { check: 'database-not-empty', severity: 'warning' },
    ])
  })

  test('is a warning when it is to be replaced', async () => {
    const name = await prepare('create table t ()')
    const changes = { existingDatabase: 'replace' } as const
    const findings = await findingsInDatabases(pair, [name], changes)
    expect(findings).toEqual([
      expect.objectContaining({ check: 'database-not-empty', severity: 'warning' }),
    ])
    expect(await findingsAfterRemedies(pair, findings, { changes })).toEqual([])
    await runSql(pair.targetServer, `${name}_before_upgrade`, 'table t')
  })
})

describe('database-in-use', () => {
  const credentials = (user: string) => ({ user, password: 'secret' })
  /** A database on both sides, and a session on the target's as that role. */
  const connected = async (user: string, role: string) => {
    const name = await createDatabase(pair.sourceServer)
    await runSql(
      pair.targetServer,
      'postgres',
      `create role ${user} login createdb password 'secret'; create role ${role} login password 'secret'`,
    )
    await runSql(pair.targetServer, 'postgres', `create database ${name} template template0`)
    await runSql(pair.targetServer, 'postgres', `alter database ${name} owner to ${user}`)
    const application = await openTestServer(pair.targetServer, 'target', credentials(role))
    return { name, session: await application.connect(name) }
  }
  const found = async (user: string, name: string, isPublished = true) => {
    const target = await openTestServer(pair.targetServer, 'target', credentials(user))
    return findingsOfCheck({ ...pair, target }, 'database-in-use', [name], { isPublished })
  }

  test('database-in-use warns of sessions that the run may not end', async () => {
    const [user, role] = [uniqueName('admin'), uniqueName('app')]
    const { name, session } = await connected(user, role)
    const findings = await found(user, name)
    expect(findings).toMatchObject([
      { severity: 'warning', database: name, object: `sessions of "${role}"` },
    ])
    expect(await found(user, name, false)).toEqual([])
    await runSql(pair.targetServer, 'postgres', `alter role ${role} superuser`)
    expect(await found(user, name)).toMatchObject([
      { remedy: expect.stringContaining("only a superuser may end a superuser's sessions") },
    ])
    await runSql(pair.targetServer, 'postgres', `alter role ${role} nosuperuser`)
    for (const finding of findings) await paste(pair, finding)
    expect(await found(user, name)).toEqual([])
    await session.close()
  })

  test('database-in-use is not found for sessions that it may end', async () => {
    const [user, role] = [uniqueName('admin'), uniqueName('app')]
    const { name, session } = await connected(user, role)
    await runSql(pair.targetServer, 'postgres', `grant ${role} to ${user}`)
    expect(await found(user, name)).toEqual([])
    expect((await findingsIn(pair, [name])).map(({ check }) => check)).not.toContain(
      'database-in-use',
    )
    await session.close()
  })
})

test.each([
  ['objects', 'create table t ()', 'holds objects or default privileges of its own'],
  ['default privileges', 'alter default privileges grant select on tables to public', 'holds'],
  ['nothing', '', 'is not moved'],
])('a template with %s of its own is noted', async (_what, sql, message) => {
  const template = await createDatabase(pair.sourceServer)
  if (sql !== '') await runSql(pair.sourceServer, template, sql)
  await runSql(pair.sourceServer, 'postgres', `alter database ${template} is_template true`)
  const findings = await findingsOfCheck(pair, 'template-changed', [])
  await runSql(pair.sourceServer, 'postgres', `alter database ${template} is_template false`)
  expect(findings.filter(({ database }) => database === template)).toMatchObject([
    { severity: 'note', message: expect.stringContaining(message) },
  ])
})

test('a template that lets nobody in is told, and those behind it all the same', async () => {
  const templates = [
    await createDatabase(pair.sourceServer, 'template_a', { encoding: 'MULE_INTERNAL' }),
    await createDatabase(pair.sourceServer, 'template_b'),
  ]
  const mark = async (isTemplate: boolean) => {
    for (const template of templates)
      await runSql(
        pair.sourceServer,
        'postgres',
        `alter database ${template} is_template ${isTemplate}`,
      )
  }
  await mark(true)
  const findings = await findingsOfCheck(pair, 'template-changed', []).finally(() => mark(false))
  const own = findings.filter(({ database = '' }) => templates.includes(database))
  expect(own).toMatchObject([
    { severity: 'warning', message: expect.stringContaining('MULE_INTERNAL is not supported') },
    { severity: 'note', message: expect.stringContaining('is not moved') },
  ])
})

test('a database of either encoding and any name without objects is no finding', async () => {
  const name = `${uniqueName('odd')} "quoted" = 'x'`
  await runSql(
    pair.sourceServer,
    'postgres',
    `create database "${name.replaceAll('"', '""')}" template template0`,
  )
  expect(await findingsInDatabases(pair, [name])).toEqual([])
})
