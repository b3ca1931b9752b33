import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { UpgradeError } from '../../../src/errors.js'
import type { ServerSide } from '../../../src/server/index.js'
import {
  createDatabase,
  runSql,
  sharedServer,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { settled } from '../../support/settled.js'
import { readTableHashes } from './content.js'
import { copy } from './copying.js'

async function sourceWith(
  sql: string,
): Promise<{ source: TestServer; target: TestServer; database: string }> {
  const [source, target] = await Promise.all([sharedServer(13), sharedServer(17)])
  const database = await createDatabase(source, 'robust')
  await runSql(source, database, sql)
  return { source, target, database }
}

/** Ends the sessions that stream rows of the database right now; returns their number. */
async function cutCopies(server: TestServer, database: string): Promise<number> {
  const rows = await runSql(
    server,
    'postgres',
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}' and state = 'active' and query like 'copy %'`,
  )
  return rows.length
}

const bigTable = `create table big as select i as id, repeat(md5(i::text), 20) as filler from generate_series(1, 120000) i;
  alter table big add primary key (id); create table small as select 1 as a`

/** Copies the database and cuts off what streams its rows, once, in the middle of the biggest table. */
async function copyWithCut(sql: string, side: ServerSide, jobs = 2) {
  const { source, target, database } = await sourceWith(sql)
  const into = await createDatabase(target, 'robust')
  let cuts = 0
  let cutting: Promise<void> | undefined
  const copied = await copy(source, target, database, {
    into,
    jobs,
    onBytes: (bytes) => {
      if (bytes < 5_000_000 || cutting !== undefined) return
      const server = side === 'source' ? source : target
      cutting = cutCopies(server, side === 'source' ? database : into).then((ended) => {
        cuts = ended
      })
    },
  })
  await cutting
  expect(cuts).toBeGreaterThan(0)
  expect(copied.error).toBeUndefined()
  const was = await readTableHashes({ server: source, database })
  expect(await readTableHashes({ server: target, database: into })).toEqual(was)
  return copied
}

const withoutReceive = `create type noreceive;
  create function nin(cstring) returns noreceive language internal immutable strict as 'textin';
  create function nout(noreceive) returns cstring language internal immutable strict as 'textout';
  create function nsend(noreceive) returns bytea language internal immutable strict as 'textsend';
  create type noreceive (input = nin, output = nout, send = nsend, internallength = variable);
  create table later as select i as id, nin(md5(i::text)::cstring) as v from generate_series(1, 20000) i`

describe('a connection that is lost in the middle of a table', () => {
  test.each(['source', 'target'] as const)(
    'on the %s: the table is copied again, and the report says so',
    async (side) => {
      const { findings } = await copyWithCut(bigTable, side)
      expect(findings.map(({ check }) => check)).toContain('copy-repeated')
    },
  )

  test('on the target: a binary form that is refused later still gives way to text', async () => {
    const { findings, lines } = await copyWithCut(`${bigTable}; ${withoutReceive}`, 'target', 1)
    expect(findings.map(({ check }) => check)).toContain('copy-repeated')
    expect(lines).toContainEqual(expect.stringMatching(/^"public"."later" is sent as text/))
  })
})

/** On the target, the server ends the first that calls it. */
const deadlocked = `create sequence tries;
  create function tried(int) returns int immutable language plpgsql as $$ begin
    if current_setting('server_version_num')::int >= 170000 and nextval('public.tries') <= 1 then
      raise exception 'deadlock detected' using errcode = 'deadlock_detected';
    end if;
    return $1;
  end $$;
  create table t as select i as id, repeat('x', 50) as filler from generate_series(1, 50000) i; create index on t (tried(id))`

test('what a server ends because of a deadlock is done again, and the report says so', async () => {
  const { source, target, database } = await sourceWith(deadlocked)
  const into = await createDatabase(target, 'robust')
  const { error, findings } = await copy(source, target, database, { into, jobs: 2 })
  expect(error).toBeUndefined()
  expect(findings).toContainEqual(
    expect.objectContaining({
      check: 'copy-repeated',
      object: expect.stringContaining('t_tried_idx'),
      message: expect.stringMatching(
        /^Another session stood in the way while trying to build index .*deadlock detected.*\. Starting it again \(attempt 2 of 6\)\.$/s,
      ),
    }),
  )
})

const manyTables = `do $$ begin for i in 1..600 loop
  execute format('create table many_%s (a int default %s, b text)', i, i);
  execute format($f$comment on table many_%s is E'it''s\\n-- Name: x; Type: TABLE\\n\\\\restrict a'$f$, i);
end loop; end $$`

