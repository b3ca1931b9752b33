/** What stands in the way of filling materialized views anew: policies, privileges, and servers behind foreign tables. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { openTestServer, runSql, uniqueName } from '../../support/servers.js'
import {
  findingsAfter,
  findingsAfterRemedies,
  findingsOfCheck,
  openPair,
  type Pair,
} from './pair.js'

let pair: Pair
let fifteen: Pair
const [one, other, exempt] = [uniqueName('one'), uniqueName('other'), uniqueName('exempt')]

beforeAll(async () => {
  pair = await openPair(13, 18)
  fifteen = await openPair(15, 18)
  for (const { sourceServer } of [pair, fifteen]) {
    await runSql(
      sourceServer,
      'postgres',
      `create role ${one}; create role ${other}; create role ${exempt} bypassrls`,
    )
  }
})

const plainTable = `create table t (a int); grant select on t to public;`
const table = `${plainTable} alter table t enable row level security;`
const view = (owner: string, from = 't') =>
  `create materialized view m as select a from ${from}; alter materialized view m owner to ${owner};`

test.each([
  ['policies of a table of somebody else', `${table} ${view(one)}`],
  [
    'policies that are forced upon the owner of the table',
    `${table} alter table t force row level security, owner to ${one}; ${view(one)}`,
  ],
  [
    'policies that apply to the owner of a view in between',
    `${table} create view v as select a from t; alter view v owner to ${one};
     create view w as select a from v; ${view(exempt, 'w')}`,
  ],
  [
    'policies of a table that only a subquery reads',
    `${table} create table u (a int); grant select on u to ${one};
     ${view(one, 'u where a in (select a from t)')}`,
  ],
])('view-row-security finds %s', async (_title, sql) => {
  expect(await findingsAfter(pair, 'view-row-security', sql)).toEqual([
    expect.objectContaining({
      severity: 'warning',
      object: 'public.m',
      message: expect.stringContaining(
        `reads public.t, where row-level security applies to the role "${one}"`,
      ),
    }),
  ])
})

test('view-row-security looks through a security_invoker view with the eyes of whoever uses it', async () => {
  const sql = (isInvoker: string) =>
    `${table} create view v with (security_invoker = ${isInvoker}) as select a from t;
     alter view v owner to ${exempt}; grant select on v to ${one}; ${view(one, 'v')}`
  expect(await findingsAfter(fifteen, 'view-row-security', sql('on'))).toHaveLength(1)
  expect(await findingsAfter(fifteen, 'view-row-security', sql('off'))).toEqual([])
})

test.each([
  [
    'its owner was denied since',
    `${plainTable} ${view(one)} revoke select on t from public`,
    'public.t',
  ],
  [
    'the owner of a view in between was denied since',
    `${plainTable} create view v as select a from t; alter view v owner to ${other};
     grant select on v to ${one}; ${view(one, 'v')} revoke select on t from public`,
    'public.t',
  ],
  [
    'is a materialized view too',
    `${plainTable} create materialized view below as select a from t; ${view(one, 'below')}`,
    'public.below',
  ],
])('view-not-readable finds what %s', async (_title, sql, relation) => {
  const findings = await findingsAfter(pair, 'view-not-readable', sql)
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'blocking',
      object: 'public.m',
      message: expect.stringContaining(`The materialized view public.m reads ${relation}, which`),
    }),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

const notPublic = 'revoke execute on function f(int) from public;'
const createFunction =
  "create function f(int) returns int immutable language plpgsql as 'begin return $1; end';"
test.each([
  ['in its query', `${createFunction} create materialized view m as select f(1) as a;`],
  [
    'in an index of it',
    `${createFunction} create materialized view m as select 1 as a; create index on m (f(a));`,
  ],
  [
    'behind an operator in a view inside it, which another owns',
    `${createFunction} create operator public.!!! (rightarg = int, function = f);
     create view v as select operator(public.!!!) 1 as a; grant select on v to ${one};
     alter view v owner to ${exempt}; create materialized view m as select a from v;`,
  ],
])('view-not-readable finds a function %s that the owner may not call', async (_title, sql) => {
  const findings = await findingsAfter(
    pair,
    'view-not-readable',
    `${sql} ${notPublic} grant execute on function f(int) to ${exempt}; alter materialized view m owner to ${one}`,
  )
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'blocking',
      object: 'public.m',
      message: expect.stringMatching(/ calls public\.f\(integer\), which the role .+ may not call/),
    }),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

describe('what the owner of a materialized view may only do by something that does not arrive', () => {
  const [group, boss, reader] = [uniqueName('group'), uniqueName('boss'), uniqueName('reader')]
  const [open, administrator] = [uniqueName('open'), uniqueName('admin')]
  let byAdministrator: Pair

  beforeAll(async () => {
    const { sourceServer, targetServer } = fifteen
    await runSql(
      sourceServer,
      'postgres',
      `create role ${group}; create role ${open}; create role ${boss} superuser;
       create role ${reader} in role ${group}, ${open}, pg_read_all_data, pg_monitor`,
    )
    // On 18 who creates a role administers it, and nobody else does.
    await runSql(
      targetServer,
      'postgres',
      `create role ${group}; create role ${administrator} login createdb createrole password 'secret'`,
    )
    const as = { user: administrator, password: 'secret' }
    byAdministrator = { ...fifteen, target: await openTestServer(targetServer, 'target', as) }
  })

  const hidden = `create table t (a int); alter table t owner to ${other};`

  test.each([
    ['as a superuser', `${hidden} ${view(boss)}`, 'reads public.t'],
    ['by pg_read_all_data', `${hidden} ${view(reader)}`, 'reads public.t'],
    [
      'by a group',
      `${hidden} grant select (a) on t to ${group}; ${view(reader)}`,
      'reads public.t',
    ],
    [
      'with a function, as a superuser',
      `${createFunction} ${notPublic} alter function f(int) owner to ${other};
       create materialized view m as select f(1) as a; alter materialized view m owner to ${boss}`,
      'calls public.f(integer)',
    ],
    [
      'with a function of the system, by pg_monitor',
      `create materialized view m as select count(*) as a from pg_ls_waldir(); alter materialized view m owner to ${reader}`,
      'calls pg_catalog.pg_ls_waldir()',
    ],
  ])('view-not-readable finds what it reads %s', async (_title, sql, does) => {
    const findings = await findingsAfter(byAdministrator, 'view-not-readable', sql)
    expect(findings).toEqual([
      expect.objectContaining({
        severity: 'blocking',
        object: 'public.m',
        message: expect.stringMatching(
          / only on the source, as a superuser or by a membership that is not carried over/,
        ),
      }),
    ])
    expect(findings[0]?.message).toContain(does)
    const [{ database = '' } = {}] = findings
    expect(await findingsOfCheck(fifteen, 'view-not-readable', [database])).toEqual([])
    expect(await findingsAfterRemedies(byAdministrator, findings)).toEqual([])
  })

  test('view-not-readable says nothing of what arrives: a group that the run creates, and privileges of its own', async () => {
    const sql = `${hidden} grant select on t to ${open}; create table u (a int); grant select on u to ${reader}; ${view(reader, 't natural join u')}`
    expect(await findingsAfter(byAdministrator, 'view-not-readable', sql)).toEqual([])
  })
})

test('view-foreign-table names the foreign table and its server', async () => {
  // Where nothing can be found, PostgreSQL does not ask the other server.
  const sql = `create extension postgres_fdw; create server "The Other" foreign data wrapper postgres_fdw;
    create foreign table f (a int) server "The Other"; create view v as select a from f where false;
    create materialized view m as select a from v`
  expect(await findingsAfter(pair, 'view-foreign-table', sql)).toEqual([
    expect.objectContaining({
      severity: 'warning',
      object: 'public.m',
      message: expect.stringContaining('reads public.f on the server "The Other".'),
    }),
  ])
})

const base = `create table base (a int, b text collate "C"); insert into base values (1, 'x'), (null, 'y');`
/** Materialized views, each with a unique index: the key, what is behind it, and the query. */
const withIndexes = (views: readonly (readonly [name: string, key: string, query: string])[]) =>
  views
    .map(
      ([name, key, query]) =>
        `create materialized view "${name}" as ${query}; create unique index "${name}_key" on "${name}" ${key};`,
    )
    .join(' ')

