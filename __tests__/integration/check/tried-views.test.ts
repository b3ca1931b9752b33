/** Which materialized views are tried by the checks: those that only superusers and the run's own role can change. */
import { beforeAll, expect, test } from '@jest/globals'
import { runSql, uniqueName } from '../../support/servers.js'
import { findingsAfter, openPair, type Pair } from './pair.js'

let pair: Pair
let fifteen: Pair
const one = uniqueName('one')

beforeAll(async () => {
  pair = await openPair(13, 18)
  fifteen = await openPair(15, 18)
  for (const { sourceServer } of [pair, fifteen]) {
    await runSql(sourceServer, 'postgres', `create role ${one}`)
  }
})

test.each([
  ['the view itself', 'select a from base', `alter materialized view m owner to ${one}`],
  ['a table', 'select a from base', `alter table base owner to ${one}`],
  ['a view', 'select a from v', `grant select on base to ${one}; alter view v owner to ${one}`],
  ['a partition', 'select a from parent', `alter table part owner to ${one}`],
  ['the type of a column', 'select b.a from base b, typed', `alter type colour owner to ${one}`],
  ['a domain', `select a, '{1}'::d[] as d from base`, `alter domain d owner to ${one}`],
  [
    'the function of a domain',
    `select a, '{1}'::d[] as d from base`,
    `alter function loud owner to ${one}`,
  ],
  [
    'the function of an index',
    'select a from indexed',
    `create index on indexed ((a + loud(1))); alter function loud owner to ${one}`,
  ],
  ['a schema', 'select a from s.base', `alter schema s owner to ${one}`],
])(
  'view-not-fillable tries no view where %s is of somebody else',
  async (_title, query, change) => {
    const sql = `create table base (a int); create view v as select a from base; create table indexed (a int);
    create table parent (a int) partition by list (a); create table part partition of parent default;
    create type colour as enum ('red'); create table typed (colour colour);
    create function loud(int) returns int immutable language plpgsql as 'begin return $1; end';
    create domain d as int check (loud(value) > 0); create schema s; create table s.base (a int);
    create materialized view m as ${query}; create unique index on m (a);
    insert into base values (1), (1); insert into parent values (1), (1); insert into indexed values (1), (1);
    insert into s.base values (1), (1); insert into typed values ('red')`
    const check = 'view-not-fillable'
    expect(await findingsAfter(pair, check, sql)).toEqual([
      expect.objectContaining({ severity: 'blocking', object: 'public.m_a_idx' }),
    ])
    expect(await findingsAfter(pair, check, `${sql}; ${change}`)).toEqual([
      expect.objectContaining({
        severity: 'note',
        message: expect.stringContaining('for: public.m.'),
      }),
    ])
  },
)

test('view-not-fillable tries no view of the schema that belongs to whoever owns the database', async () => {
  const sql = (owner: string) =>
    `create table base (a int); create materialized view m as select a from base; create unique index on m (a);
     insert into base values (1), (1);
     do $$ begin execute format('alter database %I owner to ${owner}', current_database()); end $$`
  for (const [owner, severity] of [
    ['postgres', 'blocking'],
    [one, 'note'],
  ] as const) {
    const findings = await findingsAfter(fifteen, 'view-not-fillable', sql(owner))
    expect(findings).toEqual([expect.objectContaining({ severity })])
  }
})

test("view-not-fillable sees the cast of an array's elements on 10, too", async () => {
  const ten = await openPair(10, 18)
  const sql = `create type colour as enum ('red'); create table t (a colour[]);
    create function loud(colour) returns text language plpgsql as 'begin return 1; end';
    create cast (colour as text) with function loud(colour);
    create materialized view m as select a::text[] as a from t; create unique index on m (a);
    insert into t values ('{red}'), ('{red}')`
  expect(await findingsAfter(ten, 'view-not-fillable', sql)).toEqual([
    expect.objectContaining({ severity: 'note' }),
  ])
})
