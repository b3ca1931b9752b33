/** Encodings, locales and collations that the target cannot offer. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import {
  createDatabase,
  openTestServer,
  runSql,
  startServer,
  uniqueName,
} from '../../support/servers.js'
import {
  findingsAfter,
  findingsAfterRemedies,
  findingsOfCheck,
  openPair,
  type Pair,
} from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(11, 17)
})

const findingsOf = async (check: string, database: string, changed: Partial<Pair> = {}) =>
  findingsOfCheck({ ...pair, ...changed }, check, [database])

describe('encoding', () => {
  const createSqlAscii = async (locale: string): Promise<string> => {
    const name = uniqueName('ascii')
    await runSql(
      pair.sourceServer,
      'postgres',
      `create database ${name} template template0 encoding 'SQL_ASCII' lc_collate '${locale}' lc_ctype '${locale}'`,
    )
    return name
  }

  test('warns that SQL_ASCII stays SQL_ASCII', async () => {
    expect(await findingsOf('encoding', await createSqlAscii('C'))).toEqual([
      expect.objectContaining({ severity: 'warning' }),
    ])
  })

  test('blocks SQL_ASCII with a locale that only a superuser may combine with it', async () => {
    const user = uniqueName('admin')
    await runSql(
      pair.targetServer,
      'postgres',
      `create role ${user} login createdb password 'secret'`,
    )
    const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
    const database = await createSqlAscii('C.UTF-8')
    expect(await findingsOf('encoding', database, { target })).toEqual([
      expect.objectContaining({ severity: 'blocking' }),
    ])
  })

  test('says nothing of UTF8 and LATIN1', async () => {
    const name = uniqueName('latin')
    await runSql(
      pair.sourceServer,
      'postgres',
      `create database ${name} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'`,
    )
    expect(await findingsOf('encoding', name)).toEqual([])
    expect(await findingsOf('encoding', await createDatabase(pair.sourceServer))).toEqual([])
  })
})

describe('locale-missing', () => {
  const withLocale = async (locale: string): Promise<string> => {
    const name = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      'postgres',
      `update pg_database set datcollate = '${locale}', datctype = '${locale}' where datname = '${name}'`,
    )
    return name
  }

  test.each(['xx_XX.UTF-8', 'Klingon_Qonos.1252'])('blocks on %s', async (locale) => {
    expect(await findingsOf('locale-missing', await withLocale(locale))).toEqual([
      expect.objectContaining({ severity: 'blocking', message: expect.stringContaining(locale) }),
    ])
  })

  test.each(['C', 'POSIX', 'C.UTF-8', 'C.utf8'])('accepts %s', async (locale) => {
    expect(await findingsOf('locale-missing', await withLocale(locale))).toEqual([])
  })
})

describe('an encoding that the target has a locale in', () => {
  /** As where the system has a locale in LATIN1 alone, which initdb lists so; `C` is one that every system has. */
  const latinOnly = async (locale: string): Promise<Pair> => {
    const targetServer = await startServer(17)
    await runSql(
      targetServer,
      'postgres',
      `update pg_collation set collcollate = '${locale}', collencoding = pg_char_to_encoding('LATIN1')
        where collname = 'C'`,
    )
    return { ...pair, targetServer, target: await openTestServer(targetServer, 'target') }
  }

  test('is what a database and a collation are looked for with', async () => {
    const own = await latinOnly('C')
    try {
      const database = await createDatabase(pair.sourceServer, 'utf', { encoding: 'UTF8' })
      await runSql(pair.sourceServer, database, `create collation c (locale = 'C')`)
      for (const check of ['locale-missing', 'collation-missing']) {
        expect(await findingsOf(check, database, own)).toMatchObject([{ severity: 'blocking' }])
        expect(await findingsOf(check, database)).toEqual([])
      }
      for (const encoding of ['LATIN1', 'SQL_ASCII']) {
        const other = await createDatabase(pair.sourceServer, 'other', { encoding })
        expect(await findingsOf('locale-missing', other, own)).toEqual([])
      }
    } finally {
      await own.targetServer.stop()
    }
  })
})

describe('collation-missing', () => {
  test('blocks on a collation whose locale the target lacks', async () => {
    const findings = await findingsAfter(
      pair,
      'collation-missing',
      `create collation far (locale = 'C.UTF-8');
       update pg_collation set collcollate = 'xx_XX.utf8' where collname = 'far';
       create collation near (locale = 'C.UTF-8')`,
    )
    expect(findings).toEqual([
      expect.objectContaining({ severity: 'blocking', object: 'public.far' }),
    ])
  })

  test('blocks on a collation of the system that a column has and the target lacks', async () => {
    const findings = await findingsAfter(
      pair,
      'collation-missing',
      `create table t (a text collate "C", b text collate "POSIX", c text collate "ucs_basic");
       update pg_collation set collname = 'xx_XX' where collname = 'ucs_basic'`,
    )
    expect(findings).toEqual([
      expect.objectContaining({ severity: 'blocking', object: 'pg_catalog."xx_XX"' }),
    ])
  })

  test('has a remedy that brings a locale of the system to every database to come', async () => {
    const targetServer = await startServer(17)
    try {
      const own = { ...pair, targetServer, target: await openTestServer(targetServer, 'target') }
      const named = `select collname::text as name from pg_collation where collname in ('C.utf8', 'C.UTF-8')`
      const [present] = await runSql<{ name: string }>(targetServer, 'postgres', named)
      const collation = `"${present?.name ?? ''}"`
      // As they would be had the locale been installed after initdb.
      const forget = `delete from pg_collation where collname in ('C.utf8', 'C.UTF-8')`
      await runSql(targetServer, 'postgres', forget)
      await runSql(targetServer, 'postgres', 'alter database template0 allow_connections true')
      await runSql(targetServer, 'template0', forget)
      await runSql(targetServer, 'postgres', 'alter database template0 allow_connections false')
      const sql = `create table t (a text collate ${collation})`
      const findings = await findingsAfter(own, 'collation-missing', sql)
      expect(findings).toEqual([expect.objectContaining({ severity: 'blocking' })])
      expect(await findingsAfterRemedies(own, findings)).toEqual([])
      await runSql(targetServer, await createDatabase(targetServer), sql)
    } finally {
      await targetServer.stop()
    }
  })

  test('accepts collations of ICU, and those that nothing uses', async () => {
    const findings = await findingsAfter(
      pair,
      'collation-missing',
      `create collation german (provider = icu, locale = 'de-x-icu');
       update pg_collation set collname = 'xx_XX' where collname = 'ucs_basic';
       create table t (a text collate german)`,
    )
    expect(findings).toEqual([])
  })
})
