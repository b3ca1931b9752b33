/** The checks write nothing: neither side gives out a transaction number, writes a byte of its log or changes a file. */
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connectForChecks, refuseImpossiblePair } from '../../../src/check/index.js'
import type { Finding } from '../../../src/report/report.js'
import { recordStartups } from '../../support/startup-recorder.js'
import { runUpgrade } from '../../support/upgrade-run.js'
import {
  connectionParameters,
  createDatabase,
  openTestServer,
  runSql,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { findingsIn } from './pair.js'

/** Nothing writes by itself: no vacuum, no records for standbys. */
const quiet = {
  settings: { autovacuum: 'off', wal_level: 'minimal', max_wal_senders: '0', log_statement: 'all' },
}

/** As mode check does: sessions that may write keep their statements out of the target's log. */
const openOnlyRead = (server: TestServer, side: 'source' | 'target') =>
  openTestServer(server, side, {}, undefined, true)

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

/** Every file that holds catalogs or rows, with a hash of its content; caches of the server's own are left out. */
async function readFiles({ dataDirectory }: TestServer): Promise<Record<string, string>> {
  const names = await readdir(dataDirectory, { recursive: true })
  const files = names.filter(
    (name) =>
      /^(?:base|global|pg_xact|pg_multixact|pg_twophase|pg_tblspc|pg_replslot)\//.test(name) &&
      !/pg_internal\.init|pg_control$|pgsql_tmp/.test(name),
  )
  const hashes: Record<string, string> = {}
  for (const name of files.toSorted()) {
    const path = join(dataDirectory, name)
    if ((await stat(path)).isFile()) {
      hashes[name] = createHash('sha256')
        .update(await readFile(path))
        .digest('hex')
    }
  }
  return hashes
}

/** The first words of the statements that reached the server so far, by its own log. */
async function statementsSent({ logFile }: TestServer): Promise<string[]> {
  const log = await readFile(logFile, 'utf8')
  const sent = [...log.matchAll(/LOG: +(?:statement|execute [^:]*): +(\w+)/g)]
  return sent.map(([, word = '']) => word.toLowerCase())
}

const reading = ['begin', 'commit', 'explain', 'reset', 'rollback', 'select', 'set', 'show', 'with']

test('on either side, while they find what there is to find', async () => {
  const source = await openTestServer(sourceServer, 'source')
  const target = await openOnlyRead(targetServer, 'target')
  const servers = [sourceServer, targetServer]
  const files = await Promise.all(servers.map(readFiles))
  const statements = await Promise.all(servers.map(statementsSent))
  const before = await Promise.all(servers.map(readTraces))
  await refuseImpossiblePair(source, target)
  const findings: Finding[] = await findingsIn({ source, target }, [database])
  const after = await Promise.all(servers.map(readTraces))
  expect(after).toEqual(before)
  const sent = await Promise.all(servers.map(statementsSent))
  sent.forEach((words, index) => {
    const ofChecks = words.slice(statements[index]?.length)
    expect(ofChecks.length).toBeGreaterThan(10)
    expect(ofChecks.filter((word) => !reading.includes(word))).toEqual([])
  })
  // What the servers still hold in memory must reach the disk before the files are compared.
  for (const server of servers) await runSql(server, 'postgres', 'checkpoint')
  expect(await Promise.all(servers.map(readFiles))).toEqual(files)
  expect([...new Set(findings.map(({ check }) => check))].toSorted()).toEqual([
    'not-null-dropped',
    'removed-operator',
    'removed-type',
    'search-path',
  ])
})

test('mode check starts every session on either side read-only', async () => {
  const recorders = await Promise.all([sourceServer, targetServer].map(recordStartups))
  try {
    const [source, target] = [sourceServer, targetServer].map((server, index) =>
      connectionParameters(server, { port: recorders[index]?.port ?? 0 }),
    )
    if (source === undefined || target === undefined) throw new Error('There are two servers.')
    const report = await runUpgrade({ source, target, mode: 'check', databases: [database] })
    expect(report.findings.length).toBeGreaterThan(3)
    for (const { sessions } of recorders) {
      expect(sessions.length).toBeGreaterThan(3)
      // The last of several settings of one name counts.
      const readOnly = sessions.map(
        ({ options = '' }) =>
          [...options.matchAll(/-c default_transaction_read_only=(\w+)/g)].at(-1)?.[1],
      )
      expect(readOnly).toEqual(sessions.map(() => 'on'))
    }
  } finally {
    await Promise.all(recorders.map(({ stop }) => stop()))
  }
})

test('a check that writes cannot, and would be seen', async () => {
  for (const [server, side] of [
    [sourceServer, 'source'],
    [targetServer, 'target'],
  ] as const) {
    const session = await connectForChecks(await openOnlyRead(server, side), database)
    await expect(session.query('create table written ()')).rejects.toMatchObject({
      sqlState: '25006',
    })
    await session.close()
    expect((await statementsSent(server)).at(-1)).toBe('create')
    const files = await readFiles(server)
    const traces = await readTraces(server)
    await runSql(server, database, 'create table written ()')
    expect(await readTraces(server)).not.toEqual(traces)
    expect(await readFiles(server)).not.toEqual(files)
  }
})
