/** Extensions that the target cannot create, or creates differently. */
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { openTestServer, runSql, uniqueName, type TestServer } from '../../support/servers.js'
import { findingsAfter, findingsAfterRemedies, openPair, type Pair } from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(13, 17)
})

test.each([
  'extension-missing',
  'extension-not-allowed',
  'extension-privilege',
  'extension-preload',
  'extension-schema',
  'extension-version',
  'extension-procedure',
])('%s is not found for an extension that the target has', async (check) => {
  expect(await findingsAfter(pair, check, 'create extension hstore')).toEqual([])
})

test('extension-missing finds one that the target lacks', async () => {
  const findings = await findingsAfter(
    await openPair(15, 18),
    'extension-missing',
    'create extension adminpack; create extension hstore',
  )
  expect(findings).toEqual([expect.objectContaining({ severity: 'blocking', object: 'adminpack' })])
  expect(await findingsAfterRemedies(await openPair(15, 18), findings)).toEqual([])
})

test.each([
  ['azure.extensions', 'PG_TRGM'],
  ['azure.extensions', ''],
  ['rds.allowed_extensions', 'pg_trgm'],
])('extension-not-allowed reads %s = %j', async (setting, value) => {
  const target = await openTestServer(pair.targetServer, 'target', {
    options: `-c ${setting}=${value}`,
  })
  const findings = await findingsAfter(
    { ...pair, target },
    'extension-not-allowed',
    'create extension hstore',
  )
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'blocking',
      object: 'hstore',
      remedy: `Add hstore to the server parameter ${setting} of the target.`,
    }),
  ])
})

test('extension-privilege finds what only a superuser may create, and not what is trusted', async () => {
  const user = uniqueName('admin')
  await runSql(
    pair.targetServer,
    'postgres',
    `create role ${user} login createdb createrole password 'secret'`,
  )
  const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
  const findings = await findingsAfter(
    { ...pair, target },
    'extension-privilege',
    'create extension hstore; create extension postgres_fdw',
  )
  expect(findings).toEqual([
    expect.objectContaining({ severity: 'blocking', object: 'postgres_fdw' }),
  ])
  expect(await findingsAfterRemedies({ ...pair, target }, findings)).toEqual([])
})

test('extension-preload warns of pg_stat_statements where its library is not loaded', async () => {
  const findings = await findingsAfter(
    pair,
    'extension-preload',
    'create extension pg_stat_statements',
  )
  expect(findings).toEqual([
    expect.objectContaining({ severity: 'warning', object: 'pg_stat_statements' }),
  ])
})

/** Offers hstore in a schema of its own, as pg_cron's newer versions insist on pg_catalog. 18 brought such folders. */
async function offerElsewhere(server: TestServer): Promise<string> {
  const folder = join(server.folder, uniqueName('offered'))
  await mkdir(join(folder, 'extension'), { recursive: true })
  await writeFile(
    join(folder, 'extension', 'hstore.control'),
    `default_version = '1.8'\nrelocatable = false\nschema = 'key_value'\n`,
  )
  await writeFile(join(folder, 'extension', 'hstore--1.8.sql'), '')
  // The server may run as another user than the tests.
  for (const [name, mode] of [
    ['.', 0o755],
    ['extension', 0o755],
    ['extension/hstore.control', 0o644],
    ['extension/hstore--1.8.sql', 0o644],
  ] as const) {
    await chmod(join(folder, name), mode)
  }
  return `-c extension_control_path=${folder}`
}

test('extension-schema finds an extension that the target insists to have elsewhere', async () => {
  const { targetServer, ...rest } = await openPair(13, 18)
  const options = await offerElsewhere(targetServer)
  const target = await openTestServer(targetServer, 'target', { options })
  const elsewhere = { ...rest, targetServer, target }
  const findings = await findingsAfter(elsewhere, 'extension-schema', 'create extension hstore')
  expect(findings).toEqual([expect.objectContaining({ severity: 'blocking', object: 'hstore' })])
  expect(await findingsAfterRemedies(elsewhere, findings)).toEqual([])
})

test('extension-schema finds an extension that the target puts elsewhere', async () => {
  const findings = await findingsAfter(
    pair,
    'extension-schema',
    `update pg_extension set extnamespace = 'public'::regnamespace where extname = 'plpgsql'`,
  )
  expect(findings).toEqual([expect.objectContaining({ severity: 'blocking', object: 'plpgsql' })])
})

describe('extension-version', () => {
  test.each(['99.0', '0.9'])('warns of the source having %s', async (version) => {
    const findings = await findingsAfter(
      pair,
      'extension-version',
      `create extension hstore;
       update pg_extension set extversion = '${version}' where extname = 'hstore'`,
    )
    expect(findings).toEqual([expect.objectContaining({ severity: 'warning', object: 'hstore' })])
  })
})

