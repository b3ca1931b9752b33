import { beforeAll, describe, expect, it } from '@jest/globals'
import { exportSnapshot, type Server } from '../../../src/server/index.js'
import { measureDrift } from '../../../src/validate/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  type TestServer,
} from '../../support/servers.js'

let server: TestServer
let source: Server

beforeAll(async () => {
  server = await sharedServer(11)
  source = await openTestServer(server, 'source')
})

describe('measureDrift', () => {
  it.each([
    ['nothing when nothing was written', 'select 1', []],
    ['what was inserted', 'insert into t select i from generate_series(1, 7) i', [['t', 7]]],
    ['what was deleted', 'delete from t where id <= 3', [['t', 3]]],
    ['what was updated', 'update t set id = -id where id <= 4', [['t', 4]]],
    [
      'what subtransactions wrote',
      `do $$ begin insert into t values (1); begin insert into t values (2); exception when others then null; end; end $$`,
      [['t', 2]],
    ],
    ['nothing that was rolled back', 'begin; insert into t values (1); rollback', []],
    ['tables made since', 'create table new as select 1 as id', [['new', 1]]],
    [
      'each table',
      'insert into u values (1); delete from t',
      [
        ['t', 100],
        ['u', 1],
      ],
    ],
  ])('tells %s', async (_title, sql, expected) => {
    const database = await createDatabase(server)
    await runSql(
      server,
      database,
      'create table t as select i as id from generate_series(1, 100) i; create table u (id int)',
    )
    const snapshot = await exportSnapshot(source, database)
    try {
      await runSql(server, database, sql)
      const { tables } = await measureDrift({ server: source, database, snapshot }, 2)
      expect(tables).toEqual(
        expected.map(([table, rows]) => ({ table: `"public"."${String(table)}"`, rows })),
      )
    } finally {
      await snapshot.release()
    }
  })

  it('counts a transaction that was open when the snapshot was taken', async () => {
    const database = await createDatabase(server)
    await runSql(server, database, 'create table t (id int)')
    const writer = await openTestServer(server, 'target')
    const session = await writer.connect(database, { usersSearchPath: true })
    await session.query('begin')
    await session.query('insert into t values (1)')
    const snapshot = await exportSnapshot(source, database)
    try {
      await session.query('commit')
      const { tables } = await measureDrift({ server: source, database, snapshot }, 1)
      expect(tables).toEqual([{ table: '"public"."t"', rows: 1 }])
    } finally {
      await snapshot.release()
      await session.close()
    }
  })
})
