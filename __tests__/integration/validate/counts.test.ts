import { beforeAll, describe, expect, it } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { exportSnapshot, type Server } from '../../../src/server/index.js'
import {
  captureSequences,
  validateDatabase,
  type ValidateOptions,
} from '../../../src/validate/index.js'
import { compareSettings } from '../../../src/validate/server-level/parameters.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'

/** What a dump carries from servers before 15, where everybody may create in public. */
const grant = 'grant create on schema public to public;'

const schema = `
  create table parent (id int, at int);
  create table child () inherits (parent);
  insert into parent values (1, 1); insert into child values (2, 2), (3, 3);
  create table measured (id int, at int) partition by range (at);
  create table measured_low partition of measured for values from (0) to (10);
  create table measured_high partition of measured for values from (10) to (20);
  insert into measured select i, i from generate_series(0, 19) i;
  create schema "Odd "" schema";
  create table "Odd "" schema"."new
line" ();
  insert into "Odd "" schema"."new
line" default values;
  create sequence up; select nextval('up'), nextval('up');
  create sequence down increment -2 minvalue -100; select nextval('down');
  create sequence fresh;`

let servers: { source: TestServer; target: TestServer }
let source: Server
let target: Server

beforeAll(async () => {
  servers = { source: await sharedServer(11), target: await sharedServer(18) }
  source = await openTestServer(servers.source, 'source')
  target = await openTestServer(servers.target, 'target')
})

/** Two databases made by the same statements. */
async function createPair(): Promise<{ before: string; after: string; options: ValidateOptions }> {
  const before = await createDatabase(servers.source)
  const after = await createDatabase(servers.target)
  await runSql(servers.source, before, schema)
  await runSql(servers.target, after, grant + schema)
  const options: ValidateOptions = {
    source: { server: source, database: before },
    target: { server: target, database: after },
    level: 'counts',
    queries: [],
    jobs: 2,
    log: silentLog,
    signal: new AbortController().signal,
  }
  return { before, after, options }
}

describe('validateDatabase with checksums', () => {
  it('needs no EXECUTE on the output functions of the types that it reads', async () => {
    const { before, after, options } = await createPair()
    const reader = uniqueName('reader')
    const moved = `create extension ltree;
      revoke execute on all functions in schema public from public;
      create table paths (id int, path ltree, more ltree[]);
      insert into paths values (1, 'a.b', '{c,d.e}'), (2, null, null);`
    await runSql(servers.source, before, moved)
    await runSql(
      servers.target,
      after,
      `${moved} create role ${reader} login password 'r'; grant pg_read_all_data to ${reader};`,
    )
    const server = await openTestServer(servers.target, 'target', { user: reader, password: 'r' })
    const target = { server, database: after }
    const { tables } = await validateDatabase({ ...options, target, level: 'checksums' })
    expect(tables.find(({ name }) => name === 'paths')).toMatchObject({ equal: true })
  })
})

