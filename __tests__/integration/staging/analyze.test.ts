import { describe, expect, test } from '@jest/globals'
import type { Finding } from '../../../src/report/report.js'
import { analyzeDatabase } from '../../../src/staging/index.js'
import { createDatabase, openTestServer, runSql, sharedServer } from '../../support/servers.js'

const manyTables = `do $$ begin
  for i in 1..90 loop execute format('create table small_%s as select g as id from generate_series(1, %s) g', i, i); end loop;
  create table big as select g as id, repeat('x', 100) as filler from generate_series(1, 5000) g;
  create table parts (id int) partition by range (id);
  create table part_1 partition of parts for values from (0) to (100);
  insert into parts select generate_series(0, 99);
  create materialized view seen as select 1 as id;
end $$`

const withoutStatistics = `select c.relname from pg_class c
  where c.relkind in ('r', 'm', 'p') and c.relnamespace = 'public'::regnamespace
    and not exists (select from pg_statistic s where s.starelid = c.oid)`

async function analyze(sql: string) {
  const server = await sharedServer(18)
  const database = await createDatabase(server, 'analyze')
  await runSql(server, database, sql)
  const told: string[] = []
  const findings: Finding[] = []
  const analyzing = analyzeDatabase({
    target: await openTestServer(server, 'target'),
    database,
    name: database,
    jobs: 2,
    signal: new AbortController().signal,
    onTable: (done, total) => told.push(`${done}/${total}`),
    finding: (finding) => findings.push(finding),
  })
  return { analyzing, told, findings, read: (query: string) => runSql(server, database, query) }
}

describe('ANALYZE of a database', () => {
  test('reaches every table, small ones many at a time', async () => {
    const { analyzing, told, read } = await analyze(manyTables)
    await analyzing
    expect(await read(withoutStatistics)).toEqual([])
    // 90 small tables in three batches, the view with the last of them, the big table, and the partitioned one.
    expect(told).toHaveLength(5)
    expect(told).toContain('93/93')
  })

  test('goes on behind a table that fails among many, and names it', async () => {
    const { analyzing, findings, read } = await analyze(`${manyTables};
      create function fail(i int) returns int immutable language plpgsql as
        $$ begin if current_setting('test.fails', true) = 'on' then raise 'no % today', i; end if; return i; end $$;
      create index on small_7 (fail(id));
      do $$ begin execute format('alter database %I set test.fails = on', current_database()); end $$`)
    await analyzing
    expect(findings).toEqual([
      expect.objectContaining({
        check: 'analyze-skipped',
        message: expect.stringMatching(/: "public"\."small_7": no \d today$/),
      }),
    ])
    expect(await read(withoutStatistics)).toEqual([{ relname: 'small_7' }])
  })

  test('reaches the partitions that are here where another is on a server that cannot be reached', async () => {
    const { analyzing, findings, read } = await analyze(`${manyTables};
      create extension postgres_fdw;
      create server far foreign data wrapper postgres_fdw options (host '127.0.0.1', port '1', dbname 'none');
      create user mapping for public server far;
      create foreign table part_2 partition of parts for values from (100) to (200) server far;
      create table part_3 partition of parts for values from (200) to (300) partition by range (id);
      create table part_3_1 partition of part_3 for values from (200) to (250); insert into parts values (210)`)
    await analyzing
    expect(findings).toEqual([
      expect.objectContaining({
        check: 'analyze-skipped',
        message: expect.stringMatching(
          /^[^:]* 1 table: "public"\."parts": could not connect to server "far"/,
        ),
      }),
    ])
    expect(await read(withoutStatistics)).toEqual([{ relname: 'parts' }])
  })

  test('takes no warning of what an index calls for a table that it skipped', async () => {
    const { analyzing, findings, read } =
      await analyze(`create table cards as select g as id from generate_series(1, 1000) g;
      create function warn(i int) returns int immutable language plpgsql as
        $$ begin raise warning 'skipping "%"', i; return i; end $$;
      set client_min_messages = error;
      create index on cards (warn(id))`)
    await analyzing
    expect(findings).toEqual([])
    expect(await read(withoutStatistics)).toEqual([])
  })

  test('names what the server skips', async () => {
    const { analyzing, findings } =
      await analyze(`create extension file_fdw; create server files foreign data wrapper file_fdw;
      create table parts (id int) partition by range (id);
      create foreign table part_1 partition of parts for values from (0) to (100) server files
        options (program 'true')`)
    await analyzing
    expect(findings).toEqual([
      expect.objectContaining({
        check: 'analyze-skipped',
        message: expect.stringMatching(/^ANALYZE passed over 1 table: skipping "part_1"/),
      }),
    ])
  })

  test('names the table without room for its locks where the room cannot be reckoned any more', async () => {
    const { analyzing, findings } =
      await analyze(`create table gone as select g as id from generate_series(1, 1000) g;
      create table small as select 1 as id;
      create function drop_gone() returns void language plpgsql as
        $$ begin drop table if exists public.gone; end $$;
      create function fails() returns bool stable language sql as $$ select current_setting('test.fails', true) = 'on' $$;
      create function fill(i int) returns int immutable language plpgsql as
        $$ begin if public.fails() then raise 'no room' using errcode = '53200'; end if; return i; end $$;
      create function clear(i int) returns int immutable language plpgsql as
        $$ begin if public.fails() then perform public.drop_gone(); end if; return i; end $$;
      create index on gone (fill(id)); create index on small (clear(id));
      do $$ begin execute format('alter database %I set test.fails = on', current_database()); end $$`)
    await analyzing
    expect(findings).toEqual([
      expect.objectContaining({
        check: 'analyze-skipped',
        message: 'ANALYZE passed over 1 table: "public"."gone": no room',
        remedy: expect.stringMatching(/^-- on the target/),
      }),
    ])
  })

  test('fails where its session is cut', async () => {
    const { analyzing, read } =
      await analyze(`create table slow as select g as id from generate_series(1, 1000) g;
      create function cut(i int) returns int immutable language plpgsql as $$ begin
        if current_setting('test.fails', true) = 'on' then perform pg_terminate_backend(pg_backend_pid()); end if;
        return i; end $$;
      create index on slow (cut(id));
      do $$ begin execute format('alter database %I set test.fails = on', current_database()); end $$`)
    await expect(analyzing).rejects.toMatchObject({ code: 'connection-lost', side: 'target' })
    expect(await read('select count(*)::int as n from slow')).toEqual([{ n: 1000 }])
  })
})
