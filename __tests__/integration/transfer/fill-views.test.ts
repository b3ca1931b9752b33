/** Materialized views that are filled at the end, one after the other. */
import { expect, test } from '@jest/globals'
import { fillViews } from '../../../src/transfer/administrator/fill-views.js'
import type { ListEntry } from '../../../src/transfer/restore-list.js'
import { createDatabase, openTestServer, runSql, sharedServer } from '../../support/servers.js'

test('are named in the progress line while they are filled, and one that is not there is passed over', async () => {
  const testServer = await sharedServer(17)
  const views = `create materialized view first as select 1 with no data;
    create materialized view "Second view" as select 2 with no data;`
  const stagingDatabase = await createDatabase(testServer)
  await runSql(testServer, stagingDatabase, views)
  const database = await createDatabase(testServer)
  const rows = await runSql<{ oid: string }>(
    testServer,
    database,
    `${views} create materialized view left_out as select 3 with no data;
     select oid::text from pg_class where relkind = 'm' order by oid`,
  )
  const server = await openTestServer(testServer, 'source')
  const target = await openTestServer(testServer, 'target')
  const told: string[] = []
  await server.withSession(database, (reader) =>
    fillViews(
      { reader, target, stagingDatabase, onActivity: (activity) => told.push(activity) },
      rows.map(({ oid }) => ({ oid }) as ListEntry),
    ),
  )
  expect(told).toEqual([
    'filling the materialized view public.first',
    'filling the materialized view public."Second view"',
  ])
  const filled = await runSql(
    testServer,
    stagingDatabase,
    'select from first cross join "Second view"',
  )
  expect(filled).toHaveLength(1)
})
