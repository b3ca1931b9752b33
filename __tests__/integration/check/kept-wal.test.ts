/** A target that keeps all its WAL: for a slot, or because its archiving fails. */
import { open, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  createDatabase,
  openTestServer,
  runSql,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { settled } from '../../support/settled.js'
import { findingsAfterRemedies, findingsOfCheck, type Pair } from './pair.js'

let pair: Pair
let own: TestServer
let database: string
beforeAll(async () => {
  const [sourceServer, targetServer] = await Promise.all([
    startServer(13),
    startServer(18, { settings: { archive_mode: 'on' } }),
  ])
  own = targetServer
  database = await createDatabase(sourceServer)
  pair = {
    sourceServer,
    targetServer,
    source: await openTestServer(sourceServer, 'source'),
    target: await openTestServer(targetServer, 'target'),
  }
})
afterAll(() => Promise.all([pair.sourceServer.stop(), own.stop()]))

const onTarget = (sql: string) => runSql(own, 'postgres', sql)
const findings = (check = 'wal-kept') => findingsOfCheck(pair, check, [database])

/** Lets the archiver run the command until it says so. */
async function archiveWith(command: string, isSeen: string): Promise<void> {
  await onTarget(`alter system set archive_command = '${command}'`)
  await onTarget('select pg_reload_conf()')
  await onTarget('create table if not exists written (); select pg_switch_wal()')
  const rows = await settled(
    () => onTarget(`select from pg_stat_archiver where ${isSeen}`),
    ({ length }) => length > 0,
  )
  expect(rows).toHaveLength(1)
}

/** Gives the database a file that is about so big and takes no room. */
async function grow(bytes: number): Promise<void> {
  const [row] = await runSql<{ path: string }>(
    pair.sourceServer,
    'postgres',
    `select 'base/' || oid as path from pg_database where datname = '${database}'`,
  )
  const file = await open(join(pair.sourceServer.dataDirectory, row?.path ?? '', 'filler'), 'w')
  await file.truncate(bytes)
  await file.close()
}

test('warns of a slot that nobody reads and of archiving that fails, and counts the WAL', async () => {
  const { bavail, bsize } = await statfs(own.dataDirectory)
  await grow(Math.round(bavail * bsize * 0.6))
  await onTarget(`select pg_create_physical_replication_slot('unused')`)
  expect(await findings()).toEqual([])
  expect(await findings('target-disk-space')).toEqual([])
  await onTarget(`select pg_create_physical_replication_slot('later', true)`)
  const ofSlot = await findings()
  expect(ofSlot).toMatchObject([{ severity: 'warning', object: 'later' }])
  expect(await findings('target-disk-space')).toMatchObject([
    { severity: 'warning', message: expect.stringContaining('(wal-kept)') as unknown },
  ])
  await onTarget(`alter system set max_slot_wal_keep_size = '1GB'`)
  await onTarget('select pg_reload_conf()')
  expect(
    await settled(
      () => findings(),
      ({ length }) => length === 0,
    ),
  ).toEqual([])
  await onTarget('alter system reset max_slot_wal_keep_size')
  await onTarget('select pg_reload_conf()')
  expect(
    await settled(
      () => findings(),
      ({ length }) => length > 0,
    ),
  ).toEqual(ofSlot)
  expect(await findingsAfterRemedies(pair, ofSlot)).toEqual([])

  await archiveWith('/bin/false', 'last_failed_time is not null')
  expect(await findings()).toMatchObject([
    {
      severity: 'warning',
      object: 'archive_mode',
      message: expect.stringMatching(
        /the last attempt, of 0000\w+ at 20\S+ \S+, failed/,
      ) as unknown,
    },
  ])
  await archiveWith('/bin/true', 'last_archived_time > last_failed_time')
  expect(await findings()).toEqual([])
})
