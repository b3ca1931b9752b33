/** The checks write nothing: neither side gives out a transaction number or writes a byte of its log. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { refuseImpossiblePair } from '../../../src/check/index.js'
import type { Finding } from '../../../src/report/report.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { findingsIn } from './pair.js'

/** Nothing writes by itself: no vacuum, no records for standbys. */
const quiet = { settings: { autovacuum: 'off', wal_level: 'minimal', max_wal_senders: '0' } }

let sourceServer: TestServer
let targetServer: TestServer
let database: string
beforeAll(async () => {
  sourceServer = await startServer(11, quiet)
  targetServer = await startServer(18, quiet)
  database = await createDatabase(sourceServer)
  await runSql(targetServer, 'postgres', `create database ${database} template template0`)
  await runSql(
    sourceServer,
    database,
    `create extension hstore;
     create function helper(int) returns int immutable language sql as 'select $1 + 1';
     create function outer_f(int) returns int immutable language sql as 'select helper($1)'
       set work_mem = '8MB';
     create table t (id serial primary key, a int check (outer_f(a) > 0), big bytea, at abstime);
     alter table t alter big set storage external;
     insert into t (a, big) select i, convert_to(repeat('x', 3000000), 'UTF8') from generate_series(1, 3) i;
     create table par (a int not null); create table chi () inherits (par);
     alter table chi alter a drop not null; insert into chi values (null);
     create index on t (outer_f(a)); create view v as select n ! from generate_series(1::int8, 3) n;
     create view running as select pid from pg_stat_activity;
     select lo_create(0); create collation c (locale = 'C'); create sequence s;
     alter database ${database} set work_mem = '8MB'`,
  )
  for (const [server, name] of [
    [sourceServer, database],
    [targetServer, database],
    [sourceServer, 'postgres'],
    [targetServer, 'postgres'],
    [sourceServer, 'template1'],
  ] as const) {
    // So that no read finds rows to tidy up.
    await runSql(server, name, 'vacuum freeze')
  }
  for (const server of [sourceServer, targetServer]) await runSql(server, 'postgres', 'checkpoint')
})
afterAll(async () => {
  await sourceServer.stop()
  await targetServer.stop()
})

async function readTraces(server: TestServer): Promise<unknown> {
  const [traces] = await runSql(
    server,
    'postgres',
    `select pg_current_wal_insert_lsn()::text as log,
            txid_snapshot_xmax(txid_current_snapshot())::text as transactions`,
  )
  return traces
}

test('on either side, while they find what there is to find', async () => {
  const source = await openTestServer(sourceServer, 'source')
  const target = await openTestServer(targetServer, 'target')
  const before = await Promise.all([sourceServer, targetServer].map(readTraces))
  await refuseImpossiblePair(source, target)
  const findings: Finding[] = await findingsIn({ source, target }, [database])
  const after = await Promise.all([sourceServer, targetServer].map(readTraces))
  expect(after).toEqual(before)
  expect([...new Set(findings.map(({ check }) => check))].toSorted()).toEqual([
    'not-null-dropped',
    'removed-operator',
    'removed-type',
    'search-path',
  ])
})
