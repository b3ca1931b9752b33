/** What others are doing on the source. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { freezeSource, type Session } from '../../../src/server/index.js'
import { settled } from '../../support/settled.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { findingsAfterRemedies, findingsIn, openPair, findingsOfCheck, type Pair } from './pair.js'
import { paste } from './remedy.js'

let pair: Pair
let own: TestServer
let database: string
beforeAll(async () => {
  own = await startServer(15, { settings: { max_prepared_transactions: '5' } })
  const target = await openPair(15, 18)
  pair = { ...target, sourceServer: own, source: await openTestServer(own, 'source') }
  database = await createDatabase(own)
  await runSql(own, database, 'create table t (a int)')
})
afterAll(() => own.stop())

/** A session of somebody else's that has begun a transaction and done something in it. */
async function openTransaction(sql: string): Promise<Session> {
  const session = await (await openTestServer(own, 'target')).connect(database)
  await session.query('begin')
  await session.query(sql)
  return session
}

/** Waits for what a remedy ends: a process that was told to is still there for a moment. */
const noneLeft = () =>
  settled(
    () => findingsIn(pair, [database]),
    ({ length }) => length === 0,
  )

describe('prepared-transaction', () => {
  const prepare = () =>
    runSql(own, database, `begin; insert into t values (1); prepare transaction 'it''s'`)

  test('blocks, for the databases that are moved', async () => {
    const other = await createDatabase(own)
    await prepare()
    const findings = await findingsIn(pair, [database])
    expect(findings).toEqual([
      expect.objectContaining({
        check: 'prepared-transaction',
        severity: 'blocking',
        database,
        object: "it's",
      }),
    ])
    expect(await findingsIn(pair, [other])).toEqual([])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('is rolled back by the other of its remedies', async () => {
    await prepare()
    const findings = await findingsIn(pair, [database])
    expect(await findingsAfterRemedies(pair, findings, { alternative: 1 })).toEqual([])
    expect(await runSql(own, database, 'select a from t')).toEqual([{ a: 1 }])
  })

  test('fails a freeze where it came after the check, because COMMIT PREPARED goes through all the same', async () => {
    await prepare()
    const frozen = freezeSource(pair.source, {
      databases: [database],
      graceSeconds: 0,
      log: silentLog,
      signal: new AbortController().signal,
      onFreeze: () => undefined,
    })
    const message = `prepared transactions are neither committed nor rolled back: 'it''s'.`
    await expect(frozen).rejects.toMatchObject({
      code: 'freeze-failed',
      message: expect.stringContaining(message) as unknown,
      hint: expect.stringContaining('ROLLBACK PREPARED') as unknown,
    })
    await runSql(own, database, `rollback prepared 'it''s'`)
    await runSql(own, 'postgres', `alter database ${database} reset default_transaction_read_only`)
  })

  test('blocks on the target as well, in a database that is to be replaced', async () => {
    await prepare()
    const sourceServer = await sharedServer(14)
    await runSql(sourceServer, 'postgres', `create database ${database}`)
    const onTarget: Pair = {
      sourceServer,
      targetServer: own,
      source: await openTestServer(sourceServer, 'source'),
      target: await openTestServer(own, 'target'),
    }
    const look = async (options: Parameters<typeof findingsIn>[2]) => {
      return findingsOfCheck(onTarget, 'prepared-transaction', [database], options)
    }
    const replacing = { existingDatabase: 'replace' } as const
    const findings = await look(replacing)
    expect(findings).toMatchObject([{ severity: 'blocking', database, object: "it's" }])
    expect(await look({ ...replacing, isPublished: false })).toEqual([])
    for (const finding of findings) await paste(onTarget, finding)
    expect(await look(replacing)).toEqual([])
    await runSql(sourceServer, 'postgres', `drop database ${database}`)
  })

  /** Prepared in a database that no run touches; the others' locks of the whole server are in `own` alone. */
  const onTarget = async (sql: string, options: Parameters<typeof findingsIn>[2] = {}) => {
    const sourceServer = await sharedServer(14)
    const pairOfOwn: Pair = {
      sourceServer,
      targetServer: own,
      source: await openTestServer(sourceServer, 'source'),
      target: await openTestServer(own, 'target'),
    }
    await runSql(own, elsewhere, `begin; ${sql}; prepare transaction 'of others'`)
    const look = () => findingsOfCheck(pairOfOwn, 'prepared-transaction', [database], options)
    const findings = await look()
    if (findings.length === 0) await runSql(own, elsewhere, `rollback prepared 'of others'`)
    for (const finding of findings) await paste(pairOfOwn, finding, { alternative: 1 })
    expect(await look()).toEqual([])
    return findings
  }

  let elsewhere: string
  let role: string
  beforeAll(async () => {
    elsewhere = await createDatabase(own)
    role = uniqueName('prepared')
    await runSql(own, elsewhere, `create role ${role}; create table mine (a int)`)
  })
  afterAll(() => runSql(own, elsewhere, `drop role ${role}`))

  test.each([
    ['pg_database', 'lock table pg_database in share mode'],
    ['pg_authid', 'lock table pg_authid in exclusive mode'],
    ['pg_shdescription', 'lock table pg_shdescription in share row exclusive mode'],
    ['database template0', `comment on database template0 is 'x'`],
  ])('blocks a rehearsal as well, where %s is locked from any database', async (held, sql) => {
    expect(await onTarget(sql, { isPublished: false })).toEqual([
      expect.objectContaining({
        severity: 'blocking',
        database: elsewhere,
        object: 'of others',
        message: expect.stringContaining(`It has ${held} locked`) as unknown,
      }),
    ])
  })

  test('blocks where the database that is to be replaced is locked from another', async () => {
    const sql = `comment on database ${database} is null`
    expect(await onTarget(sql)).toMatchObject([{ severity: 'blocking', database: elsewhere }])
    expect(await onTarget(sql, { isPublished: false })).toMatchObject([{ severity: 'warning' }])
  })

  test('warns of a role that was written', async () => {
    expect(await onTarget(`alter role ${role} createdb`)).toEqual([
      expect.objectContaining({
        severity: 'warning',
        database: elsewhere,
        message: expect.stringContaining('It has written pg_authid:') as unknown,
      }),
    ])
  })

  test('is not found on the target for what belongs to a database that no run touches', async () => {
    const sql = `insert into mine values (1); create table other (a int); grant select on mine to ${role}`
    expect(await onTarget(sql)).toEqual([])
    expect(await onTarget('lock table pg_tablespace in share mode')).toEqual([])
  })
})

describe('exclusive-lock', () => {
  const lock = 'lock table public.t in access exclusive mode'

  test('names the process that holds one', async () => {
    const session = await openTransaction(lock)
    const findings = await findingsIn(pair, [database])
    expect(findings).toEqual([
      expect.objectContaining({
        check: 'exclusive-lock',
        severity: 'warning',
        database,
        object: String(session.processId),
        message: expect.stringContaining('lock on 1 table or index:') as unknown,
      }),
    ])
    for (const finding of findings) await paste(pair, finding)
    expect(await noneLeft()).toEqual([])
  })

  test('names the process that waits for one, which a dump would have to wait behind', async () => {
    const reader = await openTransaction('select from public.t')
    const waiting = await openTransaction('select 1')
    const locked = waiting.query(lock).catch(() => undefined)
    const findings = await settled(
      () => findingsIn(pair, [database]),
      ({ length }) => length > 0,
    )
    expect(findings).toEqual([
      expect.objectContaining({ check: 'exclusive-lock', object: String(waiting.processId) }),
    ])
    await reader.close()
    await locked
    await waiting.close()
    expect(await noneLeft()).toEqual([])
  })

  test('is not found for a lock that readers do not wait for', async () => {
    const session = await openTransaction('lock table public.t in share mode')
    expect(await findingsIn(pair, [database])).toEqual([])
    await session.close()
  })
})

describe('long-transaction', () => {
  /** The clock of the server as its database `postgres` reads it, which is where the checks ask. */
  const setClock = (language: 'internal' | 'sql', code: string) =>
    runSql(
      own,
      'postgres',
      `create or replace function pg_catalog.now() returns timestamptz language ${language}
         ${language === 'sql' ? 'volatile' : 'stable'} as '${code}'`,
    )

  const sixMinutesLater = `select pg_catalog.clock_timestamp() + interval ''6 minutes''`

  test('names a transaction that was open when six minutes have gone by', async () => {
    const session = await openTransaction('select 1')
    const early = await findingsIn(pair, [database])
    await setClock('sql', sixMinutesLater)
    try {
      const findings = await findingsIn(pair, [database])
      expect(early).toEqual([])
      expect(findings).toEqual([
        expect.objectContaining({
          check: 'long-transaction',
          severity: 'warning',
          database,
          object: String(session.processId),
          message: expect.stringMatching(/has been open for \d+ minutes/) as unknown,
        }),
      ])
      for (const finding of findings) await paste(pair, finding)
      expect(await noneLeft()).toEqual([])
    } finally {
      await setClock('internal', 'now')
    }
  })

  test('is not found for a session that waits between two transactions', async () => {
    const session = await (await openTestServer(own, 'target')).connect(database)
    await session.query('select 1')
    await setClock('sql', sixMinutesLater)
    try {
      expect(await findingsIn(pair, [database])).toEqual([])
    } finally {
      await setClock('internal', 'now')
      await session.close()
    }
  })
})

describe('old-snapshots-forgotten', () => {
  test.each([
    ['1min', 'blocking'],
    ['2d', 'warning'],
  ])('blocks while it may happen within the time of a run: %s', async (threshold, severity) => {
    const forgetful = await startServer(13, { settings: { old_snapshot_threshold: threshold } })
    try {
      const source = await openTestServer(forgetful, 'source')
      const findings = await findingsIn({ ...pair, source }, ['postgres'])
      expect(findings).toEqual([
        expect.objectContaining({ check: 'old-snapshots-forgotten', severity }),
      ])
    } finally {
      await forgetful.stop()
    }
  })
})
