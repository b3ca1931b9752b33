/** Objects that the target lacks are told by what they are, and what they are may hold a password. */
import { expect, test } from '@jest/globals'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

test('differences tell no password, nor a hash of one', async () => {
  const source = await sharedServer(13)
  const target = await sharedServer(17)
  const database = await createDatabase(source, 'told')
  await runSql(target, 'postgres', `create database "${database}"`)
  await runSql(
    source,
    database,
    `create foreign data wrapper w;
     create server far foreign data wrapper w options (host 'far', password 'S3cret of server', pwd 'S3cret2');
     create user mapping for postgres server far options (user 'u', password 'S3cretOfMapping');
     create user mapping for public server far options (password 'S3cretOfMapping');
     create function opened() returns text language sql set "app.key" = 'S3cretOfSetting' as
       'select pg_catalog.lower(''host=far password=S3cretOfFunction'')'`,
  )
  await runSql(
    target,
    database,
    `create foreign data wrapper w;
     create server far foreign data wrapper w;
     create user mapping for public server far options (password 'S3cretOfTarget')`,
  )
  const [row] = await runSql<{ hashes: string[] }>(
    source,
    'postgres',
    `select array[hashtext('password=S3cretOfMapping'), hashtext('password=S3cretOfTarget')]::text[] as hashes`,
  )
  const report = await runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target),
    mode: 'validate',
    // By counts all the same: this mode has nothing else to do.
    validate: 'none',
    databases: [database],
    roles: 'skip',
  })
  for (const server of [source, target]) {
    await runSql(server, 'postgres', `drop database "${database}"`)
  }
  const differences = report.databases[0]?.differences ?? []
  expect(differences.filter(({ kind }) => kind === 'user mapping')).toEqual([
    {
      kind: 'user mapping',
      object: 'postgres on far',
      source: 'options: (not shown); option names: ["password","user"]',
      target: null,
    },
    {
      kind: 'user mapping',
      object: 'public on far',
      source: 'options: (not shown)',
      target: 'options: (not shown)',
    },
  ])
  expect(differences.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['foreign server', 'function']),
  )
  const said = JSON.stringify(report)
  expect(said).not.toContain('S3cret')
  for (const hash of row?.hashes ?? ['']) expect(said).not.toContain(hash)
})
