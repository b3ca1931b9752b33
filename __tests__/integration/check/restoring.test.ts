/** What a restore trips over: functions that need a search_path, children unlike their parents, constraints that are off. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
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
      'a domain over a domain',
      `create domain d as int check (outer_f(value) > 0); create domain e as d; create table t (a e); insert into t values (1)`,
    ],
    [
      'an array of a range of rows with a domain',
      `create domain d as int check (outer_f(value) > 0); create type r as range (subtype = d);
       create type c as (r r); create table t (a c[]); insert into t values (array[row('[1,2)'::r)::c])`,
    ],
    [
      'an aggregate in a materialized view',
      `create function add(int, int) returns int immutable language plpgsql as 'begin return $1 + helper($2); end';
       create aggregate total(int) (sfunc = add, stype = int, initcond = '0');
       create materialized view m as select total(1)`,
    ],
    [
      'an operator class of an index',
      `create type c as (a int);
       create function compare(c, c) returns int immutable language plpgsql as 'begin return helper($1.a) - helper($2.a); end';
       create operator class by_a for type c using btree as function 1 compare(c, c);
       create table t (a c); create index i on t (a by_a)`,
    ],
    [
      'an operator class of a partition key',
      `create function hashed(int, int8) returns int8 immutable language sql as 'select helper($1)::int8';
       create operator class hash_own for type int using hash as operator 1 =, function 2 hashed(int, int8);
       create table t (a int) partition by hash (a hash_own);
       create table p partition of t for values with (modulus 1, remainder 0); insert into t values (1)`,
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

  test('finds one that a function with an SQL-standard body calls, unless that one sets the search_path', async () => {
    const bound = `${outer} create function bound_f(a int) returns int immutable language sql begin atomic; select outer_f(a); end;
      create table t (a int check (bound_f(a) > 0)); insert into t values (1);`
    const later = await openPair(14, 18)
    const findings = await findingsAfter(later, 'search-path', bound)
    expect(findings).toEqual([expect.objectContaining({ severity: 'blocking' })])
    expect(await findingsAfterRemedies(later, findings)).toEqual([])
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

  test('says nothing where the parent has it for itself alone', async () => {
    const sql = `create table par (a int not null no inherit); create table chi () inherits (par);
      insert into chi values (null)`
    expect(await findingsAfter(await openPair(18, 18), 'not-null-dropped', sql)).toEqual([])
  })
})

describe('constraint-disabled', () => {
  const tables = `create table other (k int primary key);
    create table tree (id int, k int constraint known references other) partition by list (id);
    create table leaf partition of tree for values in (1); create table leaf2 partition of tree for values in (2);
    create table plain (k int references other);`

  test('blocks where a dump would name the triggers of a partition', async () => {
    const newer = await openPair(15, 18)
    const sql = `${tables} alter table leaf disable trigger all`
    const findings = await findingsAfter(newer, 'constraint-disabled', sql)
    expect(findings).toEqual([
      expect.objectContaining({ severity: 'blocking', object: 'known on public.leaf' }),
    ])
    expect(await findingsAfterRemedies(newer, findings)).toEqual([])
  })

  test.each([
    ['of a plain table', 'alter table plain disable trigger all', 'plain_k_fkey on public.plain'],
    ['of a partition before 15', 'alter table leaf disable trigger all', 'known on public.leaf'],
    [
      'that deferrable uniqueness needs',
      'create table once (a int unique deferrable); alter table once disable trigger all',
      'once_a_key on public.once',
    ],
  ])('warns of triggers %s', async (_title, sql, object) => {
    const findings = await findingsAfter(pair, 'constraint-disabled', `${tables} ${sql}`)
    expect(findings).toEqual([expect.objectContaining({ severity: 'warning', object })])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('says nothing where all triggers of constraints are on', async () => {
    const sql = `${tables} create function f() returns trigger language plpgsql as 'begin return new; end';
      create constraint trigger own after insert on plain for each row execute function f();
      alter table plain disable trigger own`
    expect(await findingsAfter(pair, 'constraint-disabled', sql)).toEqual([])
  })
})

describe('trigger-renamed', () => {
  const tables = `create function f() returns trigger language plpgsql as 'begin return null; end';
    create table p (a int) partition by range (a); create table q partition of p for values from (0) to (9) partition by range (a);
    create table "the Leaf" partition of q for values from (0) to (5);
    create trigger tr after insert on p for each row execute procedure f();`

  test('trigger-renamed finds what a dump would call by a name that the target does not give', async () => {
    for (const each of [pair, await openPair(12, 18)]) {
      const findings = await findingsAfter(
        each,
        'trigger-renamed',
        `${tables} alter table p disable trigger tr; alter table q disable trigger tr; alter table "the Leaf" enable trigger tr;
         alter trigger tr on p rename to "New"; alter trigger tr on q rename to other`,
      )
      expect(findings).toEqual([
        expect.objectContaining({ severity: 'blocking', object: 'tr on public."the Leaf"' }),
      ])
      expect(await findingsAfterRemedies(each, findings)).toEqual([])
      const [{ database = '' } = {}] = findings
      await dumpAndRestore(each.sourceServer, database, each.targetServer)
    }
  })

  test('trigger-renamed finds triggers of a partition that have the name that another gets', async () => {
    for (const each of [pair, await openPair(12, 18)]) {
      const own = 'for each row execute procedure f()'
      const findings = await findingsAfter(
        each,
        'trigger-renamed',
        `${tables} alter trigger tr on p rename to "New"; create trigger "New" after insert on "the Leaf" ${own};
         create trigger t2 after insert on p ${own}; create trigger other after insert on q ${own}`,
      )
      expect(findings).toEqual([
        expect.objectContaining({ severity: 'blocking', object: '"New" on public."the Leaf"' }),
      ])
      expect(await findingsAfterRemedies(each, findings)).toEqual([])
      const [{ database = '' } = {}] = findings
      await dumpAndRestore(each.sourceServer, database, each.targetServer)
    }
  })

  test('trigger-renamed does not find what is enabled as the other is, or has its name', async () => {
    const sql = `${tables} alter table q disable trigger tr; create trigger t2 after update on p for each row execute procedure f();
      alter trigger t2 on p rename to t3`
    expect(await findingsAfter(pair, 'trigger-renamed', sql)).toEqual([])
  })
})