describe('many definitions', () => {
  const transactionsQuery = `select count(distinct xmin::text)::int as count from pg_class where relname like 'many\\_%'`
  const commentsQuery = `select md5(string_agg(obj_description(oid, 'pg_class'), '|' order by relname)) as comments
    from pg_class where relname like 'many\\_%'`

  test('are created many in a transaction', async () => {
    const { source, target, database } = await sourceWith(manyTables)
    const copied = await copy(source, target, database)
    expect(copied.error).toBeUndefined()
    const [row] = await runSql<{ count: number }>(target, copied.database, transactionsQuery)
    expect(row?.count).toBeGreaterThan(1)
    expect(row?.count).toBeLessThan(60)
    const was = await runSql(source, database, commentsQuery)
    expect(await runSql(target, copied.database, commentsQuery)).toEqual(was)
  })

  test('of which two are refused: both are told, and the others are there', async () => {
    const { source, target, database } = await sourceWith(`${manyTables};
      create function half(int) returns int language sql immutable as 'select $1 / 2';
      create operator @!! (leftarg = int, procedure = half);
      create operator @@!! (leftarg = int, procedure = half)`)
    const copied = await copy(source, target, database)
    const { message } = copied.error as UpgradeError
    expect(message).toContain('pg_restore met 4 errors')
    expect(message).toMatch(/CREATE OPERATOR "public".@!!.*2 times/)
    expect(copied.lines.join('\n')).toMatch(/one by one in a new staging database.*Postfix/)
    const [row] = await runSql<{ count: number }>(target, copied.database, transactionsQuery)
    expect(row?.count).toBe(600)
  })
})

describe('what fails', () => {
  test('a table and an index that fail are both named, with the reason, and the others arrive', async () => {
    const { source, target, database } = await sourceWith(`
      create table fine (a int primary key); insert into fine values (1);
      create table invalid (a int); insert into invalid values (-1);
      alter table invalid add constraint positive check (a > 0) not valid;
      update pg_constraint set convalidated = true where conname = 'positive';
      create function pick(int) returns int language sql immutable as 'select $1';
      create table doubled (a int); create unique index doubled_pick on doubled (pick(a));
      insert into doubled values (1), (2);
      create or replace function pick(int) returns int language sql immutable as 'select 1'`)
    const copied = await copy(source, target, database)
    expect(copied.error).toBeInstanceOf(UpgradeError)
    const { message } = copied.error as UpgradeError
    expect(message).toContain('2 objects of database')
    expect(message).toMatch(
      /Could not copy table "public"."invalid".*violates check constraint "positive"/,
    )
    expect(message).toMatch(/Could not build index "doubled_pick" on the target.*23505/)
    const rows = await runSql(target, copied.database, 'select a from fine')
    expect(rows).toEqual([{ a: 1 }])
  })

  test('an index that the target refuses as a duplicate comes with a hint', async () => {
    const { source, target, database } = await sourceWith(`
      create function pick(int) returns int language sql immutable as 'select $1';
      create table doubled (a int); create unique index doubled_pick on doubled (pick(a));
      insert into doubled values (1), (2);
      create or replace function pick(int) returns int language sql immutable as 'select 1'`)
    const { error } = await copy(source, target, database)
    expect((error as UpgradeError).hint).toMatch(/collation/)
  })

  test('a foreign key with orphans is named, and those that are added with it are there', async () => {
    const { source, target, database } = await sourceWith(`
      create table customers (id int primary key);
      create table first (customer int references customers); create table last (customer int references customers);
      create table orders (customer int references customers);
      set session_replication_role = replica; insert into orders values (5)`)
    const { error, database: into } = await copy(source, target, database)
    expect((error as UpgradeError).message).toMatch(
      /^Could not add foreign key "orders orders_customer_fkey" on the target.*is not present in table/,
    )
    const keys = `select conrelid::regclass::text as table from pg_constraint
      where contype = 'f' and convalidated order by 1`
    expect(await runSql(target, into, keys)).toEqual([{ table: 'first' }, { table: 'last' }])
  })

  test('a cancelled run ends at once and leaves no session behind', async () => {
    const { source, target, database } = await sourceWith(bigTable)
    const controller = new AbortController()
    const into = await createDatabase(target, 'cancelled')
    const { error } = await copy(source, target, database, {
      into,
      signal: controller.signal,
      onBytes: () => {
        controller.abort()
      },
    })
    expect(error).toMatchObject({ code: 'cancelled' })
    const sessions = `select query from pg_stat_activity where datname = '${into}'`
    const left = () => runSql(target, 'postgres', sessions)
    expect(await settled(left, (rows) => rows.length === 0)).toEqual([])
  })
})

describe('what is large', () => {
  test('a value of 600 MB passes, with flat memory', async () => {
    const { source, target, database } = await sourceWith(`
      create table huge (id int primary key, body bytea);
      alter table huge alter column body set storage external;
      insert into huge select 1, string_agg(piece, '') from generate_series(1, 60), decode(repeat('00ff5c0a', 2500000), 'hex') as piece`)
    let peak = 0
    const before = process.memoryUsage.rss()
    const copied = await copy(source, target, database, {
      onBytes: () => {
        peak = Math.max(peak, process.memoryUsage.rss())
      },
    })
    expect(copied.error).toBeUndefined()
    const lengths = 'select length(body), md5(body) from huge'
    expect(await runSql(target, copied.database, lengths)).toEqual(
      await runSql(source, database, lengths),
    )
    // Held as a whole even once, the value would take 600 MB.
    expect(peak - before).toBeLessThan(150_000_000)
  })
})

