/** Definitions with characters that UTF8 lacks, in databases of other encodings. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { createDatabase, runSql } from '../../support/servers.js'
import { findingsOfCheck, openPair, type Pair } from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(13, 18)
})

/** XX becomes the character of those bytes, which none of our clients could send. */
async function databaseWith(encoding: string, bytes: string, sql: string): Promise<string> {
  const database = await createDatabase(pair.sourceServer, 'check', { encoding })
  const text = `convert_from('\\x${bytes}', '${encoding}')`
  await runSql(
    pair.sourceServer,
    database,
    `do $do$ begin execute replace($sql$${sql}$sql$, 'XX', ${text}); end $do$`,
  )
  return database
}

const check = 'definition-not-utf8'
const objectsIn = async (database: string, changes = {}) =>
  (await findingsOfCheck(pair, check, [database], changes)).map(({ object }) => object)

describe('characters that UTF8 lacks', () => {
  test('definition-not-utf8 blocks on every kind of object with a character that UTF8 lacks', async () => {
    const database = await databaseWith(
      'WIN1252',
      '9d',
      `create table plain (a text); create table "größe" (a text default 'XX' check (a <> 'XX'), "XX" int);
       comment on table plain is 'XX'; create type word as enum ('XX'); create schema "XX";
       create view v as select 'XX'::text as x; create index i on plain ((a || 'XX'));
       create function f() returns text language sql as 'select ''XX''::text'`,
    )
    const found = await findingsOfCheck(pair, check, [database])
    expect(found.map(({ object }) => object)).toEqual([
      String.raw`schema "\235"`,
      'enum public.word',
      'view public.v',
      String.raw`column public."gr\366\337e"."\235"`,
      'column public."größe".a',
      'constraint public."größe": "größe_a_check"',
      'index public.i',
      'function public.f()',
      'comment on the table public.plain',
      String.raw`privilege schema "\235"`,
    ])
    expect(found.every(({ severity }) => severity === 'blocking')).toBe(true)
    expect(found[1]?.message).toMatch(/WIN1252, .*, and none in UTF8: 0x9d\./)
    expect(found[1]?.remedy).toContain('client_encoding WIN1252')
  })

  test('definition-not-utf8 names the character of several bytes, and no more than twenty objects', async () => {
    const columns = Array.from({ length: 30 }, (_, i) => `comment on column t.c${i} is 'XX 日本'`)
    const database = await databaseWith(
      'EUC_JP',
      'a9a1',
      `create table t (${columns.map((_, i) => `c${i} int`).join(', ')}); ${columns.join(';')}`,
    )
    const found = await findingsOfCheck(pair, check, [database])
    expect(found).toHaveLength(20)
    expect(found[0]?.message).toMatch(/: 0xa9a1\..*compare it\.$/)
    expect(found[19]?.message).toMatch(/ 10 more objects have such characters\.$/)
  })

  test('is not found for characters that UTF8 has, and those of rows', async () => {
    const database = await databaseWith(
      'WIN1252',
      '9d',
      `create table "größe" (a text default '€'); insert into "größe" values ('XX'); comment on table "größe" is 'ä'`,
    )
    const findings = await findingsOfCheck(pair, check, [database])
    expect(findings).toEqual([])
  })

  test('is found only for what the action names in statements of its own, where pg_dump alone reads the definitions', async () => {
    const database = await databaseWith('WIN1252', '9d', `create type word as enum ('XX')`)
    const named = await databaseWith(
      'WIN1252',
      '9d',
      `create table "XX" ("XX" int); create sequence "XXs"; create type "XXe" as enum ();
       create materialized view m as select 1 as "XX"; create view "XXv" as select 1 as one`,
    )
    const found = (method: 'auto' | 'copy' | 'stream') =>
      objectsIn(database, { method, isCompared: false })
    expect(await found('stream')).toEqual([])
    const said = await findingsOfCheck(pair, check, [named], {
      method: 'stream',
      isCompared: false,
    })
    expect(said.map(({ object }) => object)).toEqual([
      String.raw`table public."\235"`,
      String.raw`sequence public."\235s"`,
    ])
    expect(said[0]?.remedy).toMatch(/^Rename it /)
    expect(await found('copy')).toEqual(['enum public.word'])
    expect(await found('auto')).toEqual(['enum public.word'])
  })
})
