/** Stored words of full-text search, of which the stemmers of PostgreSQL 18 make other ones. */
import { beforeAll, expect, test } from '@jest/globals'
import { createDatabase, runSql } from '../../support/servers.js'
import { findingsAfter, findingsOfCheck, openPair, type Pair } from './pair.js'

let pair: Pair
let olderPair: Pair
let equalPair: Pair
beforeAll(async () => {
  pair = await openPair(17, 18)
  olderPair = await openPair(11, 18)
  equalPair = await openPair(15, 17)
})

const stored = `create table docs (body text, "se arch" tsvector);
  insert into docs values ('added', to_tsvector('english', 'added'));`

const stemmers = (of: Pair, sql: string) => findingsAfter(of, 'text-search-stemmer', sql)

test('text-search-stemmer names columns with stored words of a stemmer that is another one on the target', async () => {
  const sql = `${stored}
    create domain words as tsquery;
    create table parts (id int, queries words[]) partition by list (id);
    create table parts_1 partition of parts for values in (1);
    insert into parts values (1, array['added'::tsquery]::words[]);`
  for (const each of [pair, olderPair]) {
    expect(await stemmers(each, sql)).toEqual([
      expect.objectContaining({
        severity: 'warning',
        message: expect.stringMatching(
          /public\.docs \("se arch"\), public\.parts \("queries"\)\. PostgreSQL 18 stems otherwise \(english_stem, german_stem,( hungarian_stem,)? romanian_stem\)/,
        ),
        remedy: expect.stringContaining('update … set search = to_tsvector('),
      }),
    ])
  }
})

test('text-search-stemmer asks what can be asked where the encoding lacks characters of other languages', async () => {
  const { sourceServer } = pair
  const database = await createDatabase(sourceServer, 'latin', { encoding: 'LATIN1' })
  await runSql(sourceServer, database, stored)
  expect(await findingsOfCheck(pair, 'text-search-stemmer', [database])).toEqual([
    expect.objectContaining({
      message: expect.stringContaining('stems otherwise (english_stem, german_stem)'),
    }),
  ])
})

test.each([
  [
    'of generated columns',
    () => pair,
    `create table g (b text, s tsvector generated always as (to_tsvector('english', b)) stored); insert into g values ('added')`,
  ],
  ['of empty tables', () => pair, 'create table e (s tsvector)'],
  [
    'of materialized views and expressions of indexes',
    () => pair,
    `create table t as select 'added'::text as b; create index on t using gin (to_tsvector('english', b)); create materialized view m as select to_tsvector('english', b) as s from t`,
  ],
  ['where both sides stem alike', () => equalPair, stored],
])('text-search-stemmer is not found %s', async (_title, of, sql) => {
  expect(await stemmers(of(), sql)).toEqual([])
})
