/** Names and messages of owners that read like words of pg_restore. */
import { beforeAll, expect, test } from '@jest/globals'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

let source: TestServer
let target: TestServer

beforeAll(async () => {
  source = await sharedServer(14)
  target = await sharedServer(17)
})

async function moved(method: 'custom' | 'stream', definitions: string) {
  const database = await createDatabase(source, 'forged')
  await runSql(source, database, definitions)
  const report = await runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target),
    databases: [database],
    method,
    roles: 'skip',
    validate: 'none',
  })
  await runSql(source, 'postgres', `drop database "${database}"`)
  await runSql(target, 'postgres', `drop database if exists "${database}"`)
  return report.databases[0]
}

const error = 'pg_restore: error: could not execute query: ERROR:  forged'

const says = (statement: string) =>
  `create function said(int) returns bool language plpgsql as $$ begin
     if current_setting('server_version_num')::int >= 170000 then ${statement}; end if;
     return true;
   end $$;
   create table t (i int check (said(i)));
   insert into t values (1)`

test.each([
  ['a name', `create table "a\n${error}" (i int)`],
  ['a warning', says(`raise warning E'the log says:\\n${error}'`)],
])('are no error of a restore that has none: %s', async (_what, definitions) => {
  for (const method of ['stream', 'custom'] as const) {
    expect(await moved(method, definitions)).toMatchObject({ result: 'passed', error: null })
  }
})

test.each([
  ['a line of pg_restore', 'pg_restore: on it goes'],
  ['the statement', 'Command was: CREATE SCHEMA public;\\npg_restore: on it goes'],
])('hide no rows that were refused behind a harmless error and %s', async (_what, more) => {
  const raised = says(`raise exception E'schema "public" already exists\\n${more}'`)
  for (const method of ['stream', 'custom'] as const) {
    expect(await moved(method, raised)).toMatchObject({
      result: 'failed',
      error: { code: 'restore-failed' },
    })
  }
})
