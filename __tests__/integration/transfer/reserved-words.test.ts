/** Names that the source writes without quotes, and that are reserved words of the target alone. */
import { expect, it } from '@jest/globals'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

it('are quoted in what is given after the restore, and where views are filled', async () => {
  const [source, target] = [await sharedServer(15), await sharedServer(18)]
  const database = await createDatabase(source)
  await runSql(
    source,
    database,
    `create schema system_user; set search_path = system_user;
     create materialized view m as select 1 as i; create table u (a int not null); create unique index of_a on u (a);
     alter table u replica identity using index of_a; drop index of_a;
     create table p (v text); create table c () inherits (p); alter table only p alter v set storage external;
     comment on type u is 'of system_user''s rows'; revoke usage on type u from public;
     create type r as range (subtype = int); revoke execute on function r(int, int) from public`,
  )
  const report = await runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target),
    databases: [database],
    roles: 'skip',
    clientVersion: 18,
  })
  expect([report.error, report.databases[0]?.differences]).toEqual([null, []])
  expect(report.findings.filter(({ check }) => check === 'ownership-refused')).toEqual([])
  const seen = `select obj_description('"system_user".u'::regtype, 'pg_type') as comment, (select i from "system_user".m) as filled`
  expect(await runSql(target, database, seen)).toEqual([
    { comment: "of system_user's rows", filled: 1 },
  ])
  await runSql(target, 'postgres', `drop database ${database}`)
})
