/** What a restore trips over: functions that need a search_path, and children that dropped a NOT NULL. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { findingsAfter, findingsAfterRemedies, openPair, type Pair } from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(13, 18)
})

const helper = `create function helper(int) returns int immutable language sql as 'select $1 + 1';`
const outer = `${helper} create function outer_f(int) returns int immutable language plpgsql
  as 'begin return helper($1); end';`

describe('search-path', () => {
  test.each([
    ['a check', `create table t (a int check (outer_f(a) > 0)); insert into t values (1)`],
    ['an index expression', `create table t (a int); create index i on t (outer_f(a))`],
    ['an index predicate', `create table t (a int); create index i on t (a) where outer_f(a) > 0`],
    [
      'a generated column',
      `create table t (a int, b int generated always as (outer_f(a)) stored); insert into t values (1)`,
    ],
    [
      'a partition key',
      `create table t (a int) partition by range ((outer_f(a)));
       create table p partition of t default; insert into t values (1)`,
    ],
    ['a materialized view', `create materialized view m as select outer_f(1)`],
    [
      'a view below a materialized view',
      `create view v as select outer_f(1); create materialized view m as select * from v`,
    ],
    [
      'a domain in use',
      `create domain d as int check (outer_f(value) > 0); create table t (a d); insert into t values (1)`,
    ],
    [
      'an operator in a check',
      `create operator #!# (rightarg = int, procedure = outer_f);
       create table t (a int check (#!# a > 0)); insert into t values (1)`,
    ],
    [
      'a function that is called with its schema by another',
      `create function outermost(int) returns int immutable language sql as 'select public.outer_f($1)';
       create table t (a int); create index i on t (outermost(a))`,
    ],
  ])('finds a function that needs one in %s', async (_title, sql) => {
    const findings = await findingsAfter(pair, 'search-path', outer + sql)
    expect(findings).toEqual([expect.objectContaining({ severity: 'blocking' })])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test.each([
    ['qualified', helper.replace('$1 + 1', 'public.helper2($1)').replace(/^/, helper2())],
    [
      'with a search_path of its own',
      `${outer} alter function outer_f(int) set search_path = public`,
    ],
  ])('finds nothing where names are %s', async (_title, sql) => {
    const use = `create table t (a int check (${sql.includes('outer_f') ? 'outer_f' : 'helper'}(a) > 0));
      insert into t values (1);`
    expect(await findingsAfter(pair, 'search-path', `${sql}; ${use}`)).toEqual([])
  })

  test('finds nothing where a table with the check is empty', async () => {
    const sql = `${outer} create table t (a int check (outer_f(a) > 0))`
    expect(await findingsAfter(pair, 'search-path', sql)).toEqual([])
  })

  test('does not run the function', async () => {
    const sql = `create function loud(int) returns int immutable language plpgsql
        as 'begin raise exception ''called''; return helper($1); end';
      create table t (a int); create index i on t (loud(a));`
    const findings = await findingsAfter(pair, 'search-path', helper + sql)
    expect(findings).toEqual([expect.objectContaining({ object: 'public.i' })])
  })
})

function helper2(): string {
  return `create function helper2(int) returns int immutable language sql as 'select $1 + 1'; `
}

describe('not-null-dropped', () => {
  const tables = `create table par (a int not null, b int not null); create table chi () inherits (par);`

  test('blocks where the child holds nulls', async () => {
    const findings = await findingsAfter(
      pair,
      'not-null-dropped',
      `${tables} alter table chi alter column a drop not null; insert into chi values (null, 1)`,
    )
    expect(findings).toEqual([
      expect.objectContaining({ severity: 'blocking', object: 'public.chi.a' }),
    ])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('warns where it could', async () => {
    const findings = await findingsAfter(
      pair,
      'not-null-dropped',
      `${tables} alter table chi alter column a drop not null; insert into chi values (1, 1)`,
    )
    expect(findings).toEqual([expect.objectContaining({ severity: 'warning' })])
    expect(await findingsAfterRemedies(pair, findings, { alternative: 1 })).toEqual([])
  })

  test('says nothing of a child that kept it', async () => {
    expect(await findingsAfter(pair, 'not-null-dropped', tables)).toEqual([])
  })
})
