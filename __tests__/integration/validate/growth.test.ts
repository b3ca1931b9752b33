/** What reading the catalogs costs grows with the objects, not with their square: ten thousands of them are nothing rare. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { validateDatabase } from '../../../src/validate/index.js'
import { createDatabase, runSql } from '../../support/servers.js'
import { findingsInDatabases, openPair, type Pair } from '../check/pair.js'

const few = 150
const times = 4
/** Four times as many objects: four times as much, or sixteen times. */
const mostGrowth = 8

/** As of a catalog that does not fit into the memory that a query may take. */
const fill = (objects: number) => `
  do $$ begin
    create table parted (id int, at timestamptz, what text) partition by list (id);
    for i in 1..${objects} loop
      execute format('create type e%s as enum (%L)', i, 'a');
      execute format('create domain d%s as text collate "C" check (value <> %L)', i, 'x');
      execute format('create function f%s(int, e%s[]) returns int immutable language sql as %L', i, i, 'select $1');
      execute format('create table t%s (id serial primary key, e e%s[] default %L, d d%s, check (f%s(id, e) > 0))', i, i, '{}', i, i);
      execute format('create view v%s as select id, f%s(id, e) as f from t%s', i, i, i);
      execute format('create index on t%s (f%s(id, null))', i, i);
      execute format('create table parted_%s partition of parted for values in (%s)', i, i);
      execute format('comment on table t%s is %L; grant select on t%s to pg_monitor', i, 'c', i);
    end loop;
    execute format('alter database %I set work_mem = %L', current_database(), '64kB');
  end $$`

let pair: Pair
beforeAll(async () => {
  pair = await openPair(15, 18)
})

const compare = async (database: string): Promise<void> => {
  const side = { server: pair.source, database }
  const { differences } = await validateDatabase({
    source: side,
    target: side,
    level: 'counts',
    queries: [],
    jobs: 2,
    log: silentLog,
    signal: new AbortController().signal,
  })
  expect(differences).toEqual([])
}

const check = async (database: string): Promise<void> => {
  const findings = await findingsInDatabases(pair, [database])
  expect(findings.filter(({ severity }) => severity === 'blocking')).toEqual([])
}

/** Pages of the catalogs and their indexes that the work has read; sessions tell when they end. */
async function pagesRead(
  objects: number,
  work: (database: string) => Promise<void>,
): Promise<number> {
  const database = await createDatabase(pair.sourceServer)
  await runSql(pair.sourceServer, database, fill(objects))
  await runSql(pair.sourceServer, database, 'analyze')
  const read = async (): Promise<number> => {
    const [row] = await runSql<{ pages: number }>(
      pair.sourceServer,
      database,
      // Those that all databases share are read by other tests, too.
      `select sum(s.heap_blks_hit + s.heap_blks_read + coalesce(s.idx_blks_hit + s.idx_blks_read, 0))::float8 as pages
         from pg_statio_sys_tables s join pg_class c on c.oid = s.relid where not c.relisshared`,
    )
    return row?.pages ?? 0
  }
  const before = await read()
  await work(database)
  return (await read()) - before
}

describe('the catalogs are read in proportion to what they hold', () => {
  test.each([
    ['by the checks', check],
    ['by the comparison of all objects', compare],
  ])('%s', async (_, work) => {
    const base = await pagesRead(1, work)
    const small = (await pagesRead(few, work)) - base
    const large = (await pagesRead(few * times, work)) - base
    expect(small).toBeGreaterThan(few)
    expect(large / small).toBeLessThan(mostGrowth)
  })
})