test('view-not-fillable finds views whose queries have come to yield what their unique indexes forbid', async () => {
  const views = withIndexes([
    ['A', '(a)', 'select a, b from base'],
    [
      'expression',
      '((a / 2), "The b")',
      'select a, lower(b) as "The b" from (select * from base) s',
    ],
    ['one row', '((1))', 'select a from base where a > 0'],
    ['part', '(b collate loose) where a = 1', `select a, b, date_trunc('day', now()) from v`],
    ['nulls', '(a) nulls not distinct', 'select a from base'],
    ['of one null', '(n)', 'select nullif(a, a) as n from base'],
    ['other part', '(b collate loose) where a = 2', 'select a, b from base'],
    ['other sorting', '(b)', 'select distinct b from base'],
    [
      'failing',
      '(a)',
      'select a, 1 / (length(b) - 3) as q from base where b = $$x$$ or 1 / (length(b) - 3) > 9',
    ],
  ])
  const findings = await findingsAfter(
    fifteen,
    'view-not-fillable',
    `create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
     ${base} create view v as select * from base; ${views}
     insert into base values (1, 'X'), (null, 'y'), (2, 'q'), (5, 'abc')`,
  )
  const refused = ['"A_key"', '"one row_key"', 'expression_key', 'nulls_key', 'part_key']
  expect(findings.map(({ severity, object }) => [severity, object])).toEqual(
    [...refused, 'failing'].map((name) => ['blocking', `public.${name}`]),
  )
  expect(findings[0]?.message).toContain(
    'public."A" cannot be filled: its query now yields several rows for one value of (a),',
  )
  expect(findings.at(-1)?.message).toContain('The source says: division by zero')
  const [{ database = '' } = {}] = findings
  const refreshed = (view: string) =>
    runSql(fifteen.sourceServer, database, `refresh materialized view ${view}`)
  for (const view of ['"A"', '"one row"', 'expression', 'nulls', 'part', 'failing']) {
    await expect(refreshed(view)).rejects.toThrow(/could not create unique index|division by zero/)
  }
  for (const view of ['"of one null"', '"other part"', '"other sorting"']) await refreshed(view)
  expect(await findingsAfterRemedies(fifteen, findings)).toEqual([])
})

