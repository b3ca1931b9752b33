import { expect, it } from '@jest/globals'
import pg from 'pg'
import { explainingChanges, throwIfChanged } from '../../../src/phases/explain-changes.js'
import { silentLog } from '../../../src/log.js'
import { exportSnapshot } from '../../../src/server/index.js'
import { validateDatabase } from '../../../src/validate/index.js'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  type TestServer,
} from '../../support/servers.js'

const schema = `
  create table b as select i from generate_series(1, 10) i; create table c (a int);
  create view v as select i from b; create materialized view mv as select count(*) from c;
  create function f(int) returns int language sql as 'select 1';
  create aggregate ag (int) (sfunc = int4pl, stype = int);
  create sequence sq; create type e as enum ('a'); comment on type e is 'letters';
  create schema side; create function side.g() returns int language sql as 'select 1';
  select lo_from_bytea(i, 'abc') from generate_series(5001, 5003) i; comment on large object 5001 is 'first'`

/** Moves a database by hand, lets `change` happen on the source, and compares in the snapshot from before. */
async function compareAfter(
  server: TestServer,
  database: string,
  change: () => Promise<unknown>,
): Promise<unknown> {
  const [source, targetServer] = [await openTestServer(server, 'source'), await sharedServer(18)]
  const snapshot = await exportSnapshot(source, database)
  try {
    const restored = await dumpAndRestore(server, database, targetServer)
    await change()
    const { differences } = await explainingChanges(source, snapshot, async () =>
      validateDatabase({
        source: { server: source, database, snapshot },
        target: { server: await openTestServer(targetServer, 'target'), database: restored },
        level: 'checksums',
        queries: [],
        jobs: 2,
        log: silentLog,
        signal: new AbortController().signal,
      }),
    )
    await throwIfChanged(source, snapshot, differences)
    return differences
  } catch (error) {
    return error
  } finally {
    await snapshot.release()
  }
}

it.each([13, 15])(
  'what sessions of %d take with them, and large objects, may go',
  async (major) => {
    const server = await sharedServer(major)
    const database = await createDatabase(server)
    await runSql(server, database, schema)
    const { host, port, user, password } = server
    const session = new pg.Client({ host, port, user, password, database })
    await session.connect()
    await session.query(`
    create temporary table tt (a int default 3 check (a > 0)); create temporary view tv as select * from tt;
    create function pg_temp.tf() returns int language sql as 'select 1'; create type pg_temp.ct as (a int);
    create domain pg_temp.dm as int check (value > 0); create temporary sequence ts; create collation pg_temp.co from "C";
    comment on function pg_temp.tf() is 'mine'; comment on table tt is 'mine'; comment on column tt.a is 'mine';
    comment on constraint tt_a_check on tt is 'mine'; comment on type pg_temp.ct is 'mine';
    comment on collation pg_temp.co is 'mine'; grant select (a) on tt to public`)
    const found = await compareAfter(server, database, async () => {
      await session.end()
      await runSql(server, database, 'select lo_unlink(5001)')
    })
    expect(found).toEqual([])
  },
)

it.each([
  ['drop function f(int)', 'function public.f (dropped)'],
  ['drop aggregate ag(int)', 'function public.ag (dropped)'],
  ['drop schema side cascade', 'schema side (dropped)'],
  ['drop view v', 'view public.v (dropped)'],
  ['drop materialized view mv', 'materialized view public.mv (dropped)'],
  ['drop sequence sq', 'sequence public.sq (dropped)'],
  ['drop type e', 'type public.e (dropped)'],
  ['alter view v rename to w', 'view public.v (changed)'],
])('%s on the source is named, not taken for a difference', async (change, told) => {
  for (const major of [13, 15]) {
    const server = await sharedServer(major)
    const database = await createDatabase(server)
    await runSql(server, database, schema)
    const found = await compareAfter(server, database, () => runSql(server, database, change))
    expect(found).toMatchObject({ code: 'definitions-changed', side: 'source' })
    expect(String(found)).toContain(told)
  }
})

it('a change that no difference is about explains nothing', async () => {
  const server = await sharedServer(15)
  const database = await createDatabase(server)
  await runSql(server, database, schema)
  const found = await compareAfter(server, database, async () => {
    await runSql(server, database, 'refresh materialized view mv')
  })
  expect(found).toEqual([])
})

it('a label that only the target does not know is explained by the type that was changed, told once', async () => {
  const server = await sharedServer(15)
  const database = await createDatabase(server)
  await runSql(server, database, `create type mood as enum ('low', 'high')`)
  const source = await openTestServer(server, 'source')
  const snapshot = await exportSnapshot(source, database)
  try {
    const targetServer = await sharedServer(18)
    const restored = await dumpAndRestore(server, database, targetServer)
    await runSql(
      server,
      database,
      `alter type mood rename value 'low' to 'calm'; alter type mood rename value 'high' to 'wild'`,
    )
    const target = await openTestServer(targetServer, 'target')
    const arriving = explainingChanges(source, snapshot, () =>
      target.withSession(restored, (session) => session.query(`select 'calm'::public.mood`)),
    )
    await expect(arriving).rejects.toMatchObject({
      code: 'definitions-changed',
      message: expect.stringMatching(/moved: type public\.mood \(changed\)\. /) as unknown,
    })
  } finally {
    await snapshot.release()
  }
})
