import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { serverInputs } from '../support/action-inputs.js'
import { schemaDump, tableHashes } from '../support/independent-check.js'
import { filesLeft, processesLeft, secretsLeaked } from '../support/leftovers.js'
import { runAction, runPost, type ActionRun } from '../support/runner.js'
import { createDatabase, runSql, sharedServer, type TestServer } from '../support/servers.js'

const sample = `
  create schema app;
  create type app.mood as enum ('sad', 'ok', 'happy');
  create domain app.email as text check (value like '%@%');
  create table app.person (id int generated always as identity primary key, name text not null, mail app.email, mood app.mood);
  create table app."odd ""name""" (a float8, b bytea, c jsonb, d timestamptz, e numeric, f money);
  create table app.log (at date not null, person int references app.person, note text) partition by range (at);
  create table app.log_2024 partition of app.log for values from ('2024-01-01') to ('2025-01-01');
  create table app.log_rest partition of app.log for values from ('2025-01-01') to ('2026-01-01');
  create sequence app.standalone start 42;
  create view app.happy as select * from app.person where mood = 'happy';
  create materialized view app.per_mood as select mood, count(*) from app.person group by 1;
  create function app.twice(i int) returns int language sql immutable as 'select i * 2';
  create index on app.person (app.twice(id));
  insert into app.person (name, mail, mood)
    select 'p' || i, 'p' || i || '@x', (array['sad', 'ok', 'happy'])[i % 3 + 1]::app.mood from generate_series(1, 5000) i;
  insert into app."odd ""name"""
    select i / 3.0, decode(md5(i::text), 'hex'), jsonb_build_object('i', i), '2020-01-01'::timestamptz + i * interval '1 hour', i / 7.0, i::money
      from generate_series(1, 3000) i;
  insert into app.log select '2024-06-01'::date + i % 400, i % 5000 + 1, null from generate_series(1, 4000) i;
  refresh materialized view app.per_mood;
  select nextval('app.standalone'), lo_from_bytea(0, '\\x0001ff'::bytea);
`

/** 10 knows neither a reference from nor an index on a partitioned table. */
function sampleFor(server: TestServer): string {
  return server.major >= 11
    ? sample
    : sample.replace('person int references app.person', 'person int')
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

async function expectNothingLeft(run: ActionRun, source: TestServer, target: TestServer) {
  const files = (await filesLeft(run)).filter(
    (file) => !file.startsWith('upgrade-postgres-report/'),
  )
  // Other test files have staging databases of their own on the same server at the same time.
  const id = run.state['application-name']?.split(' ')[1] ?? ''
  expect(id).toMatch(/^[0-9a-f]{8}$/)
  const staging = `select datname from pg_database where datname like 'upgrade_postgres_${id}%'`
  expect({
    processes: await processesLeft(run),
    files,
    secrets: await secretsLeaked(run, [source.password, target.password]),
    databases: await runSql(target, 'postgres', staging),
  }).toEqual({ processes: [], files: [], secrets: [], databases: [] })
}

/** What the nasty sources, which go to 18 alone, leave for the other targets. */
const pairs: readonly { from: number; to: number; methods: readonly string[] }[] = [
  { from: 11, to: 18, methods: ['plain', 'custom', 'stream', 'parallel', 'copy'] },
  { from: 13, to: 17, methods: ['parallel', 'copy'] },
  { from: 10, to: 15, methods: ['custom', 'copy'] },
]

describe.each(pairs)('an upgrade from $from to $to', ({ from, to, methods }) => {
  let source: TestServer
  let target: TestServer
  let database: string

  beforeAll(async () => {
    source = await sharedServer(from)
    target = await sharedServer(to)
    database = await createDatabase(source, 'bundle "é"')
    await runSql(source, database, sampleFor(source))
    await runSql(source, 'postgres', `alter database ${quoted(database)} set work_mem = '7MB'`)
  })

  afterAll(async () => {
    for (const server of [source, target]) {
      await runSql(server, 'postgres', `drop database if exists ${quoted(database)}`)
    }
  })

  it.each(methods)('moves everything by %s', async (method) => {
    await runSql(target, 'postgres', `drop database if exists ${quoted(database)}`)
    const run = await runAction({
      ...serverInputs(source, target),
      databases: database,
      method,
      jobs: '2',
      roles: 'skip',
      'validation-queries': 'select count(*), sum(id) from app.person; select app.twice(21)',
    })
    expect(run.commands.filter(({ name }) => name === 'error')).toEqual([])
    expect(run.exitCode).toBe(0)
    expect(run.outputs).toMatchObject({ result: 'passed', 'error-code': '', differences: '0' })
    const [entry] = run.report?.databases ?? []
    expect(entry).toMatchObject({ name: database, result: 'passed', method: { name: method } })
    expect(entry?.tables.find(({ name }) => name === 'person')).toMatchObject({
      sourceRows: 5000,
      targetRows: 5000,
      equal: true,
    })
    const before = { server: source, database }
    const after = { server: target, database }
    expect(await schemaDump(after, 18)).toBe(await schemaDump(before, 18))
    expect(await tableHashes(after)).toEqual(await tableHashes(before))
    await expectNothingLeft(run, source, target)
    expect((await runPost(run)).exitCode).toBe(0)
  })
})
