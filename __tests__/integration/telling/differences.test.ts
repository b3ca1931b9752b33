/** Differences are told by what the objects are, which may hold a password; what is lost comes first, in one error for each database. */
import { expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

test('differences are one error with what is lost first, and tell no password, nor a hash of one', async () => {
  const source = await sharedServer(13)
  const target = await sharedServer(17)
  const database = await createDatabase(source, 'told')
  await runSql(target, 'postgres', `create database "${database}"`)
  await runSql(
    source,
    database,
    `create table t as select 1 as i;
     create foreign data wrapper w;
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
     create user mapping for public server far options (password 'S3cretOfTarget');
     create table t (i int)`,
  )
  const [row] = await runSql<{ hashes: string[] }>(
    source,
    'postgres',
    `select array[hashtext('password=S3cretOfMapping'), hashtext('password=S3cretOfTarget')]::text[] as hashes`,
  )
  const errors: string[] = []
  const lines: string[] = []
  const log = {
    ...silentLog,
    error: (line: string) => errors.push(line),
    info: (line: string) => lines.push(line),
  }
  const report = await runUpgrade(
    {
      source: connectionParameters(source),
      target: connectionParameters(target),
      mode: 'validate',
      // By counts all the same: this mode has nothing else to do.
      validate: 'none',
      databases: [database],
      roles: 'skip',
    },
    undefined,
    { log },
  )
  for (const server of [source, target]) {
    await runSql(server, 'postgres', `drop database "${database}"`)
  }
  const differences = report.databases[0]?.differences ?? []
  const count = differences.length
  expect(errors).toEqual([
    expect.stringMatching(
      `^${database}: ${count} differences between source and target, the most harmful first:\n` +
        `- rows "public"\\."t": 1 on the source, 0 on the target\n(- .*\n){2}… and ${count - 3} more differences, in the log and the report\\.$`,
    ),
  ])
  expect(lines.filter((line) => line.includes(' on the source, '))).toHaveLength(count - 3)
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

test('a secret whose name stands apart from it is not told, only that it differs; what is harmless is told', async () => {
  const source = await sharedServer(13)
  const target = await sharedServer(17)
  const database = await createDatabase(source, 'apart')
  await runSql(target, 'postgres', `create database "${database}"`)
  const definitions = (secret: string, port: number) => `
    create foreign data wrapper w options (sas '${secret}');
    create server far foreign data wrapper w options (port '${port}', sas '${secret}');
    create foreign table ft (i int options (column_name '${port}', sas '${secret}'))
      server far options (table_name '${port}', sas '${secret}');
    create domain api_token as text default '${secret}';
    create table t (id text default '${port}', password text default '${secret}', has_token int default ${port});
    create function f(pwd text default '${secret}') returns text language sql as 'select pwd';
    create view v as select '${secret}'::text as password;`
  await runSql(
    source,
    database,
    `${definitions('S3cretOfSource', 1)} alter table t add token text default 'S3cretOfSource'`,
  )
  await runSql(target, database, definitions('S3cretOfTarget', 2))
  const report = await runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target),
    mode: 'validate',
    validate: 'none',
    databases: [database],
    roles: 'skip',
  })
  for (const server of [source, target]) {
    await runSql(server, 'postgres', `drop database "${database}"`)
  }
  const differences = report.databases[0]?.differences.filter(({ kind }) => kind !== 'privilege')
  const told = (kind: string, object: string, text: string) => ({
    kind,
    object,
    source: text.replace('#', '1'),
    target: text.replace('#', '2'),
  })
  const missing = expect.stringMatching(/; default: \(not shown\)$/) as unknown
  const lost = { kind: 'column', object: 'public.t.token', source: missing, target: null }
  expect(new Set(differences)).toEqual(
    new Set([
      told('foreign data wrapper', 'w', 'options: ["sas=***"]'),
      told('foreign server', 'far', 'options: ["port=#","sas=***"]'),
      told('foreign table', 'public.ft', 'foreign options: ["sas=***","table_name=#"]'),
      told('column', 'public.ft.i', 'foreign options: ["column_name=#","sas=***"]'),
      told('domain', 'public.api_token', 'default: (not shown)'),
      told('column', 'public.t.id', `default: '#'::text`),
      told('column', 'public.t.password', 'default: (not shown)'),
      told('column', 'public.t.has_token', 'default: #'),
      told('function', 'public.f(pwd text)', 'defaults: (not shown)'),
      told('view', 'public.v', `query:  SELECT '***'::text AS password;`),
      lost,
    ]),
  )
})
