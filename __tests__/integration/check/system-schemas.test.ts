/** What a user made or changed in the system's own schemas, of which no dump says a word. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { findingsAfter, findingsAfterRemedies, openPair, type Pair } from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(13, 18)
})

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