describe('an encrypted connection', () => {
  let server: TestServer
  let database: string
  let was: Awaited<ReturnType<typeof readTableHashes>>

  beforeAll(async () => {
    server = await startServer(17, { tls: true })
    database = await createDatabase(server, 'encrypted')
    await runSql(server, database, bigTable)
    was = await readTableHashes({ server, database })
  })

  afterAll(() => server.stop())

  test.each<ServerSide[][]>([[['source', 'target']], [['source']], [['target']]])(
    'to %j carries the same rows',
    async (encrypted) => {
      const copied = await copy(server, server, database, { encrypted })
      expect(copied.error).toBeUndefined()
      expect(await readTableHashes({ server, database: copied.database })).toEqual(was)
    },
  )
})

describe('an index that is built with workers', () => {
  test('has the server to itself until they have ended; others come before its end', async () => {
    const source = await sharedServer(13)
    const target = await startServer(18)
    try {
      const database = await createDatabase(source, 'workers')
      await runSql(
        source,
        database,
        `create table documents as select i as id, jsonb_object_agg('key ' || (i * j) % 5000, md5((i * j)::text)) as content
           from generate_series(1, 80000) i, generate_series(1, 8) j group by i;
         create index tree on documents (id); create index inverted on documents using gin (content)`,
      )
      const { error, spans } = await copy(source, target, database, { jobs: 2 })
      expect(error).toBeUndefined()
      const [tree, inverted] = ['tree', 'inverted'].map((name) => {
        const span = spans.find(({ kind, object }) => kind === 'index' && object.includes(name))
        const start = Date.parse(span?.startedAt ?? '') / 1000
        return { start, length: span?.durationSeconds ?? NaN }
      })
      if (tree === undefined || inverted === undefined) throw new Error('An index was not built.')
      const begin = (tree.start - inverted.start) / inverted.length
      expect(begin).toBeGreaterThan(0.25)
      expect(begin).toBeLessThan(1)
    } finally {
      await target.stop()
    }
  })
})

describe('the form of the rows', () => {
  test('tables in which an OID would travel are sent as text, and the log names them', async () => {
    const { source, target, database } = await sourceWith(`
      create table names (a regclass); insert into names values ('names');
      create table numbers (a int); insert into numbers values (1)`)
    const { lines, database: into } = await copy(source, target, database)
    expect(lines).toContain(
      '2 tables: 1 copied in binary form, as text: "public"."names" (column "a": regclass).',
    )
    const rows = await runSql(target, into, 'select a::text from names')
    expect(rows).toEqual([{ a: 'names' }])
  })

  test.each([
    ['UTF8', 'ünï ☃ 漢字 '],
    ['LATIN1', 'ünï '],
  ])(
    'the blanks that char(n) is filled up with do not travel, and are there: %s',
    async (encoding, text) => {
      const [source, target] = await Promise.all([sharedServer(11), sharedServer(18)])
      const database = await createDatabase(source, 'blanks', { encoding })
      await runSql(
        source,
        database,
        `create table blanks as select i as id, null::char(200) as filler, null::char(60) as full_one from generate_series(1, 60000) i;
         update blanks set full_one = left(repeat(md5(id::text), 2), 60),
                filler = case id % 5 when 0 then '' when 1 then null when 2 then '${text}x' when 3 then '  ${text.trim()}' else E'\\\\N' end;
         update blanks set filler = repeat('${text.trim().slice(0, 1)}', 200) where id % 100 = 7;
         create table parent (a char(100)); create table child () inherits (parent)`,
      )
      let bytes = 0
      const copied = await copy(source, target, database, {
        into: await createDatabase(target, 'blanks', { encoding }),
        onBytes: (passed) => (bytes = passed),
      })
      expect(copied.error).toBeUndefined()
      const was = await readTableHashes({ server: source, database })
      expect(await readTableHashes({ server: target, database: copied.database })).toEqual(was)
      // Rows of 300 bytes, of which 200 are mostly blanks.
      expect(bytes).toBeGreaterThan(60_000 * 60)
      expect(bytes).toBeLessThan(60_000 * 120)
    },
  )

  test('a big table arrives frozen', async () => {
    const { source, target, database } = await sourceWith(bigTable)
    const { database: into } = await copy(source, target, database, { jobs: 1 })
    await runSql(target, into, 'create extension pg_visibility')
    const [seen] = await runSql(
      target,
      into,
      `select count(*) filter (where all_frozen) > 0.9 * count(*) as frozen from pg_visibility_map('big')`,
    )
    expect(seen).toEqual({ frozen: true })
  })
})

test('xml that is no document arrives where the databases tell their sessions to read documents', async () => {
  const { source, target, database } = await sourceWith(
    `create table t as select 'plain text'::xml as x; create table d (x xml default 'a <b/>')`,
  )
  const into = await createDatabase(target, 'robust')
  await runSql(source, 'postgres', `alter database ${database} set xmloption = document`)
  await runSql(target, 'postgres', `alter database ${into} set xmloption = document`)
  expect((await copy(source, target, database, { into })).error).toBeUndefined()
  expect(await runSql(target, into, 'select x::text from t')).toEqual([{ x: 'plain text' }])
})
