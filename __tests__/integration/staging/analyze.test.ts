import { describe, expect, test } from '@jest/globals'
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

async function analyze(sql: string) {
  const server = await sharedServer(18)
  const database = await createDatabase(server, 'analyze')
  await runSql(server, database, sql)
  const told: string[] = []
  const analyzing = analyzeDatabase({
    target: await openTestServer(server, 'target'),
    database,
    name: database,
    jobs: 2,
    signal: new AbortController().signal,
    onTable: (done, total) => told.push(`${done}/${total}`),
    finding: () => undefined,
  })
  return { analyzing, told, read: (query: string) => runSql(server, database, query) }
}

describe('ANALYZE of a database', () => {
  test('reaches every table, small ones many at a time', async () => {
    const { analyzing, told, read } = await analyze(manyTables)
    await analyzing
    const without = await read(
      `select c.relname from pg_class c
        where c.relkind in ('r', 'm', 'p') and c.relnamespace = 'public'::regnamespace
          and not exists (select from pg_statistic s where s.starelid = c.oid)`,
    )
    expect(without).toEqual([])
    // 90 small tables in three batches, the view with the last of them, the big table, and the partitioned one.
    expect(told).toHaveLength(5)
    expect(told).toContain('93/93')
  })

  test('names the table that fails among many', async () => {
    const { analyzing } = await analyze(`${manyTables};
      create function fail(i int) returns int immutable language plpgsql as
        $$ begin if current_setting('test.fails', true) = 'on' then raise 'no % today', i; end if; return i; end $$;
      create index on small_7 (fail(id));
      do $$ begin execute format('alter database %I set test.fails = on', current_database()); end $$`)
    await expect(analyzing).rejects.toThrow(/^Could not analyze "public"\."small_7": no \d today/)
  })
})
