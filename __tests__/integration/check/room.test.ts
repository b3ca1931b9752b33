/** Room on the disk, connections, locks. */
import { open, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { explainErrors } from '../../../src/explain/index.js'
import type { Finding } from '../../../src/report/report.js'
import { analyzeDatabase } from '../../../src/staging/index.js'
import { takesPlace } from '../../../src/check/servers/room.js'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import {
  createDatabase,
  inSession,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { findingsAfterRemedies, findingsIn, openPair, findingsOfCheck, type Pair } from './pair.js'
import { settled } from '../../support/settled.js'
import { paste } from './remedy.js'

let pair: Pair
let small: TestServer
let database: string
let shared: TestServer
beforeAll(async () => {
  small = await startServer(17, {
    settings: {
      max_connections: '10',
      max_locks_per_transaction: '10',
      reserved_connections: '1',
    },
  })
  pair = await openPair(17, 18)
  shared = pair.sourceServer
  pair = { ...pair, sourceServer: small }
  pair = { ...pair, source: await openTestServer(small, 'source') }
  database = await createDatabase(small)
})
afterAll(() => small.stop())

describe('dump-directory-space', () => {
  test('blocks where nothing is free', async () => {
    // /proc is a file system without a free byte.
    const findings = await findingsIn(pair, [database], {
      method: 'custom',
      dumpDirectory: '/proc',
    })
    expect(findings).toEqual([
      expect.objectContaining({ check: 'dump-directory-space', severity: 'blocking' }),
    ])
  })

  test.each(['stream', 'auto'] as const)('does not matter for %s', async (method) => {
    expect(await findingsIn(pair, [database], { method, dumpDirectory: '/proc' })).toEqual([])
  })
})

describe('connections', () => {
  test('blocks where the server has fewer than the run needs', async () => {
    expect(await findingsIn(pair, [database], { jobs: 20 })).toEqual([
      expect.objectContaining({
        check: 'connections',
        severity: 'blocking',
        object: 'source',
        message: expect.stringContaining('(max_connections)'),
      }),
    ])
  })

  test('blocks where the role has fewer', async () => {
    const user = uniqueName('limited')
    await runSql(
      small,
      'postgres',
      `create role ${user} login password 'secret' connection limit 3`,
    )
    const source = await openTestServer(small, 'source', { user, password: 'secret' })
    const findings = await findingsIn({ ...pair, source }, [database], { jobs: 2 })
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'connections',
        message: expect.stringContaining("(the role's limit)"),
      }),
    )
  })

  test('is content with just as many as the run needs', async () => {
    // Of ten, with none in reserve for the superuser himself.
    const told = (jobs: number) => findingsOfCheck(pair, 'connections', [database], { jobs })
    expect(await told(6)).toEqual([])
    expect(await told(7)).toHaveLength(1)
  })

  test('leaves the reserved ones to whom they are for', async () => {
    const [other, member] = [uniqueName('other'), uniqueName('member')]
    await runSql(
      small,
      'postgres',
      `create role ${other} login password 'secret'; create role ${member} login password 'secret' in role pg_use_reserved_connections`,
    )
    const told = async (user: string, jobs: number) => {
      const source = await openTestServer(small, 'source', { user, password: 'secret' })
      return findingsOfCheck({ ...pair, source }, 'connections', [database], { jobs })
    }
    // Three are the superusers'.
    expect(await told(other, 2)).toEqual([])
    expect(await told(other, 3)).toHaveLength(1)
    expect(await told(member, 3)).toEqual([])
    expect(await told(member, 4)).toHaveLength(1)
  })

  test('does not count the workers of queries', async () => {
    await runSql(
      small,
      database,
      `create table gate (); create table scanned as select 1;
       alter table scanned set (parallel_workers = 2);
       create function waits() returns bool language plpgsql parallel safe as
         'begin perform from gate; return true; end'`,
    )
    await inSession(small, database, async (run) => {
      await run('begin; lock table gate in access exclusive mode')
      const query = runSql(
        small,
        database,
        `set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0;
         set parallel_leader_participation = off;
         select count(*) from scanned where waits()`,
      )
      const workers = () =>
        runSql(
          small,
          'postgres',
          `select from pg_stat_activity where backend_type = 'parallel worker'`,
        )
      expect(await settled(workers, ({ length }) => length > 0)).not.toEqual([])
      // Who holds the gate, who queries, and eight.
      const told = (jobs: number) => findingsOfCheck(pair, 'connections', [database], { jobs })
      expect(await told(4)).toEqual([])
      expect(await told(5)).toHaveLength(1)
      await run('commit')
      await query
    })
  })

  test.each([
    [11, 2],
    [17, 1],
  ] as const)('of %d has %d places that replication and a client take', async (major, places) => {
    const server = major === 17 ? small : await sharedServer(major)
    const name = uniqueName('counted')
    const { host, port, user, password } = server
    const client = { host, port, user, password, database: 'postgres', application_name: name }
    const sessions = [
      new pg.Client(client),
      // The driver knows it, its types do not.
      new pg.Client({ ...client, replication: 'true' } as pg.ClientConfig),
    ]
    for (const session of sessions) await session.connect()
    const counted = await runSql<{ places: number }>(
      server,
      'postgres',
      `select count(*) filter (where ${takesPlace(major)})::int4 as places
         from pg_stat_activity a where a.application_name = '${name}'`,
    )
    for (const session of sessions) await session.end()
    expect(counted).toEqual([{ places }])
  })

  test('blocks where a database of the source has fewer', async () => {
    const [user, limited] = [uniqueName('reader'), await createDatabase(small)]
    await runSql(
      small,
      'postgres',
      `create role ${user} login password 'secret'; alter database ${limited} connection limit 4`,
    )
    const source = await openTestServer(small, 'source', { user, password: 'secret' })
    const asReader = { ...pair, source }
    const findings = await findingsOfCheck(asReader, 'connections', [limited])
    expect(findings).toMatchObject([
      { severity: 'blocking', database: limited, message: expect.stringContaining('LIMIT of 4') },
    ])
    expect(await findingsIn(pair, [limited])).toEqual([])
    expect(await findingsAfterRemedies(asReader, findings)).toEqual([])
  })
})

