/** What is left out for an administrator is told in a finding, and is no difference, whatever it is called. */
import { expect, test } from '@jest/globals'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  uniqueName,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

test('routines with modes and schemas of publications with names that want quotes', async () => {
  const [source, target] = [await sharedServer(17), await sharedServer(18)]
  const user = uniqueName('admin')
  await runSql(
    target,
    'postgres',
    `create role ${user} login createdb createrole password 'secret of admin'`,
  )
  const database = await createDatabase(source)
  await runSql(
    source,
    database,
    `create procedure p(a int, inout b int) language internal as 'int4pl';
     create schema "Sales"; create schema "select"; create publication plain for tables in schema "Sales", "select";
     create publication "Of ""schemas""" for tables in schema "Sales", public`,
  )
  const report = await runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target, { user, password: 'secret of admin' }),
    method: 'copy',
    databases: [database],
    roles: 'skip',
    clientVersion: 18,
  })
  expect(report).toMatchObject({
    error: null,
    databases: [{ result: 'passed', error: null, differences: [] }],
  })
  const refused = report.findings.filter(({ check }) => check === 'restore-refused')
  expect(refused.map(({ object }) => object).toSorted()).toEqual([
    'PROCEDURE public p(integer, integer) postgres',
    'PUBLICATION TABLES IN SCHEMA Sales Of "schemas" Sales postgres',
    'PUBLICATION TABLES IN SCHEMA Sales plain Sales postgres',
    'PUBLICATION TABLES IN SCHEMA public Of "schemas" public postgres',
    'PUBLICATION TABLES IN SCHEMA select plain select postgres',
  ])
})