describe('extension-procedure', () => {
  /** What the checks see of the extension: its name, and the table in which pg_cron keeps its jobs. */
  const create = (name: string) =>
    findingsAfter(
      pair,
      'extension-procedure',
      `create schema cron; create table cron.job (jobid int, schedule text); create extension hstore;
       update pg_extension set extname = '${name}' where extname = 'hstore'`,
    )

  test.each(['timescaledb', 'pg_cron'])('extension-procedure blocks %s', async (name) => {
    expect(await create(name)).toEqual([
      expect.objectContaining({ severity: 'blocking', object: name }),
    ])
  })

  test.each([
    ['pglogical', 'node', 'warning'],
    ['pgq', 'queue', 'blocking'],
  ])(
    'extension-procedure tells of %s where its table %s has rows',
    async (name, table, severity) => {
      const sql = `create schema ${name}; create table ${name}.${table} (name text); create extension hstore;
      update pg_extension set extname = '${name}' where extname = 'hstore';`
      expect(await findingsAfter(pair, 'extension-procedure', sql)).toEqual([])
      const used = `${sql} insert into ${name}.${table} values ('one')`
      expect(await findingsAfter(pair, 'extension-procedure', used)).toEqual([
        expect.objectContaining({ severity, object: name }),
      ])
    },
  )

  test.each([
    ['periods', 'enable', ['blocking']],
    ['watchers', 'enable always', ['warning']],
    ['watchers', 'disable', []],
    ['pgaudit', 'enable', []],
  ])(
    'extension-procedure tells of event triggers of %s (%s) where they fire on the target',
    async (name, enabled, severities) => {
      const [user, trigger] = [uniqueName('admin'), uniqueName('Watch')]
      await runSql(pair.targetServer, 'postgres', `create role ${user} login password 'secret'`)
      const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
      const sql = `create extension hstore; update pg_extension set extname = '${name}' where extname = 'hstore';
        create function f() returns event_trigger language plpgsql as 'begin end';
        create event trigger "${trigger}" on sql_drop execute procedure f(); alter event trigger "${trigger}" ${enabled};
        insert into pg_depend select 'pg_event_trigger'::regclass, t.oid, 0, 'pg_extension'::regclass, e.oid, 0, 'e'
          from pg_event_trigger t, pg_extension e where e.extname = '${name}'`
      expect(await findingsAfter(pair, 'extension-procedure', sql)).toEqual([])
      const findings = await findingsAfter({ ...pair, target }, 'extension-procedure', sql)
      expect(findings).toEqual(
        severities.map(
          (severity) => expect.objectContaining({ severity, object: name }) as unknown,
        ),
      )
    },
  )

  test('has a remedy for modules of PoWA', async () => {
    const sql = `create extension hstore; create extension citext;
      update pg_extension set extname = case extname when 'hstore' then 'powa' else 'pg_qualstats' end where extname in ('hstore', 'citext')`
    const findings = await findingsAfter(pair, 'extension-procedure', sql)
    expect(findings).toEqual([expect.objectContaining({ severity: 'blocking', object: 'powa' })])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('has a remedy for pg_cron', async () => {
    expect(await findingsAfterRemedies(pair, await create('pg_cron'))).toEqual([])
  })
})

describe('extension-table', () => {
  const create = 'create extension hstore; create table t (a int); create sequence s'

  test('warns of a table that was added to an extension', async () => {
    const findings = await findingsAfter(
      pair,
      'extension-table',
      `${create}; commit; alter extension hstore add table t`,
    )
    expect(findings).toEqual([
      expect.objectContaining({
        severity: 'warning',
        object: 'public.t',
        remedy: expect.stringContaining('alter extension hstore drop table public.t;') as unknown,
      }),
    ])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('warns of rows that were written into a table of an extension later, unless a dump has them', async () => {
    const script = `${create}; create table u (a int); alter extension hstore add table t; alter extension hstore add table u;
      update pg_extension set extconfig = array['u'::regclass::oid], extcondition = array[''] where extname = 'hstore';
      insert into t values (1)`
    const findings = await findingsAfter(
      pair,
      'extension-table',
      `${script}; commit; insert into t values (2); insert into u values (2)`,
    )
    expect(findings).toEqual([
      expect.objectContaining({
        severity: 'warning',
        object: 'public.t',
        message: expect.stringContaining('holds rows that were written after') as unknown,
      }),
    ])
  })

  test.each([
    ['b hstore', [`"user's".b`]],
    ['b int check (allowed(b))', [`"user's".b`]],
    ['b int generated always as (looked_up(b0)) stored, b0 int', [`"user's".b`]],
    ['b allowed_int', [`"user's".b`]],
    ['b int default looked_up(1), c hstore[] default null', [`"user's".b`]],
    ['b int default looked_up(1)', []],
  ])(
    'warns of tables that may look rows up which not every method restores first: %s',
    async (columns, found) => {
      const sql = `${create}; alter extension hstore add table t;
      update pg_extension set extconfig = array['t'::regclass::oid], extcondition = array['where a > 1'] where extname = 'hstore';
      create function looked_up(int) returns int language sql immutable as 'select $1';
      create function allowed(int) returns bool language sql as 'select true'; create domain allowed_int int check (allowed(value));
      create schema "user's"; create table "user's".b (${columns}); create table "user's".empty (b hstore); create table "user's".c (b int); commit;
      insert into "user's".b default values; insert into "user's".c values (1); insert into t values (1)`
      expect(await findingsAfter(pair, 'extension-table', sql)).toEqual([])
      const findings = await findingsAfter(pair, 'extension-table', `${sql}, (2)`)
      expect(findings.map(({ severity, object }) => [severity, object])).toEqual(
        found.map((object) => ['warning', object]),
      )
    },
  )

  test('is not found for the tables of an extension itself, nor for those of nobody', async () => {
    // In one transaction, as a script does.
    const sql = `${create}; alter extension hstore add table t; insert into t values (1)`
    expect(await findingsAfter(pair, 'extension-table', sql)).toEqual([])
    // ALTER EXTENSION … UPDATE writes the extension anew.
    const updated = `${sql}; commit; update pg_extension set extversion = extversion where extname = 'hstore'`
    expect(await findingsAfter(pair, 'extension-table', updated)).toEqual([])
  })
})
