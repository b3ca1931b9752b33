/** What makes a database one that holds something: on the target, where it may be in the way, and on the source, where it would be missed. */
import { beforeAll, expect, test } from '@jest/globals'
import { hasUserObjects, holdsNothingToMove, isDatabaseEmpty } from '../../../src/server/index.js'
import type { Server } from '../../../src/server/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'

let testServer: TestServer
let server: Server
beforeAll(async () => {
  testServer = await sharedServer(17)
  server = await openTestServer(testServer, 'source')
})

async function filledBy(sql: string): Promise<string> {
  const database = await createDatabase(testServer, 'contents')
  if (sql !== '') await runSql(testServer, database, sql)
  return database
}

/** As if the extension's script had made it. */
const configurationTable = `
  begin; create extension tcn; create table public.jobs (id int); alter extension tcn add table public.jobs;
  update pg_extension set extconfig = array['public.jobs'::regclass]::oid[], extcondition = '{"where id > 9"}'
   where extname = 'tcn'; commit;`

test.each([
  ['a composite type of a user', 'create type pair as (a int, b int)'],
  ['a domain', 'create domain positive as int check (value > 0)'],
  ['a table', 'create table t ()'],
])('%s is an object of a user', async (_what, sql) => {
  expect(await isDatabaseEmpty(server, await filledBy(sql))).toBe(false)
})

test.each([
  ['nothing', ''],
  ['an extension with composite types', 'create extension tablefunc'],
])('%s is no object of a user', async (_what, sql) => {
  expect(await isDatabaseEmpty(server, await filledBy(sql))).toBe(true)
})

test('the temporary table of a session is no object of a user, and neither is its row type', async () => {
  const target = await openTestServer(testServer, 'target')
  const found = await target.withSession(await filledBy(''), async (session) => {
    await session.query('create temporary table t (a int); create type pg_temp.pair as (a int)')
    return hasUserObjects(session)
  })
  expect(found).toBe(false)
})

test.each([
  ['rows of a user in a configuration table', `${configurationTable} insert into jobs values (10)`],
  ['default privileges', 'alter default privileges revoke execute on functions from public'],
  ['a language', 'create language sometimes handler plpgsql_call_handler'],
  [
    'a subscription',
    `create subscription s connection 'host=far.example' publication p with (connect = false, enabled = false, slot_name = none, create_slot = false)`,
  ],
  ['a table', 'create table t ()'],
])('without being moved, %s would be missed', async (what, sql) => {
  const database = await filledBy(sql)
  expect(await holdsNothingToMove(server, database)).toBe(false)
  if (what === 'a subscription') await runSql(testServer, database, 'drop subscription s')
})

test.each([
  ['nothing', ''],
  ['an extension', 'create extension tablefunc'],
  ['a row that the extension brought', `${configurationTable} insert into jobs values (1)`],
])('without being moved, %s would not be missed', async (_what, sql) => {
  expect(await holdsNothingToMove(server, await filledBy(sql))).toBe(true)
})

test.each([
  ['a missing privilege', ''],
  ['a policy', 'grant select on jobs to public; alter table jobs enable row level security;'],
])('rows of a configuration table that %s hides would be missed', async (_what, hiding) => {
  const [user, password] = [uniqueName('reader'), 'secret']
  await runSql(testServer, 'postgres', `create role ${user} login password '${password}'`)
  const reader = await openTestServer(testServer, 'source', { user, password })
  const [empty, filled] = [
    await filledBy(`${configurationTable} ${hiding}`),
    await filledBy(`${configurationTable} ${hiding} insert into jobs values (10)`),
  ]
  expect(await holdsNothingToMove(reader, empty)).toBe(true)
  expect(await holdsNothingToMove(reader, filled)).toBe(false)
  await runSql(testServer, 'postgres', `drop role ${user}`)
})
