/** What stands in the way of filling materialized views anew: policies, privileges, and servers behind foreign tables. */
import { beforeAll, expect, test } from '@jest/globals'
import { runSql, uniqueName } from '../../support/servers.js'
import { findingsAfter, findingsAfterRemedies, openPair, type Pair } from './pair.js'

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
  const [refused] = await findingsAfter(pair, 'view-row-security', sql, { method: 'plain' })
  expect(refused).toMatchObject({ severity: 'blocking', object: 'public.m' })
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

test.each([
  ["is of the table's own owner", `${table} alter table t owner to ${one}; ${view(one)}`],
  [
    "is of a member of the table's owner",
    `${table} alter table t owner to ${other}; grant ${other} to ${one}; ${view(one)}`,
  ],
  ['is of a role that is exempt', `${table} ${view(exempt)}`],
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
  for (const check of ['view-row-security', 'view-not-readable', 'view-foreign-table']) {
    expect(await findingsAfter(pair, check, sql)).toEqual([])
  }
})
