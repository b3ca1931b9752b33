/** What a user made or changed in the system's own schemas, of which no dump says a word. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { runSql } from '../../support/servers.js'
import { findingsAfter, findingsAfterRemedies, openPair, type Pair } from './pair.js'
import { paste } from './remedy.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(13, 18)
})

// What a statement that copies a table would lose.
const expectedWhole =
  ', with its rows and all that belongs to it (owner, privileges, policies, indexes, triggers, foreign keys, sequences and where they are; pg_dump --table writes it, with pg_catalog where the other schema is to be)'

describe('system-schema-object', () => {
  test.each([
    ['blocking', 'information_schema.t', 'create table information_schema.t (i int)'],
    [
      'blocking',
      'information_schema.m',
      'create materialized view information_schema.m as select 1',
    ],
    ['warning', 'information_schema.v', 'create view information_schema.v as select 1 as i'],
    [
      'warning',
      'pg_catalog.mine(pg_catalog.json)',
      `create function pg_catalog.mine(json) returns int language sql as 'select 1'`,
    ],
    [
      'warning',
      'pg_catalog.total(integer)',
      'create aggregate pg_catalog.total(int) (sfunc = int4pl, stype = int)',
    ],
    [
      'warning',
      'pg_catalog.###(integer,integer)',
      'create operator pg_catalog.### (leftarg = int, rightarg = int, procedure = int4pl)',
    ],
    ['warning', 'pg_catalog.plain', 'create collation pg_catalog.plain from "C"'],
    [
      'warning',
      'information_schema.pair',
      'create table t (a int, b int); create statistics information_schema.pair on a, b from t',
    ],
    ['warning', 'information_schema.mood', `create type information_schema.mood as enum ('sad')`],
  ])('is %s for %s', async (severity, object, sql) => {
    const findings = await findingsAfter(pair, 'system-schema-object', sql)
    expect(findings).toEqual([expect.objectContaining({ severity, object })])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('tells in words what to do before 12, where nothing can be moved out of pg_catalog', async () => {
    const old = await openPair(11, 18)
    const findings = await findingsAfter(
      old,
      'system-schema-object',
      `create table "Mine" (i int primary key generated always as identity, t serial);
       alter table "Mine" set schema pg_catalog; create view v as select 1 as i; alter view v set schema pg_catalog`,
    )
    const words = (middle: string) =>
      `On the source, create it anew in a schema of your own${middle}, where what uses it has to find it, and drop it here then: before 12 nothing can be moved out of pg_catalog.`
    expect(findings.map(({ object, remedy }) => [object, remedy])).toEqual([
      ['pg_catalog."Mine"', words(expectedWhole)],
      ['pg_catalog.v', words('')],
    ])
  })

  test('tells what was added to operator families of the system and of extensions', async () => {
    const made = `create extension btree_gist; create extension ltree; create type alias;
      create function alias_in(cstring) returns alias strict immutable language internal as 'int8in';
      create function alias_out(alias) returns cstring strict immutable language internal as 'int8out';
      create type alias (input = alias_in, output = alias_out, like = int8);
      create function alias_eq(int8, alias) returns bool strict immutable language internal as 'int8eq';
      create function alias_eq(alias, alias) returns bool strict immutable language internal as 'int8eq';
      create function alias_cmp(alias, alias) returns int strict immutable language internal as 'btint8cmp';
      create operator = (procedure = alias_eq, leftarg = int8, rightarg = alias);
      create operator = (procedure = alias_eq, leftarg = alias, rightarg = alias);
      create operator class aliases for type alias using btree family integer_ops as
        operator 3 =, function 1 alias_cmp(alias, alias);
      create operator family mine using btree;
      alter operator family mine using btree add operator 3 = (int8, alias)`
    expect(await findingsAfter(pair, 'system-schema-object', made)).toEqual([])
    const findings = await findingsAfter(
      pair,
      'system-schema-object',
      `${made};
       alter operator family integer_ops using btree add operator 3 = (int8, alias), function 1 (int8, alias) btint8cmp(int8, int8);
       alter operator family gist_int8_ops using gist add operator 20 = (int8, alias)`,
    )
    expect(findings.map(({ severity, object }) => [severity, object])).toEqual([
      ['warning', 'function 1 (bigint, public.alias) of pg_catalog.integer_ops USING btree'],
      ['warning', 'operator 20 (bigint, public.alias) of public.gist_int8_ops USING gist'],
      ['warning', 'operator 3 (bigint, public.alias) of pg_catalog.integer_ops USING btree'],
    ])
    const [original = ''] = findings.flatMap((finding) => finding.database ?? [])
    const database = await dumpAndRestore(pair.sourceServer, original, pair.targetServer)
    const added = `select (select pg_catalog.count(*) from pg_catalog.pg_amop where amoprighttype = 'alias'::regtype and amoplefttype = 'int8'::regtype)
                        + (select pg_catalog.count(*) from pg_catalog.pg_amproc where amprocrighttype = 'alias'::regtype and amproclefttype = 'int8'::regtype) as n`
    // That of the family that is the user's own.
    expect(await runSql(pair.targetServer, database, added)).toEqual([{ n: '1' }])
    for (const finding of findings) await paste(pair, { ...finding, database })
    expect(await runSql(pair.targetServer, database, added)).toEqual([{ n: '4' }])
  })

  test('says nothing of a clean database, of extensions, and of an information_schema made anew', async () => {
    const anew = `create extension hstore schema pg_catalog;
      drop view information_schema.views; drop domain information_schema.time_stamp cascade;
      create view information_schema.views as select 1 as one;
      create domain information_schema.time_stamp as timestamptz`
    expect(await findingsAfter(pair, 'system-schema-object', anew)).toEqual([])
  })
})

describe('system-text-search', () => {
  test('warns where one of the system was changed', async () => {
    const findings = await findingsAfter(
      pair,
      'system-text-search',
      `alter text search configuration pg_catalog.english alter mapping for asciiword with simple;
       alter text search dictionary pg_catalog.german_stem (stopwords = english)`,
    )
    expect(findings.map(({ severity, object }) => [severity, object])).toEqual([
      ['warning', 'text search configuration english'],
      ['warning', 'text search dictionary german_stem'],
    ])
  })

  test('says nothing of one with a name of its own', async () => {
    const own = `create text search configuration mine (copy = pg_catalog.english);
      alter text search configuration mine alter mapping for asciiword with simple`
    expect(await findingsAfter(pair, 'system-text-search', own)).toEqual([])
  })
})
