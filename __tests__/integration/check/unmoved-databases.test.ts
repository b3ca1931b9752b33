/** What the source says of the databases postgres and template1, of which every server has its own. Servers of its own: it changes them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openTestServer, runSql, startServer, type TestServer } from '../../support/servers.js'
import { findingsAfterRemedies, findingsIn, findingsOfCheck, type Pair } from './pair.js'

let pair: Pair
const started: TestServer[] = []
beforeAll(async () => {
  const [sourceServer, targetServer] = [await startServer(14), await startServer(14)]
  started.push(sourceServer, targetServer)
  pair = {
    sourceServer,
    targetServer,
    source: await openTestServer(sourceServer, 'source'),
    target: await openTestServer(targetServer, 'target'),
  }
  for (const server of started) {
    await runSql(server, 'postgres', 'create role app; create role "the \'owner\'"')
  }
})
afterAll(() => Promise.all(started.map((server) => server.stop())))

const check = 'database-not-moved'
const found = (databases: readonly string[] = [], changes = {}) =>
  findingsOfCheck(pair, check, databases, changes)

async function onSource(statements: Readonly<Record<string, readonly string[]>>): Promise<void> {
  for (const [database, list] of Object.entries(statements)) {
    for (const sql of list) await runSql(pair.sourceServer, database, sql)
  }
}

test('what the target alone has of its own is not found, nor a freeze of the source', async () => {
  expect(await found()).toEqual([])
  for (const sql of [
    `alter database postgres set work_mem = '1MB'`,
    'grant create on database postgres to app',
    'revoke connect on database postgres from public',
    'grant temporary on database template1 to public',
    'alter database postgres connection limit 50',
    `comment on database postgres is 'of the target'`,
  ]) {
    await runSql(pair.targetServer, 'postgres', sql)
  }
  await runSql(pair.targetServer, 'template1', 'create extension citext')
  await onSource({ postgres: ['alter database postgres set default_transaction_read_only = tru'] })
  expect(await found()).toEqual([])
  await onSource({ template1: ['alter database postgres reset default_transaction_read_only'] })
  for (const sql of [
    'alter database postgres reset work_mem',
    'revoke create on database postgres from app',
    'grant connect on database postgres to public',
    'alter database postgres connection limit -1',
  ]) {
    await runSql(pair.targetServer, 'postgres', sql)
  }
})

test('what the source says of postgres and template1 themselves is found, and settled by its remedy', async () => {
  await onSource({
    postgres: [
      'revoke connect on database postgres from public',
      'grant connect on database postgres to app',
      `alter database postgres owner to "the 'owner'"`,
      'alter database postgres connection limit 7',
      `comment on database postgres is 'it''s ours'`,
      `alter database postgres set work_mem = '33MB'`,
      `alter role app in database postgres set statement_timeout = '7s'`,
      'revoke all on database template1 from public',
      `alter database template1 set lock_timeout = '9s'`,
    ],
    template1: [
      'create extension pg_trgm; create extension citext',
      'revoke create on schema public from public; grant create on schema public to app',
    ],
  })
  const findings = await found()
  const told = findings.map(({ database = '', object = '', message }) => [
    `${database}: ${object}`,
    message
      .slice(message.indexOf(': ') + 2, -1)
      .split(', ')
      .toSorted(),
  ])
  expect(Object.fromEntries(told)).toEqual({
    'postgres: properties': [
      'comment',
      'connection limit',
      'no privilege CONNECT for PUBLIC',
      'owner',
      'privilege CONNECT for app',
      'setting statement_timeout of role app',
      'setting work_mem',
    ],
    'template1: properties': ['no privilege CONNECT for PUBLIC', 'setting lock_timeout'],
    'template1: contents': [
      'extension "pg_trgm"',
      'no privilege CREATE on schema public for PUBLIC',
      'privilege CREATE on schema public for app',
    ],
  })
  expect(await found(['postgres'])).toHaveLength(2)
  expect(await found([], { isPart: true })).toEqual([])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  expect(
    await runSql(
      pair.targetServer,
      'postgres',
      `select has_database_privilege('app', 'postgres', 'connect') as connects,
              has_database_privilege('app', 'template1', 'connect') as "connectsToTemplate"`,
    ),
  ).toEqual([{ connects: true, connectsToTemplate: false }])
})

test('what a role called "PUBLIC" may do is not taken for what everybody may', async () => {
  const { sourceServer, targetServer } = pair
  for (const server of started) await runSql(server, 'postgres', 'create role "PUBLIC"')
  await runSql(targetServer, 'postgres', 'grant connect on database postgres to public')
  await runSql(sourceServer, 'postgres', 'grant connect on database postgres to "PUBLIC"')
  const findings = await found()
  expect(findings).toMatchObject([
    {
      message: expect.stringMatching(
        /: privilege CONNECT for "PUBLIC", no privilege CONNECT for PUBLIC\.$/,
      ),
    },
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('what was found in postgres is kept where nobody can connect to template1', async () => {
  const { sourceServer } = pair
  await onSource({
    postgres: [
      `alter database postgres set lock_timeout = '8s'`,
      `alter database template1 set session_preload_libraries = ''`,
    ],
  })
  const findings = await findingsIn(pair, [], {}, new Set([check]))
  await runSql(sourceServer, 'postgres', 'alter database postgres reset lock_timeout')
  await runSql(sourceServer, 'postgres', 'alter database template1 reset session_preload_libraries')
  expect(findings).toEqual([
    expect.objectContaining({ check, database: 'postgres', object: 'properties' }),
    expect.objectContaining({ check, database: 'template1', object: 'properties' }),
    {
      check: 'check-failed',
      severity: 'warning',
      object: check,
      message: expect.stringMatching(
        /^Could not check what new databases get from template1: .*database "template1"/,
      ),
      remedy: expect.stringContaining(`"${check}"`),
    },
  ])
})

test('rows of users that an extension keeps in a database postgres that is not chosen are found', async () => {
  await onSource({
    postgres: [
      `begin; create extension tcn; create table jobs (id int); alter extension tcn add table jobs;
       update pg_extension set extconfig = array['jobs'::regclass]::oid[], extcondition = '{""}' where extname = 'tcn'; commit`,
    ],
  })
  expect(await found()).toEqual([])
  await onSource({ postgres: ['insert into jobs values (1)'] })
  expect(await found()).toMatchObject([
    { severity: 'warning', database: 'postgres', object: 'extension "tcn"' },
  ])
  expect(await found(['postgres'])).toEqual([])
})