describe('temp-file-limit', () => {
  let user: string
  let indexed: string
  let asLimited: Pair
  beforeAll(async () => {
    user = uniqueName('limited')
    indexed = await createDatabase(small)
    await runSql(
      small,
      indexed,
      `create table "Orders" (id int, customer text);
       insert into "Orders" select n, md5(n::text) from generate_series(1, 20000) n;
       create index small on "Orders" (id);
       create index "by customer" on "Orders" (lower(customer)) include (customer);
       create table same as select repeat('x', 100) as word from generate_series(1, 9000);
       create index on same (word);
       create index on "Orders" using brin (id);
       analyze`,
    )
    await runSql(
      pair.targetServer,
      'postgres',
      `create role ${user} login createdb createrole password 'secret'`,
    )
    const address = { ...pair.targetServer, user, password: 'secret' }
    asLimited = { ...pair, target: await openTestServer(address, 'target') }
  })
  afterAll(() => runSql(pair.targetServer, 'postgres', `drop role ${user}`))

  const limitTo = (limit: string) =>
    runSql(pair.targetServer, 'postgres', `alter role ${user} set temp_file_limit = '${limit}'`)

  test('warns of the largest index that the role of the target may not sort', async () => {
    await limitTo('1MB')
    const findings = await findingsOfCheck(asLimited, 'temp-file-limit', [indexed])
    expect(findings).toMatchObject([
      {
        severity: 'warning',
        database: indexed,
        object: 'public."by customer"',
        message: expect.stringMatching(/sorts about 1\.\d MB\. .* may write 1 MB of/) as unknown,
      },
    ])
    expect(await findingsAfterRemedies(asLimited, findings)).toEqual([])
  })

  test('counts equal keys each, which an index stores once', async () => {
    await runSql(small, indexed, 'drop index "by customer"')
    await limitTo('1000kB')
    expect(await findingsOfCheck(asLimited, 'temp-file-limit', [indexed])).toMatchObject([
      { object: 'public.same_word_idx' },
    ])
  })

  test('takes what is set for new databases, not what is set for the maintenance database alone', async () => {
    const inDatabase = `role ${user} in database postgres`
    const setThere = (value: string) =>
      runSql(pair.targetServer, 'postgres', `alter ${inDatabase} set temp_file_limit = '${value}'`)
    const found = () => findingsOfCheck(asLimited, 'temp-file-limit', [indexed])
    try {
      await limitTo('900 kB')
      await setThere('-1')
      expect(await found()).toMatchObject([
        { message: expect.stringContaining(' may write 921.6 kB of ') as unknown },
      ])
      await limitTo('0.5GB')
      await setThere('0')
      expect(await found()).toEqual([])
      await runSql(pair.targetServer, 'postgres', `alter role ${user} reset temp_file_limit`)
      expect(await found()).toEqual([])
    } finally {
      await runSql(pair.targetServer, 'postgres', `alter ${inDatabase} reset temp_file_limit`)
    }
  })

  test('is not found where the largest index fits, or a superuser lifts it', async () => {
    await limitTo('100MB')
    expect(await findingsOfCheck(asLimited, 'temp-file-limit', [indexed])).toEqual([])
    const lifted = await createDatabase(small)
    await limitTo('0')
    expect(await findingsOfCheck(asLimited, 'temp-file-limit', [lifted])).toEqual([])
    expect(await findingsOfCheck(pair, 'temp-file-limit', [indexed])).toEqual([])
  })
})

