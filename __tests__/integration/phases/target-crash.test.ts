/** A target that goes down while a database is moved, and comes back without what it had not written to its disk. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { beforeAll, describe, expect, test } from '@jest/globals'
import {
  connectionParameters,
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { openJournal } from '../../../src/cleanup/index.js'
import { silentLog } from '../../../src/log.js'
import { startDatabaseReport, startReport } from '../../../src/report/report.js'
import { lookAtPublished, type Published } from '../../../src/phases/look-at-published.js'
import { tellingOfCrash, watchForCrash } from '../../../src/phases/target-crash.js'
import type { UpgradeError } from '../../../src/errors.js'
import {
  hasCrashedBetween,
  readCrashMark,
  tellsTimeline,
  type Server,
} from '../../../src/server/index.js'
import { captureSequences } from '../../../src/validate/index.js'
import { settled } from '../../support/settled.js'
import { runUpgrade } from '../../support/upgrade-run.js'
import { toolsOf } from '../copy/copying.js'

// Fetching them takes longer than anybody waits for a statement.
beforeAll(() => toolsOf(18))

interface Story {
  /** `unlogged`: a crash empties the table. */
  readonly first?: string
  /** When it happens: while `second` is being copied, which is the smaller one, while a query is compared, or in the publication. */
  readonly while?: 'copying' | 'comparing' | 'publishing'
  readonly happens: (target: TestServer, pid: number) => Promise<void>
}

/** What calls `passes` waits on the target as long as there is a role `gate`. */
const tables = ({ first = '', while: moment }: Story) => `
  create ${first} table first as select i as id, repeat(md5(i::text), 10) as t from generate_series(1, 20000) i;
  create function passes(i int) returns bool language plpgsql as $$ begin
    while exists (select from pg_catalog.pg_roles where rolname = 'gate') loop
      perform pg_catalog.pg_sleep(0.02);
    end loop;
    return true; end $$;
  create table second (id int ${moment === 'comparing' ? '' : 'check (public.passes(id))'}, t text);
  insert into second select i, repeat('x', 100) from generate_series(1, 20000) i`

/** The process that is at work on such a statement. */
async function backendAt(server: TestServer, statement: string): Promise<number> {
  const query = `select pid from pg_stat_activity where state = 'active' and query like '${statement}'`
  const [row] = await settled(
    () => runSql<{ pid: number }>(server, 'postgres', query),
    (rows) => rows.length > 0,
  )
  if (row === undefined) throw new Error(`Nobody is at work on ${statement}.`)
  return row.pid
}

/** Moves the database, and lets something happen to the target meanwhile. */
async function moveWhile(story: Story) {
  const [source, target] = [await sharedServer(15), await startServer(18)]
  try {
    const database = await createDatabase(source, 'crash')
    await runSql(source, database, tables(story))
    await runSql(target, 'postgres', 'create role gate')
    const upgraded = runUpgrade({
      source: connectionParameters(source),
      target: connectionParameters(target),
      databases: [database],
      method: 'copy',
      jobs: { value: 1, from: 'input' },
      validate: 'none',
      validationQueries: [{ database, sql: 'select public.passes(0)' }],
      roles: 'skip',
    })
    // The server may answer yet before it notices its crash, which takes back what it has not written.
    const dropGate = `set synchronous_commit = on; drop role if exists gate`
    const openGate = () =>
      settled(() => runSql(target, 'postgres', dropGate).then(Boolean, () => false), Boolean)
    const statement =
      story.while === 'comparing' ? 'select public.passes(0)' : 'copy "public"."second"%'
    const pid = await backendAt(target, statement)
    if (story.while === 'publishing') {
      // Nobody renames a database as long as this is held, which is until the crash.
      const held = `begin; lock table pg_catalog.pg_database in share row exclusive mode; select pg_catalog.pg_sleep(600)`
      runSql(target, 'postgres', held).catch(() => undefined)
      await backendAt(target, `begin; lock table%`)
      await openGate()
      await story.happens(target, await backendAt(target, 'alter database %rename%'))
    } else {
      await story.happens(target, pid)
      await openGate()
    }
    const report = await upgraded
    const [moved] = report.databases
    const told = report.findings.map(({ check }) => check)
    return { report, moved, told }
  } finally {
    await target.stop()
  }
}

