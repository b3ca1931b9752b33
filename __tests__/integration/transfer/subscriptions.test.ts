/** Subscriptions that an administrator moves who may create some, and that client tools before 18 write for a newer target. */
import { expect, test } from '@jest/globals'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  uniqueName,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

test('a member of pg_create_subscription moves those that it may, with their owners, and tells of the others', async () => {
  const [source, target] = [await sharedServer(17), await sharedServer(18)]
  const [user, owner] = [uniqueName('admin'), uniqueName('owner')]
  for (const server of [source, target]) await runSql(server, 'postgres', `create role ${owner}`)
  await runSql(
    target,
    'postgres',
    `create role ${user} login createdb createrole password 'secret of admin' in role pg_create_subscription, ${owner}`,
  )
  const database = await createDatabase(source)
  await runSql(
    source,
    database,
    `create table t as select 1 as a; grant pg_create_subscription to ${owner};
     grant create on database ${database} to ${owner};
     create subscription bare connection 'host=127.0.0.1' publication p with (connect = false);
     create subscription free connection 'host=127.0.0.1 password=x' publication p with (connect = false, password_required = false);
     create subscription fine connection 'host=127.0.0.1 password=x' publication p with (connect = false);
     alter subscription fine owner to ${owner}`,
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
  expect(refused.map(({ object, message }) => `${object ?? ''}: ${message}`)).toEqual([
    expect.stringMatching(/^SUBSCRIPTION - bare postgres: .*password is required/),
    expect.stringMatching(/^SUBSCRIPTION - free postgres: .*password_required=false/),
  ])
  const there = `select s.subname as name, s.subowner::regrole::text as owner
    from pg_subscription s join pg_database d on d.oid = s.subdbid where d.datname = current_database()`
  expect(await runSql(target, database, there)).toEqual([{ name: 'fine', owner }])
})

test('streaming stays as it is on the source, by client tools that do not write that it is off', async () => {
  const [source, target] = [await sharedServer(17), await sharedServer(18)]
  const database = await createDatabase(source)
  const [plain, off, on, parallel] = ['plain', 'Off', 'on', 'parallel'].map(uniqueName)
  const quoted = `"${off ?? ''}"`
  const create = (name: string, options: string) =>
    `create subscription ${name} connection 'host=127.0.0.1' publication p with (connect = false, slot_name = none${options});`
  await runSql(
    source,
    database,
    `create table t as select 1 as a; ${create(plain ?? '', '')} ${create(quoted, ', streaming = off')}
     ${create(on ?? '', ', streaming = on')} ${create(parallel ?? '', ', streaming = parallel')}`,
  )
  const report = await runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target),
    method: 'copy',
    databases: [database],
    roles: 'skip',
    clientVersion: 17,
  })
  expect(report).toMatchObject({
    error: null,
    databases: [{ result: 'passed', error: null, differences: [] }],
  })
  const seen = `select s.subname as name, s.substream as streaming from pg_subscription s
    join pg_database d on d.oid = s.subdbid where d.datname = current_database() order by 1`
  expect(await runSql(target, database, seen)).toEqual(await runSql(source, database, seen))
})