test('locks blocks where a database has more tables than the lock table has places', async () => {
  const many = await createDatabase(small)
  await runSql(
    small,
    many,
    `do $$ begin
       for i in 1..5 loop
         for j in 1..25 loop execute format('create table t_%s_%s ()', i, j); end loop;
         commit;
       end loop;
     end $$`,
  )
  const findings = await findingsIn(pair, [many])
  expect(findings).toEqual([
    expect.objectContaining({ check: 'locks', severity: 'blocking', database: many }),
  ])
  // What the server reads when it is started again. Its tables fill less than the warning's four fifths of it.
  for (const finding of findings) await paste(pair, finding)
  const [set] = await runSql<{ places: number }>(
    small,
    'postgres',
    `select setting::int * 10 as places from pg_file_settings where name = 'max_locks_per_transaction'`,
  )
  expect(set?.places).toBeGreaterThan(125 / 0.8)
  expect(await findingsIn(pair, [database])).toEqual([])
})

test('locks counts the tables of all databases that are moved at the same time, and every holder', async () => {
  const both = [await createDatabase(small), await createDatabase(small)]
  for (const name of both) {
    await runSql(
      small,
      name,
      `do $$ begin for i in 1..70 loop execute format('create table t_%s ()', i); if i % 20 = 0 then commit; end if; end loop; end $$`,
    )
  }
  const told = async (method: 'copy' | 'parallel', jobs: number, databases = both) =>
    (await findingsIn(pair, databases, { method, jobs, dumpDirectory: '/tmp' })).filter(
      ({ check }) => check === 'locks',
    )
  expect(await told('copy', 2)).toMatchObject([
    {
      severity: 'warning',
      object: 'source',
      message: expect.stringContaining('up to 140 together'),
      remedy: expect.stringMatching(/lower "jobs".*\n.*max_locks_per_transaction = 28;$/),
    },
  ])
  expect(await told('copy', 1)).toEqual([])
  expect(await told('copy', 2, both.slice(1))).toEqual([])
  // 105 of 100 places, where the server has some more than it promises.
  expect((await told('parallel', 1)).map(({ severity }) => severity)).toEqual([
    'warning',
    'warning',
  ])
})

test('locks blocks where a foreign key to or on partitions needs more than the target has places', async () => {
  const name = await createDatabase(shared)
  await runSql(
    shared,
    name,
    `create table o (k int primary key);
     create table p (a int primary key, b int references o) partition by list (a);
     do $$ begin for i in 1..35 loop execute format('create table p_%s partition of p for values in (%s)', i, i); end loop; end $$;
     create index on p (b);
     create table f (a int)`,
  )
  const sides = {
    source: await openTestServer(shared, 'source'),
    target: await openTestServer(small, 'target'),
  }
  const told = async () =>
    (await findingsIn(sides, [name])).filter(({ check }) => check === 'locks')
  // The table and 35 partitions, with two indexes each.
  const onPartitions = {
    severity: 'blocking',
    database: name,
    object: expect.stringContaining('p_b_fkey') as unknown,
    message: expect.stringContaining(
      "about 108 partitions and indexes of them at once; the target's",
    ) as unknown,
    remedy: expect.stringMatching(
      /^-- on the target, .*\n.*max_locks_per_transaction = 22;$/,
    ) as unknown,
  }
  expect(await told()).toMatchObject([onPartitions])
  await runSql(shared, name, 'alter table p drop constraint p_b_fkey')
  expect(await told()).toEqual([])
  await runSql(shared, name, 'alter table f add foreign key (a) references p')
  expect(await told()).toMatchObject([
    { ...onPartitions, object: expect.stringContaining('f_a_fkey') as unknown },
  ])
  await runSql(
    shared,
    name,
    `drop table f; create view reading as select b from p; create materialized view seen as select * from reading`,
  )
  expect(await told()).toMatchObject([{ ...onPartitions, object: 'materialized view public.seen' }])
  await runSql(
    shared,
    name,
    `refresh materialized view seen with no data;
     do $$ begin for i in 36..99 loop execute format('create table p_%s partition of p for values in (%s)', i, i); end loop; end $$`,
  )
  // The table and 99 partitions of 100 places.
  const ofPartitions = {
    severity: 'warning',
    message: expect.stringContaining('about 100 partitions at once;') as unknown,
    remedy: expect.stringMatching(/max_locks_per_transaction = 20;$/) as unknown,
  }
  expect(await told()).toMatchObject([{ ...ofPartitions, object: 'partitioned table public.p' }])
  await runSql(
    shared,
    name,
    `create table p_100 partition of p for values in (100);
     create function f() returns trigger language plpgsql as 'begin return new; end';
     create trigger changed after insert on p for each statement execute function f()`,
  )
  expect(await told()).toMatchObject([{ severity: 'warning' }])
  await runSql(
    shared,
    name,
    'create trigger stored after insert on p for each row execute function f()',
  )
  expect(await told()).toMatchObject([
    { severity: 'blocking', object: 'trigger "stored" of public.p' },
  ])
})

