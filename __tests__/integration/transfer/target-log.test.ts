/** A target that logs every statement: passwords in definitions do not get into its log. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { transfers } from '../../../src/transfer/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { copy } from '../copy/copying.js'

const stranger = uniqueName('stranger')
let source: TestServer
let target: TestServer
let database: string

beforeAll(async () => {
  source = await sharedServer(15)
  target = await startServer(18, {
    settings: {
      log_statement: 'all',
      log_min_duration_statement: '0',
      log_transaction_sample_rate: '1',
    },
  })
  database = await createDatabase(source, 'secrets')
  await runSql(
    source,
    database,
    `create role ${stranger};
     create foreign data wrapper far; create server far foreign data wrapper far options (key 'sesame of the server');
     create user mapping for public server far options (password 'sesame of a mapping');
     create user mapping for ${stranger} server far options (password 'sesame of a refused one');
     create subscription ${uniqueName('sub')} connection 'host=127.0.0.1 password=sesame' publication p with (connect = false)`,
  )
})

afterAll(async () => {
  await target.stop()
  await runSql(source, database, `drop foreign data wrapper far cascade`)
  const [subscription] = await runSql<{ name: string }>(
    source,
    database,
    `select subname as name from pg_subscription s join pg_database d on d.oid = s.subdbid where datname = current_database()`,
  )
  const name = subscription?.name ?? ''
  for (const statement of [
    `alter subscription ${name} disable`,
    `alter subscription ${name} set (slot_name = none)`,
    `drop subscription ${name}`,
    `drop role ${stranger}`,
  ]) {
    await runSql(source, database, statement)
  }
})

test.each(['plain', 'copy', 'stream', 'custom', 'parallel'] as const)(
  'gets none by the method %s, also of a statement that it refuses',
  async (method) => {
    const before = (await readFile(target.logFile, 'utf8')).length
    const copied = await copy(source, target, database, { transfer: transfers[method] })
    expect(String(copied.error)).toContain(`role "${stranger}" does not exist`)
    const log = (await readFile(target.logFile, 'utf8')).slice(before)
    expect(log).toContain(`role "${stranger}" does not exist`)
    expect(log).not.toContain('sesame')
  },
)

test('gets none of an administrator who was granted to set that, in what it was granted', async () => {
  const user = uniqueName('granted')
  await runSql(
    target,
    'postgres',
    `create role ${user} login password 'secret'; grant set on parameter log_statement to ${user}`,
  )
  const server = await openTestServer(target, 'target', { user, password: 'secret' })
  await server.withSession(undefined, async (session) => {
    expect(await session.query('show log_statement')).toEqual([{ log_statement: 'none' }])
    expect(await session.query('show log_min_duration_statement')).toEqual([
      { log_min_duration_statement: '0' },
    ])
  })
})
