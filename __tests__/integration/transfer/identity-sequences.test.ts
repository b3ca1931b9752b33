/** Sequences of identity columns that are not as pg_dump makes them: of another type than the column, or with other bounds. */
import { describe, expect, test } from '@jest/globals'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  uniqueName,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

const create = `create table a (id int generated always as identity, v text); create table "Like a" (like a including identity);
  insert into "Like a" (v) select 'x' from generate_series(1, 5);
  create table small (id int generated always as identity, v text); alter sequence small_id_seq as smallint; insert into small (v) values ('x');
  create table endless (like a including identity); alter sequence endless_id_seq no maxvalue;
  create table falling (id bigint generated always as identity (increment -1 minvalue -100));
  create table tiny (like falling including identity); alter table tiny alter id type smallint`

const seen = `select sequencename, data_type::text, start_value, min_value, max_value, increment_by, cycle, last_value
  from pg_sequences order by 1`

describe.each(['plain', 'copy'] as const)('moved with the method %s', (method) => {
  test('have their types, bounds and positions', async () => {
    const [source, target] = await Promise.all([sharedServer(16), sharedServer(18)])
    const database = await createDatabase(source)
    await runSql(source, database, create)
    const report = await runUpgrade({
      source: connectionParameters(source),
      target: connectionParameters(target),
      databases: [database],
      roles: 'skip',
      method,
    })
    expect(report.findings.filter(({ severity }) => severity === 'blocking')).toEqual([])
    expect(
      report.databases.map(({ result, error, differences }) => [result, error, differences]),
    ).toEqual([['passed', null, []]])
    expect(await runSql(target, database, seen)).toEqual(await runSql(source, database, seen))
  })
})

test('are compared by their bounds, and not by their types', async () => {
  const [source, target] = await Promise.all([sharedServer(16), sharedServer(18)])
  const database = uniqueName('identity')
  for (const server of [source, target])
    await runSql(server, 'postgres', `create database ${database}`)
  await runSql(
    source,
    database,
    `create table a (id int generated always as identity); create table b (like a including identity);
     create table c (id int generated always as identity); alter sequence c_id_seq as smallint`,
  )
  await runSql(
    target,
    database,
    ['a', 'b', 'c']
      .map((table) => `create table ${table} (id int generated always as identity)`)
      .join(';'),
  )
  const report = await runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target),
    databases: [database],
    roles: 'skip',
    mode: 'validate',
  })
  expect(report.databases[0]?.differences).toEqual([
    {
      kind: 'sequence',
      object: 'public.c_id_seq',
      source: 'maximum: 32767',
      target: 'maximum: 2147483647',
    },
  ])
})