describe('validateDatabase with counts', () => {
  it.each(['counts', 'checksums'] as const)(
    'names the one table among many small ones that it cannot read: %s',
    async (level) => {
      const { after, options } = await createPair()
      const reader = uniqueName('reader')
      await runSql(
        servers.target,
        after,
        `create role ${reader} login password 'r'; grant select on all tables in schema public, "Odd "" schema" to ${reader};
         grant usage on schema "Odd "" schema" to ${reader}; revoke select on child from ${reader}`,
      )
      const asReader = { user: reader, password: 'r' }
      const server = await openTestServer(servers.target, 'target', asReader)
      const comparing = validateDatabase({ ...options, level, target: { server, database: after } })
      await expect(comparing).rejects.toThrow(
        /^Could not read table "public"\."child" on the target: permission denied for table child/,
      )
    },
  )

  it('counts leaf partitions and inheritance parents once, and finds nothing in equal databases', async () => {
    const { options } = await createPair()
    const progress: string[] = []
    const onTable = (done: number, total: number) => progress.push(`${done}/${total}`)
    const { tables, differences } = await validateDatabase({ ...options, onTable })
    expect(differences).toEqual([])
    expect(
      tables.map(({ name, sourceRows, targetRows }) => [name, sourceRows, targetRows]),
    ).toEqual(
      expect.arrayContaining([
        ['parent', 1, 1],
        ['child', 2, 2],
        ['measured_low', 10, 10],
        ['measured_high', 10, 10],
        ['new\nline', 1, 1],
      ]),
    )
    expect(tables.every((table) => table.equal)).toBe(true)
    expect(progress).toEqual(['1/5', '2/5', '3/5', '4/5', '5/5'])
  })

  it('names the table that lost a row', async () => {
    const { after, options } = await createPair()
    await runSql(servers.target, after, 'delete from measured where id = 3')
    const { differences } = await validateDatabase(options)
    expect(differences).toEqual([
      { kind: 'rows', object: '"public"."measured_low"', source: '10', target: '9' },
    ])
  })

  it('leaves out a configuration table of an extension that the target alone has, and no other table', async () => {
    const { before, after, options } = await createPair()
    const configuration = (name: string) => `begin; create extension tcn; create table ${name} ();
      alter extension tcn add table ${name};
      update pg_extension set extconfig = array['${name}'::regclass]::oid[], extcondition = '{""}' where extname = 'tcn';
      commit;`
    await runSql(servers.source, before, configuration('retired'))
    await runSql(servers.target, after, `${configuration('newer')} create table users_own ()`)
    const { tables } = await validateDatabase(options)
    const unequal = tables.filter(({ equal }) => !equal).map(({ name }) => name)
    expect(unequal.toSorted()).toEqual(['retired', 'users_own'])
  })

  it('reads the source inside the snapshot, whatever is written meanwhile', async () => {
    const { before, options } = await createPair()
    const snapshot = await exportSnapshot(source, before)
    try {
      const capturedSequences = await captureSequences(options.source)
      await runSql(
        servers.source,
        before,
        `insert into measured values (1, 1); select nextval('up'); create table later (id int)`,
      )
      const inside = { ...options.source, snapshot }
      const { differences } = await validateDatabase({
        ...options,
        source: inside,
        capturedSequences,
      })
      expect(differences).toEqual([])
    } finally {
      await snapshot.release()
    }
  })

  it.each([
    ['behind', `select setval('up', 1)`, '"public"."up"', '2', '1'],
    [
      'behind downwards',
      `select setval('down', -1, false)`,
      '"public"."down"',
      '-1',
      '-1, not called yet',
    ],
    ['called', `select nextval('fresh')`, '"public"."fresh"', '1, not called yet', '1'],
  ])('finds a sequence that is %s', async (_title, sql, object, before, now) => {
    const { after, options } = await createPair()
    await runSql(servers.target, after, sql)
    const { differences } = await validateDatabase(options)
    expect(differences).toEqual([
      { kind: 'sequence position', object, source: before, target: now },
    ])
  })

  it('compares the rows of queries as text, in the search_path of the source', async () => {
    const { before, after, options } = await createPair()
    await runSql(servers.source, before, `alter database "${before}" set search_path = apart`)
    for (const [server, database] of [
      [servers.source, before] as const,
      [servers.target, after] as const,
    ]) {
      await runSql(server, database, 'create schema apart; create table apart.here (id int)')
    }
    const queries = [
      'select * from here order by id',
      'select at, at from public.measured order by 1',
      'select count(*) from public.parent',
    ]
    await runSql(servers.target, after, 'update measured set at = 18 where at = 19')
    const { differences } = await validateDatabase({ ...options, queries })
    expect(differences).toEqual([
      {
        kind: 'query',
        object: 'select at, at from public.measured order by 1',
        source: 'row 20: 19 | 19',
        target: 'row 20: 18 | 18',
      },
    ])
  })

  it('fails with the side and the query when a query cannot run', async () => {
    const { after, options } = await createPair()
    await runSql(servers.target, after, 'drop table child')
    const run = (query: string) => validateDatabase({ ...options, queries: [query] })
    await expect(run('selec 1')).rejects.toThrow(
      /Could not run the validation query on the source: selec 1: syntax error at or near "selec"/,
    )
    await expect(run('select * from public.child')).rejects.toThrow(
      /Could not run the validation query on the target: .* does not exist/,
    )
    await expect(run('delete from public.parent')).rejects.toThrow(/read-only transaction/)
    const makeWritable = 'set default_transaction_read_only = off'
    const queries = [makeWritable, 'set transaction read write', 'delete from public.measured']
    await expect(validateDatabase({ ...options, queries })).rejects.toThrow(/read-write|read-only/)
    const left = await runSql(servers.target, after, 'select from public.measured')
    expect(left.length).toBeGreaterThan(0)
  })

  it('leaves out what was expected', async () => {
    const { after, options } = await createPair()
    await runSql(servers.target, after, 'delete from measured where id = 3')
    const { tables, differences } = await validateDatabase({ ...options, expected: () => true })
    expect(differences).toEqual([])
    expect(tables.filter((table) => !table.equal).map((table) => table.name)).toEqual([
      'measured_low',
    ])
  })
})

describe('compareSettings', () => {
  it('tells what is set, what has another default and what one side does not know, without paths', async () => {
    const settings = await compareSettings(source, target)
    const byName = new Map(settings.map((setting) => [setting.name, setting]))
    expect(byName.get('default_with_oids')).toEqual({
      name: 'default_with_oids',
      source: 'off',
      target: null,
      note: 'at its default on the source, unknown to the target (PostgreSQL 18)',
    })
    expect(byName.get('checkpoint_completion_target')).toEqual({
      name: 'checkpoint_completion_target',
      source: '0.5',
      target: '0.9',
      note: 'the default has changed',
    })
    for (const noise of [
      'port',
      'data_directory',
      'server_version',
      'statement_timeout',
      'DateStyle',
      'server_encoding',
    ]) {
      expect(byName.has(noise)).toBe(false)
    }
  })

  it('tells of limits of connections, and not of what a newer major lists or prints in another way', async () => {
    const limits = { max_connections: '77', superuser_reserved_connections: '7' }
    const oldest = await startServer(10, { settings: limits })
    try {
      const settings = await compareSettings(await openTestServer(oldest, 'source'), target)
      const names = settings.map(({ name }) => name)
      expect(names).toEqual(expect.arrayContaining(Object.keys(limits)))
      const unchanged =
        /^(ssl.*|server_encoding|wal_segment_size|track_activity_query_size|tcp_.*)$/
      expect(names.filter((name) => unchanged.test(name))).toEqual([])
    } finally {
      await oldest.stop()
    }
  })
})
