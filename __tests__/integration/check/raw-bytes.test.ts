/** Bytes of SQL_ASCII that are no UTF-8, in what the action reads as text. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { findingsIn, type Pair } from './pair.js'

let pair: Pair
let sourceServer: TestServer
beforeAll(async () => {
  sourceServer = await startServer(12, { encoding: 'SQL_ASCII', locale: 'C' })
  const targetServer = await sharedServer(18)
  pair = {
    sourceServer,
    targetServer,
    source: await openTestServer(sourceServer, 'source'),
    target: await openTestServer(targetServer, 'target'),
  }
})

afterAll(async () => {
  await sourceServer.stop()
})

/** XX becomes a name with a byte that is none in UTF-8. */
const execute = (database: string, sql: string) =>
  runSql(
    sourceServer,
    database,
    `do $do$ begin execute replace($sql$${sql}$sql$, 'XX', E'gr\\xfcn'); end $do$`,
  )

const blockingIn = async (database: string, method: 'auto' | 'stream') => {
  const findings = await findingsIn(pair, [database], { method })
  return findings.filter(({ severity }) => severity === 'blocking')
}

describe('bytes that are no UTF-8', () => {
  test('name-not-text blocks on tables, sequences, filled materialized views and their schemas, and on columns for copy alone', async () => {
    const database = await createDatabase(sourceServer)
    await execute(
      database,
      `create schema "XX"; create table "XX"."XX" (); create sequence "XX"; create table plain ("XX" int);
       create schema views; create materialized view views."XX" as select 1; create materialized view views."XX empty" as select 1 with no data`,
    )
    const names = (await blockingIn(database, 'auto')).map(({ check, object }) => [check, object])
    const others = [
      ['name-not-text', String.raw`materialized view gr\374n`],
      ['name-not-text', String.raw`schema gr\374n`],
      ['name-not-text', String.raw`sequence gr\374n`],
      ['name-not-text', String.raw`table gr\374n`],
    ]
    expect(names).toEqual([
      ['name-not-text', String.raw`column of the table plain gr\374n`],
      ...others,
    ])
    const forStream = await blockingIn(database, 'stream')
    expect(forStream.map(({ check, object }) => [check, object])).toEqual(others)
  })

  test('name-not-text and property-not-text are not found for names in UTF-8, and bytes in definitions and rows', async () => {
    const database = await createDatabase(sourceServer)
    await runSql(sourceServer, database, 'create table "größe" ("länge" int)')
    await execute(
      database,
      `create table t (a text default 'XX' check (a <> 'XX')); insert into t values ('a XX');
       create function f() returns text language sql as 'select ''XX''::text'; comment on table t is 'XX'`,
    )
    expect(await blockingIn(database, 'auto')).toEqual([])
  })

  test('property-not-text blocks on comments and settings of the database and of roles', async () => {
    const database = await createDatabase(sourceServer)
    await execute(
      'postgres',
      `create role app; comment on role app is 'XX'; alter role app set my.name = 'XX';
       comment on database ${database} is 'XX'; alter database ${database} set my.name = 'XX'`,
    )
    const found = await blockingIn(database, 'auto')
    expect(found.map(({ check, object }) => [check, object])).toEqual([
      ['property-not-text', `comment on the database ${database}`],
      ['property-not-text', 'comment on the role app'],
      ['property-not-text', `setting of the database ${database}`],
      ['property-not-text', 'setting of the role app'],
    ])
    expect(found[0]?.message).toContain(String.raw`gr\374n`)
  })

  test('property-not-text blocks on what was written from a database in another encoding', async () => {
    const server = await startServer(17)
    try {
      const database = await createDatabase(server, 'latin', { encoding: 'LATIN1' })
      await runSql(
        server,
        database,
        `create role "xü"; create role app; comment on database ${database} is 'é';
         alter database ${database} set search_path = "schön"; alter role app set my.name = 'é';
         alter role app in database ${database} set my.name = 'é'; alter role all set my.name = 'é'`,
      )
      await runSql(
        server,
        'postgres',
        `create role "größe"; comment on role "größe" is 'ä'; comment on database postgres is 'é'`,
      )
      const source = await openTestServer(server, 'source')
      const found = async (roles: 'auto' | 'skip') => {
        const findings = await findingsIn({ ...pair, source }, [database], { roles })
        return findings.filter(({ check }) => check === 'property-not-text')
      }
      const ofDatabase = [
        `comment on the database ${database}`,
        `setting of the database ${database}`,
        `setting of the role app in the database ${database}`,
      ]
      expect((await found('skip')).map(({ object }) => object)).toEqual(ofDatabase)
      const findings = await found('auto')
      const objects = [
        ...ofDatabase,
        String.raw`name of the role x\374`,
        'setting of all roles',
        'setting of the role app',
      ]
      expect(findings.map(({ object }) => object)).toEqual(objects.toSorted())
      const messages = findings.map(({ message }) => message).join('\n')
      expect(messages).toContain(String.raw`search_path="sch\366n"`)
      expect(messages).not.toContain(String.raw`my.name=\351`)
    } finally {
      await server.stop()
    }
  })
})
