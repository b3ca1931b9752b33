/** Calls that a dump prints as they are, and the target reads as calls of a function or operator that is newer than what calls it. */
import { expect, it } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { validateDatabase } from '../../../src/validate/index.js'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  type TestServer,
} from '../../support/servers.js'

const functions = (type: string) => `
  create function f(${type}) returns text language plpgsql immutable as $$ begin return '${type}'; end $$;
  create function same(${type}, ${type}) returns bool language sql as $$ select '${type}' <> '' $$;
  create operator ### (leftarg = ${type}, rightarg = ${type}, procedure = same);`

const objects = `
  create domain d as text check (f(value) <> 'x') default f(7);
  create function checked() returns trigger language plpgsql as $$ begin return new; end $$;
  create table t (a int check (f(a) <> 'x'), b text default f(1), c bigint);
  create index i on t (f(a));
  create index j on t (a) where f(a) <> 'x';
  create view v as select f(a), f(c) as c, a::bigint ### c from t;
  create materialized view m as select a ### a from t;
  create policy p on t using (f(a) <> 'x');
  create trigger g before insert on t for each row when (f(new.a) <> 'x') execute procedure checked();
  create rule r as on update to t where f(new.a) = 'x' do also select 1;
  create table k (a int) partition by range (f(a));
  create function z(x text default f(1)) returns text language sql as $$ select $1 $$;`

const since12 = `create table n (a int, g text generated always as (f(a)) stored);`

const since14 = `
  create function z_body(x int) returns text begin atomic select f(x); end;
  create statistics s on f(a), b from t;`

const forms = (major: number) =>
  objects + (major >= 12 ? since12 : '') + (major >= 14 ? since14 : '')

async function differencesOf(source: TestServer, database: string, restored: string) {
  const { differences } = await validateDatabase({
    source: { server: await openTestServer(source, 'source'), database },
    target: { server: await openTestServer(await sharedServer(18), 'target'), database: restored },
    level: 'counts',
    queries: [],
    jobs: 2,
    log: silentLog,
    signal: new AbortController().signal,
  })
  return differences
}

it.each([
  [10, []],
  [12, ['column public.n.g']],
  [14, ['column public.n.g', 'extended statistics public.s', 'function public.z_body(x integer)']],
])('are differences of what calls them, %d to 18', async (major, more) => {
  const [source, target] = [await sharedServer(major), await sharedServer(18)]
  const database = await createDatabase(source)
  await runSql(source, database, functions('anyelement') + forms(major) + functions('int'))
  const restored = await dumpAndRestore(source, database, target)
  // A dump writes a domain before the functions that it does not need.
  await runSql(source, database, functions('text'))
  await runSql(
    target,
    restored,
    `${functions('text')} alter domain d drop constraint d_check; alter domain d add constraint d_check check (f(value) <> 'x')`,
  )
  const differences = await differencesOf(source, database, restored)
  const found = [
    'column public.t.b',
    'constraint public.t: t_a_check',
    'domain public.d',
    'function public.z(x text)',
    'index public.i',
    'index public.j',
    'materialized view public.m',
    'partitioned table public.k',
    'policy public.t: p',
    'rule public.t: r',
    'trigger public.t: g',
    'view public.v',
  ]
  expect(differences.map(({ kind, object }) => `${kind} ${object}`).sort()).toEqual(
    [...found, ...more].sort(),
  )
  expect(differences.find(({ object }) => object === 'public.v')).toEqual({
    kind: 'view',
    object: 'public.v',
    source: 'calls: ["public.###(anyelement, anyelement)","public.f(anyelement)"]',
    target:
      'calls: ["public.###(anyelement, anyelement)","public.f(anyelement)","public.f(integer)"]',
  })
})

it.each([10, 12, 14, 17])(
  'are no differences where they were called before, %d to 18',
  async (major) => {
    const source = await sharedServer(major)
    const database = await createDatabase(source)
    await runSql(source, database, functions('anyelement') + functions('int') + forms(major))
    const restored = await dumpAndRestore(source, database, await sharedServer(18))
    expect(await differencesOf(source, database, restored)).toEqual([])
  },
)

it('come in one order, also where the target quotes a word that the source does not', async () => {
  const source = await sharedServer(14)
  const database = await createDatabase(source)
  await runSql(
    source,
    database,
    `create schema system_user;
     create type system_user.kind as enum ('a');
     create type kind as enum ('a');
     create function system_user.f(system_user.kind) returns int language sql immutable as 'select 1';
     create function f(kind) returns int language sql immutable as 'select 1';
     create view v as select f('a'::kind), system_user.f('a'::system_user.kind) as other;
     create operator family o using hash;
     alter operator family o using hash
       add function 1 (kind) f(kind), function 1 (system_user.kind) system_user.f(system_user.kind);
     create table system_user.t (a int);
     create table t (a int);
     create table child () inherits (t, system_user.t);`,
  )
  const restored = await dumpAndRestore(source, database, await sharedServer(18))
  expect(await differencesOf(source, database, restored)).toEqual([])
})