const crash = (_target: TestServer, pid: number) => {
  process.kill(pid, 'SIGKILL')
  return Promise.resolve()
}

/** Ends when the server has been through recovery. */
async function crashAndRecover(server: TestServer): Promise<void> {
  const since = () =>
    runSql(server, 'postgres', 'select stats_reset::text from pg_stat_archiver').catch(() => [])
  const before = await since()
  const crashing = runSql(server, 'postgres', 'select pg_sleep(60)')
  crashing.catch(() => undefined)
  await crash(server, await backendAt(server, 'select pg_sleep(60)'))
  await settled(since, (now) => now.length > 0 && !isDeepStrictEqual(now, before))
}

describe('a crash of the target', () => {
  test('that takes rows back fails the database, even where nothing was to be compared', async () => {
    const { report, moved, told } = await moveWhile({ first: 'unlogged', happens: crash })
    expect(told).toEqual(expect.arrayContaining(['copy-repeated', 'target-crashed']))
    expect(moved?.differences).toEqual([
      { kind: 'rows', object: '"public"."first"', source: '20000', target: '0' },
    ])
    expect(report.result).toBe('failed')
  })

  test('that takes nothing back is told, and the database is compared and published', async () => {
    const { report, moved, told } = await moveWhile({ happens: crash })
    expect(told).toEqual(expect.arrayContaining(['copy-repeated', 'target-crashed']))
    expect(moved).toMatchObject({ result: 'passed', differences: [] })
    expect(moved?.tables.map(({ name, targetRows }) => [name, targetRows])).toEqual([
      ['first', 20000],
      ['second', 20000],
    ])
    expect(report.result).toBe('passed')
  })

  test('after the copy keeps the database from being published', async () => {
    const { report, moved, told } = await moveWhile({
      first: 'unlogged',
      while: 'comparing',
      happens: crash,
    })
    expect(told).not.toContain('target-crashed')
    expect(moved).toMatchObject({
      result: 'failed',
      differences: [],
      error: { code: 'target-crashed' },
    })
    expect(report.result).toBe('failed')
  })

  test('in the publication keeps the database from being published', async () => {
    const { report, moved } = await moveWhile({
      first: 'unlogged',
      while: 'publishing',
      happens: crash,
    })
    expect(moved).toMatchObject({
      result: 'failed',
      differences: [],
      error: { code: 'target-crashed' },
    })
    expect(report.result).toBe('failed')
  })

  test('after the publication fails the run where unlogged tables held rows or unlogged sequences stood elsewhere, and each database that is gone; statistics that were reset do not', async () => {
    const server = await startServer(18)
    const target = await openTestServer(server, 'target')
    const run = {
      report: startReport('upgrade', new Date()),
      log: silentLog,
      signal: new AbortController().signal,
      journal: openJournal(join(server.folder, 'journal.json'), 'upgrade-postgres test'),
    }
    const publish = async (sql: string): Promise<Published> => {
      const name = await createDatabase(server, 'published')
      await runSql(server, name, sql)
      const crashes = await watchForCrash(target)
      const entry = startDatabaseReport(name, 0)
      const empty = { schema: 'public', name: 'Empty', sourceRows: 0, targetRows: 0 }
      entry.tables.push({ ...empty, equal: true, checksum: null })
      const unlogged = await captureSequences({ server: target, database: name }, 'unlogged')
      const [row] = await runSql<{ oid: string }>(
        server,
        'postgres',
        `select oid::text from pg_database where datname = '${name}'`,
      )
      const staging = `staging_of_${name}`
      const setAside = `${staging}_old`
      return { entry, staging, setAside, oid: row?.oid, crashes, look: undefined, unlogged }
    }
    const logged = await publish(`create table "T"(); create sequence s;
      create unlogged sequence untouched; select setval('s', 5)`)
    const emptied = await publish('create unlogged table "T"()')
    const setBack = await publish(`create unlogged sequence "S"; select setval('"S"', 5000, false);
      create unlogged table "Empty" (id int generated always as identity);
      select setval('"Empty_id_seq"', 1000)`)
    const gone = await publish('create table "T"()')
    const replaced = await publish('create table "T"()')
    const closed = await publish('create table "T"()')
    const renamed = await publish('create table "T"()')
    const { name: goneName } = gone.entry
    // As on a server that has taken over and lacks the publication.
    await runSql(
      server,
      'postgres',
      `alter database ${goneName} rename to ${gone.staging};
       alter database ${replaced.entry.name} rename to ${replaced.setAside}`,
    )
    await runSql(server, 'postgres', `create database ${replaced.entry.name}`)
    await runSql(server, 'postgres', `alter database ${renamed.entry.name} rename to "Renamed"`)
    await lookAtPublished(run, target, [logged, replaced, renamed])
    expect(renamed.entry).toMatchObject({
      result: 'failed',
      error: {
        code: 'database-missing',
        hint: expect.stringContaining(
          `alter database "Renamed" rename to "${renamed.entry.name}";`,
        ),
      },
    })
    expect(logged.entry.error).toBeNull()
    expect(replaced.entry).toMatchObject({
      result: 'failed',
      error: {
        code: 'target-crashed',
        message: expect.stringMatching(/another database has that name\. Somebody/) as unknown,
        hint: `Move this database again. The database that it had replaced is still there, as "${replaced.setAside}". The log of the target says whether it crashed, and why.`,
      },
    })
    expect(run.journal.entries().stagingDatabases).toEqual([])
    // Commits of the test's own server do not wait for the disk.
    await runSql(server, 'postgres', 'checkpoint')
    await runSql(server, 'postgres', `select pg_stat_reset_shared('bgwriter')`)
    await lookAtPublished(run, target, [logged, emptied, setBack])
    await crashAndRecover(server)
    await lookAtPublished(run, target, [logged, gone])
    expect(logged.entry.error).toBeNull()
    expect(gone.entry).toMatchObject({
      result: 'failed',
      error: {
        code: 'target-crashed',
        message: `Database "${goneName}" is not on the target any more as it was published: no database has that name. The target has crashed since, or another server has taken over for it, and has not kept the publication.`,
      },
    })
    expect(run.journal.entries().stagingDatabases).toEqual([gone.staging])
    await runSql(server, 'postgres', `alter database ${closed.entry.name} allow_connections false`)
    await expect(lookAtPublished(run, target, [closed])).rejects.toMatchObject({
      code: 'target-crashed',
      message: expect.stringMatching(/it is not known what of them is gone/) as unknown,
    })
    const errorOf = (published: Published[]) =>
      lookAtPublished(run, target, published).catch((error: unknown) => error as UpgradeError)
    const name = setBack.entry.name
    const error = await errorOf([emptied, setBack])
    expect(error).toMatchObject({
      code: 'target-crashed',
      message: `The target crashed after databases had been published under their real names. That has emptied their unlogged tables: "public"."T" of database "${emptied.entry.name}". That has set back their unlogged sequences: "public"."Empty_id_seq" of database "${name}" (stood at 1000; stands at 1, not called yet), "public"."S" of database "${name}" (stood at 5000, not called yet; stands at 1, not called yet). All else of them is there.`,
    })
    await runSql(server, name, (error?.hint ?? '').replace(/^.*\n/, ''))
    const now = await captureSequences({ server: target, database: name }, 'unlogged')
    expect(now).toEqual(setBack.unlogged)
    expect(run.report.findings).toEqual([])
    await server.stop()
  })

  test('that brings back what a published database has replaced lets the clean-up drop it, unless it was left on purpose', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crash-'))
    const server = await sharedServer(18)
    const target = await openTestServer(server, 'target')
    const run = {
      report: startReport('upgrade', new Date()),
      log: silentLog,
      signal: new AbortController().signal,
      journal: openJournal(join(folder, 'journal.json'), 'upgrade-postgres test'),
    }
    const replacing = async (): Promise<Published> => {
      const [name, setAside] = [await createDatabase(server), await createDatabase(server)]
      const crashes = await watchForCrash(target)
      const query = `select oid::text from pg_database where datname = '${name}'`
      const [row] = await runSql<{ oid: string }>(server, 'postgres', query)
      const entry = startDatabaseReport(name, 0)
      const staging = `staging_of_${name}`
      const look = undefined
      return { entry, staging, setAside, oid: row?.oid, crashes, look, unlogged: new Map() }
    }
    const [back, left] = [await replacing(), await replacing()]
    run.report.findings.push({
      check: 'replaced-database-left',
      severity: 'warning',
      database: left.entry.name,
      object: left.setAside,
      message: '',
    })
    await lookAtPublished(run, target, [back, left])
    expect([back.entry.error, left.entry.error]).toEqual([null, null])
    expect(run.journal.entries().stagingDatabases).toEqual([back.setAside])
    await rm(folder, { recursive: true })
  })

  test('is noticed where a standby takes over that has kept the statistics, also by a role that may read no timeline', async () => {
    const server = await startServer(18, { standby: true, settings: { max_connections: '100' } })
    const readAll = (side: Server) =>
      side.withSession(undefined, (session) => readCrashMark(session, true))
    const standby = await openTestServer(server, 'target')
    const before = await readAll(standby)
    const watch = await watchForCrash(standby)
    expect(await watch.hasCrashed()).toBe(false)
    await runSql(server, 'postgres', 'select pg_promote()')
    expect(await readAll(standby)).toEqual({ ...before, timeline: '00000002' })
    expect(await watch.hasCrashed()).toBe(true)
    const former = { ...before, timeline: '00000001' }
    expect(hasCrashedBetween(former, { ...before, timeline: '00000002' })).toBe(true)

    const role = { user: 'plain', password: 'secret' }
    await runSql(server, 'postgres', `create role plain login password 'secret'`)
    const timelineOf = async () => {
      const target = await openTestServer(server, 'target', role)
      const withTimeline = await target.withSession(undefined, tellsTimeline)
      expect(await (await watchForCrash(target)).hasCrashed()).toBe(false)
      return withTimeline
    }
    expect(await timelineOf()).toBe(true)
    await runSql(server, 'postgres', 'revoke execute on function pg_current_wal_lsn from public')
    expect(await timelineOf()).toBe(false)
    await server.stop()
  })

  test('before something fails is what the error speaks of', async () => {
    const server = await startServer(17)
    const run = {
      report: startReport('upgrade', new Date()),
      log: silentLog,
      signal: new AbortController().signal,
      target: await openTestServer(server, 'target'),
      database: { name: 'shop' },
    }
    const fail = () => Promise.reject(new Error('There is no table.'))
    const watch = await watchForCrash(run.target)
    await expect(tellingOfCrash(run, watch, fail)).rejects.toThrow(/^There is no table\.$/)
    const failed = tellingOfCrash(run, watch, async () => {
      await crashAndRecover(server)
      return fail()
    })
    await expect(failed).rejects.toMatchObject({
      code: 'target-crashed',
      side: 'target',
      message: expect.stringMatching(/crashed .* is gone\. There is no table\.$/) as unknown,
    })
    expect(run.report.findings).toEqual([])
    await server.stop()
  })

  test('that is none, but a session that somebody has ended, is not told', async () => {
    const { report, moved, told } = await moveWhile({
      first: 'unlogged',
      happens: async (target, pid) => {
        await runSql(target, 'postgres', `select pg_terminate_backend(${pid})`)
      },
    })
    expect(told).toContain('copy-repeated')
    expect(told).not.toContain('target-crashed')
    expect(moved).toMatchObject({ result: 'passed', tables: [] })
    expect(report.result).toBe('passed')
  })
})