test('locks is what a full lock table is explained as, when pg_dump meets one', async () => {
  const many = await createDatabase(small)
  await runSql(
    small,
    many,
    `do $$ begin
       create table parts (i int) partition by list (i);
       for i in 1..60 loop
         execute format('create table part_%s partition of parts for values in (%s)', i, i);
         if i % 20 = 0 then commit; end if;
       end loop;
     end $$`,
  )
  const holder = await (await openTestServer(small, 'target')).connect(database)
  // Those of a session outlive the failure of the statement, and fill the table to the last place.
  const fill = 'select pg_advisory_lock(i) from generate_series(1, 100000) i'
  await expect(holder.query(fill)).rejects.toMatchObject({ sqlState: '53200' })
  const failure: unknown = await dumpAndRestore(small, many, pair.targetServer).catch(
    (error: unknown) => error,
  )
  // There is room for a connection and a table, and not for all partitions.
  await holder.query('select pg_advisory_unlock(i) from generate_series(1, 30) i')
  const analyzed: Finding[] = []
  await analyzeDatabase({
    target: await openTestServer(small, 'target'),
    database: many,
    name: many,
    jobs: 1,
    signal: new AbortController().signal,
    onTable: () => undefined,
    finding: (finding) => analyzed.push(finding),
  })
  await holder.close()
  expect(analyzed).toMatchObject([
    {
      check: 'analyze-skipped',
      message: expect.stringMatching(/over 1 table: "public"."parts": out of shared memory$/),
      remedy: expect.stringMatching(
        /^-- on the target, then restart it\nalter system set max_locks_per_transaction = 20;\n-- .*\nanalyze;$/,
      ),
    },
  ])
  const { stderr = '' } = failure as { readonly stderr?: string }
  expect(explainErrors(stderr.split('\n'))).toEqual([
    expect.objectContaining({
      message: expect.stringContaining('out of shared memory') as unknown,
      explanation: expect.objectContaining({ heading: 'locks' }) as unknown,
    }),
  ])
})

/** A database that the server takes for so big: it adds up the sizes of files, and this one takes no room on the disk. */
async function createBigDatabase(bytes: number): Promise<string> {
  const name = await createDatabase(small)
  const [row] = await runSql<{ oid: string }>(
    small,
    'postgres',
    `select oid::text from pg_database where datname = '${name}'`,
  )
  const file = await open(join(small.dataDirectory, 'base', row?.oid ?? '', 'filler'), 'w')
  await file.truncate(bytes)
  await file.close()
  return name
}

describe('target-disk-space', () => {
  test('is found where the databases are bigger than what is free on the disk of the target', async () => {
    const { bavail, bsize } = await statfs(pair.targetServer.dataDirectory)
    // No file system here takes files of 16 TB and more.
    const big = await createBigDatabase(Math.min(bavail * bsize * 6, 10e12))
    const found = await findingsOfCheck(pair, 'target-disk-space', [big])
    expect(found).toEqual([expect.objectContaining({ severity: 'blocking' })])
  })

  test('is not looked at where the role may not see the folder', async () => {
    const user = uniqueName('admin')
    await runSql(
      pair.targetServer,
      'postgres',
      `create role ${user} login createdb createrole password 'secret'`,
    )
    const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
    const checks = (await findingsIn({ ...pair, target }, [database])).map(({ check }) => check)
    expect(checks).not.toContain('target-disk-space')
    expect(checks).not.toContain('check-failed')
  })
})

describe('forecast', () => {
  test('is noted from ten gigabytes on', async () => {
    const big = await createBigDatabase(12e9)
    const found = await findingsOfCheck(pair, 'forecast', [big])
    expect(found).toEqual([
      expect.objectContaining({
        check: 'forecast',
        severity: 'note',
        message: expect.stringMatching(/^The databases hold 12 GB, .* roughly 3 to 14 minutes/),
      }),
    ])
    expect(await findingsIn(pair, [database])).toEqual([])
  })
})
