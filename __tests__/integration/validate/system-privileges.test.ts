/** How changed privileges on the system's own objects are told. */
import { expect, test } from '@jest/globals'
import type { Server } from '../../../src/server/index.js'
import { compareInventory } from '../../../src/validate/inventory/compare.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
} from '../../support/servers.js'

test('what was revoked is told with what was there at first, and a side that has changed nothing as such', async () => {
  const testServer = await sharedServer(18)
  const reader = uniqueName('reader')
  const [before, after] = [await createDatabase(testServer), await createDatabase(testServer)]
  const sleep = 'function pg_catalog.pg_sleep(double precision)'
  await runSql(testServer, 'postgres', `create role ${reader}`)
  const granted = `grant execute on ${sleep} to ${reader}`
  await runSql(testServer, before, `${granted}; revoke execute on ${sleep} from public`)
  await runSql(testServer, after, `${granted}; revoke select on pg_catalog.pg_roles from public`)
  await runSql(
    testServer,
    after,
    `revoke select on information_schema.columns from public; grant usage on schema information_schema to ${reader}`,
  )
  const server = await openTestServer(testServer, 'source')
  const target: Server = { ...server, side: 'target' }
  const differences = await compareInventory(
    { source: { server, database: before }, target: { server: target, database: after } },
    1,
  )
  for (const database of [before, after]) {
    await runSql(testServer, database, `drop owned by ${reader}`)
  }
  await runSql(testServer, 'postgres', `drop role ${reader}`)
  expect(differences.map(({ object, source, target: now }) => [object, source, now])).toEqual([
    [sleep, 'PUBLIC: none, initially EXECUTE', 'PUBLIC: as at first'],
    ['schema information_schema', null, `${reader}: USAGE, initially none`],
    ['view information_schema.columns', null, 'PUBLIC: none, initially SELECT'],
    ['view pg_catalog.pg_roles', null, 'PUBLIC: none, initially SELECT'],
  ])
})