test("view-not-fillable runs no code but the system's, and notes what it has not seen", async () => {
  const views = withIndexes([
    ['calls', '(loud)', 'select loud(a) from base'],
    ['calls below', '(loud)', 'select * from v'],
    ['casts', '(a)', 'select a, to_json(colour) from base, coloured'],
    ['checks', '(d)', 'select a::d as d from base where a is not null'],
    ['reads another', '(a)', 'select a from "system"'],
    ['exports', '(a)', 'select a from w'],
    ['hides', '(h)', 'select h from hidden'],
  ])
  const findings = await findingsAfter(
    pair,
    'view-not-fillable',
    `${base} create function loud(int) returns int immutable language plpgsql as 'begin return $1; end';
     create domain d as int check (loud(value) > 0); create type colour as enum ('red'); create table coloured (colour colour);
     create function to_json(colour) returns json language plpgsql as 'begin return null; end';
     create cast (colour as json) with function to_json(colour);
     create view v as select loud(a) from base; create view w as select a, b from base;
     create table hidden (h int); alter table hidden enable row level security;
     ${withIndexes([['system', '(a)', 'select a from base']])} ${views}
     create or replace view w as select a, b from base where 1 / length(set_config('application_name', '', false)) > 0;
     create or replace function loud(int) returns int immutable language plpgsql as 'begin raise division_by_zero; end';
     create or replace function to_json(colour) returns json language plpgsql as 'begin raise division_by_zero; end';
     insert into coloured values ('red')`,
  )
  const listed = [
    'calls',
    '"calls below"',
    'casts',
    'checks',
    'exports',
    'hides',
    '"reads another"',
  ]
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'note',
      message: expect.stringContaining('It was not seen'),
    }),
  ])
  for (const view of listed)
    expect(findings[0]?.remedy).toContain(`materialized view public.${view};`)
  expect(findings[0]?.remedy).not.toContain('public.system;')
})

test.each([
  ["is of the table's own owner", `${table} alter table t owner to ${one}; ${view(one)}`],
  [
    "is of a member of the table's owner",
    `${table} alter table t owner to ${other}; grant ${other} to ${one}; ${view(one)}`,
  ],
  ['is of a role that is exempt', `${table} ${view(exempt)}`],
  [
    'yields what its unique index allows',
    `${base} ${withIndexes([['m', '(a)', 'select a from base where b < $$y$$']])} insert into base values (2, 'x'), (1, 'y')`,
  ],
  ['is of a superuser', `${table} create materialized view m as select a from t`],
  [
    'reads a table whose policies are not enabled',
    `${plainTable} create policy p on t using (false); ${view(one)}`,
  ],
  [
    'is not filled',
    `${table} create materialized view m as select a from t with no data;
     alter materialized view m owner to ${one}; revoke select on t from public`,
  ],
  [
    'has another one between it and the table',
    `${table} create materialized view below as select a from t; grant select on below to ${one};
     ${view(one, 'below')}`,
  ],
  [
    'reads a view that its own owner may not read',
    `${plainTable} create view v as select a from t; alter view v owner to ${other};
     grant select on v to ${one}; revoke select on v from ${other}; ${view(one, 'v')}`,
  ],
  [
    'may read one column, and its owner may not read the view itself',
    `create table t (a int, b int); grant select (a) on t to ${one}; ${view(one)}
     revoke select on m from ${one}`,
  ],
])('nothing is found where a materialized view %s', async (_title, sql) => {
  for (const check of [
    'view-row-security',
    'view-not-readable',
    'view-foreign-table',
    'view-not-fillable',
  ]) {
    expect(await findingsAfter(pair, check, sql)).toEqual([])
  }
})
