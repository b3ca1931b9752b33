/** Locales of ICU that 16 and later read otherwise than 15 and older. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { createDatabase, runSql, uniqueName, type TestServer } from '../../support/servers.js'
import { findingsAfter, findingsOfCheck, openPair, type Pair } from './pair.js'

let pair: Pair
let older: Pair
beforeAll(async () => {
  pair = await openPair(15, 18)
  older = await openPair(11, 17)
})

const words = ['a', 'A', 'B', 'b', '10', '9', 'ä', 'ad', 'af', 'a-b', 'ab', 'côte', 'coté']

/** How a server sorts by a collation of that locale, which it makes anew. */
async function orderOf(server: TestServer, locale: string): Promise<unknown> {
  const database = await createDatabase(server)
  await runSql(server, database, `create collation c (provider = icu, locale = '${locale}')`)
  const list = words.map((word) => `('${word}')`).join(', ')
  const [row] = await runSql<{ sorted: string }>(
    server,
    database,
    `select string_agg(w, ' ' order by w collate c) as sorted from (values ${list}) v (w)`,
  )
  return row?.sorted
}

const findingsOf = (locale: string, of: Pair = pair) =>
  findingsAfter(of, 'locale-order', `create collation c (provider = icu, locale = '${locale}')`)

describe('locale-order', () => {
  test.each([
    'C',
    'c',
    'POSIX',
    'C.UTF-8',
    'en_US@va=posix',
    '@kn=true',
    'de@phonebook',
    'de@collation=standard;kn=true',
  ])('warns where the target reads another order from %s', async (locale) => {
    expect(await orderOf(pair.targetServer, locale)).not.toBe(
      await orderOf(pair.sourceServer, locale),
    )
    for (const each of [pair, older]) {
      expect(await findingsOf(locale, each)).toEqual([
        expect.objectContaining({
          severity: 'warning',
          object: 'public.c',
          message: expect.stringContaining(`"${locale}"`) as unknown,
        }),
      ])
    }
  })

  test.each([
    'de',
    'de_DE@euro',
    'de@collation=phonebook',
    '@colNumeric=yes',
    '@colStrength=secondary',
    'de-u-co-phonebk',
    'und-u-kn-true',
    'en_US_POSIX',
    'en-US-u-va-posix',
    'cs',
    'xx-nowhere',
  ])('says nothing of %s, which both read alike', async (locale) => {
    expect(await orderOf(pair.targetServer, locale)).toBe(await orderOf(pair.sourceServer, locale))
    expect(await findingsOf(locale)).toEqual([])
  })

  test("blocks where the database's own is the key of partitions by range", async () => {
    const database = uniqueName('order')
    await runSql(
      pair.sourceServer,
      'postgres',
      `create database ${database} template template0 encoding 'UTF8' locale 'C' locale_provider icu icu_locale 'C'`,
    )
    const of = () => findingsOfCheck(pair, 'locale-order', [database])
    await runSql(pair.sourceServer, database, 'create table t (a text primary key)')
    const [warning, ...others] = await of()
    expect(others).toEqual([])
    expect(warning).toMatchObject({ severity: 'warning', database })
    expect(warning).not.toHaveProperty('object')
    await runSql(
      pair.sourceServer,
      database,
      `create table "By" (a text) partition by range (a); create table l (a text) partition by list (a);
       create table r (a text) partition by range (a collate "und-x-icu")`,
    )
    expect(await of()).toEqual([
      expect.objectContaining({
        severity: 'blocking',
        message: expect.stringMatching(/ in public\."By": /) as unknown,
      }),
    ])
  })

  test.each([
    ['unique (a)', ''],
    ['exclude using btree (a with =)', ''],
    ['', 'partition by hash (a)'],
  ])('blocks on a collation that is not deterministic under %s%s', async (key, partitions) => {
    const of = (isDeterministic: boolean) =>
      findingsAfter(
        pair,
        'locale-order',
        `create collation c (provider = icu, locale = '@ks=level2', deterministic = ${String(isDeterministic)});
         create table t (a text collate c${key === '' ? '' : `, ${key}`}) ${partitions}`,
      )
    expect(await of(true)).toMatchObject([{ severity: 'warning', object: 'public.c' }])
    expect(await of(false)).toMatchObject([
      { severity: 'blocking', message: expect.stringContaining(' in public.t: ') as unknown },
    ])
  })

  test('is none where the target is older, or the source as new', async () => {
    const sixteen = await openPair(16, 18)
    expect(await findingsOf('C', sixteen)).toEqual([])
    const { sourceServer, source } = pair
    const { targetServer, target } = await openPair(11, 15)
    expect(await findingsOf('C', { sourceServer, source, targetServer, target })).toEqual([])
  })
})
