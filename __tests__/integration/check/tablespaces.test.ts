/** Tablespaces that both servers have. Servers of its own: where a tablespace is missing, all databases lose theirs. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  connectionParameters,
  openTestServer,
  runSql,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { makeTablespaceFolder } from '../../support/tablespace-folder.js'
import { runUpgrade } from '../../support/upgrade-run.js'
import { findingsAfterRemedies, findingsOfCheck, type Pair } from './pair.js'

let pair: Pair
const started: TestServer[] = []
beforeAll(async () => {
  const [sourceServer, targetServer] = [await startServer(14), await startServer(18)]
  started.push(sourceServer, targetServer)
  pair = {
    sourceServer,
    targetServer,
    source: await openTestServer(sourceServer, 'source'),
    target: await openTestServer(targetServer, 'target'),
  }
  for (const server of started) {
    const folder = await makeTablespaceFolder(server, 'fast')
    await runSql(server, 'postgres', `create tablespace "Fast" location '${folder}'`)
    await runSql(server, 'postgres', 'create role app; create role "the Owner"')
  }
})
afterAll(() => Promise.all(started.map((server) => server.stop())))

const found = () => findingsOfCheck(pair, 'tablespace-differs', [])
const attributes = [
  'alter tablespace "Fast" owner to "the Owner"',
  'alter tablespace "Fast" set (random_page_cost = 1.1, seq_page_cost = 2)',
  'grant create on tablespace "Fast" to app with grant option',
  `comment on tablespace "Fast" is 'it''s the SSD'`,
]

test('what only the tablespace of the target has is not found', async () => {
  for (const sql of attributes) await runSql(pair.targetServer, 'postgres', sql)
  expect(await found()).toEqual([])
  for (const sql of [
    'revoke create on tablespace "Fast" from app',
    'alter tablespace "Fast" owner to current_user',
    'alter tablespace "Fast" reset (random_page_cost, seq_page_cost)',
    'comment on tablespace "Fast" is null',
  ]) {
    await runSql(pair.targetServer, 'postgres', sql)
  }
})

test('what a tablespace of the source has and that of the target lacks is settled by its remedy', async () => {
  for (const sql of attributes) await runSql(pair.sourceServer, 'postgres', sql)
  const findings = await found()
  expect(findings).toMatchObject([
    {
      severity: 'warning',
      object: 'Fast',
      message: expect.stringContaining(
        'owner "the Owner", random_page_cost=1.1, seq_page_cost=2, privilege CREATE to app with grant option, comment.',
      ),
    },
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test.each([
  ['keeps its own tablespace', [], ['Fast']],
  [
    'is in the default one where no tablespaces are asked for',
    ['--no-tablespaces'],
    ['pg_default'],
  ],
  ['is in the default one where that is asked for in short', ['--no-tablesp'], ['pg_default']],
])('a database %s', async (_what, pgDumpArguments, tablespaces) => {
  const { sourceServer, targetServer } = pair
  await runSql(sourceServer, 'postgres', 'create database shop tablespace "Fast"')
  const report = await runUpgrade({
    source: connectionParameters(sourceServer),
    target: connectionParameters(targetServer),
    databases: ['shop'],
    pgDumpArguments,
  })
  expect(report.databases).toMatchObject([{ result: 'passed' }])
  const places = await runSql<{ spcname: string }>(
    targetServer,
    'postgres',
    `select spcname from pg_database join pg_tablespace t on t.oid = dattablespace where datname = 'shop'`,
  )
  expect(places.map(({ spcname }) => spcname)).toEqual(tablespaces)
  for (const server of started) await runSql(server, 'postgres', 'drop database shop')
})
