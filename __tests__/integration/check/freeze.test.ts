/** Sources that are read-only, and sources that the run may not make read-only. */
import pg from 'pg'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import type { CheckName } from '../../../src/report/check-names.js'
import { freezeSource } from '../../../src/server/index.js'
import { createDatabase, openTestServer, runSql, uniqueName } from '../../support/servers.js'
import { findingsAfter, findingsAfterRemedies, findingsIn, openPair, type Pair } from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(16, 18)
})

const found = async (
  as: Pick<Pair, 'source' | 'target'>,
  check: CheckName,
  database: string,
  freezes = false,
) => {
  const findings = await findingsIn(as, [database], { freezeSource: freezes })
  return findings.filter((finding) => finding.check === check)
}

describe('source-frozen', () => {
  test('notes what an earlier run has left frozen, with a remedy that releases it', async () => {
    const database = await createDatabase(pair.sourceServer)
    await freezeSource(pair.source, {
      databases: [database],
      graceSeconds: 0,
      log: silentLog,
      signal: new AbortController().signal,
      onFreeze: () => undefined,
    })
    const findings = await found(pair, 'source-frozen', database)
    expect(findings).toEqual([
      expect.objectContaining({
        check: 'source-frozen',
        severity: 'note',
        message: expect.stringContaining('by an earlier run') as unknown,
      }),
    ])
    expect(await found(pair, 'source-frozen', database, true)).toEqual(findings)
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
    await runSql(pair.sourceServer, database, 'create table t ()')
  })

  test('warns of a database that somebody has made read-only', async () => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      database,
      `alter database ${database} set default_transaction_read_only = true`,
    )
    const findings = await found(pair, 'source-frozen', database)
    expect(findings).toEqual([
      expect.objectContaining({
        severity: 'warning',
        message: expect.stringContaining('The setting is moved') as unknown,
      }),
    ])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('is not found where the setting is off, or a role alone reads only', async () => {
    const database = await createDatabase(pair.sourceServer)
    const role = uniqueName('reporter')
    await runSql(
      pair.sourceServer,
      database,
      `alter database ${database} set default_transaction_read_only = no; create role ${role};
       alter role ${role} in database ${database} set default_transaction_read_only = on`,
    )
    expect(await found(pair, 'source-frozen', database)).toEqual([])
  })
})

describe('login-trigger', () => {
  const trigger = `create function public.noted() returns event_trigger language plpgsql as 'begin end';
    create event trigger "Noted" on login execute function public.noted();`
  let newer: Pair
  beforeAll(async () => {
    newer = await openPair(17, 18)
  })

  test('warns of one that fires once the database is frozen', async () => {
    const freezes = { freezeSource: true }
    const findings = await findingsAfter(newer, 'login-trigger', trigger, freezes)
    expect(findings).toEqual([
      expect.objectContaining({ severity: 'warning', object: 'event trigger "Noted"' }),
    ])
    expect(await findingsAfterRemedies(newer, findings, { changes: freezes })).toEqual([])
  })

  test('is not found without freeze-source, nor where it is disabled', async () => {
    expect(await findingsAfter(newer, 'login-trigger', trigger)).toEqual([])
    const disabled = `${trigger} alter event trigger "Noted" disable`
    expect(await findingsAfter(newer, 'login-trigger', disabled, { freezeSource: true })).toEqual(
      [],
    )
  })
})

describe('freeze-not-allowed', () => {
  let as: Pair
  let user: string
  let owner: string
  beforeAll(async () => {
    user = uniqueName('mover')
    owner = uniqueName('owner')
    await runSql(
      pair.sourceServer,
      'postgres',
      `create role ${owner}; create role ${user} login password 'secret'`,
    )
    const source = await openTestServer(pair.sourceServer, 'source', { user, password: 'secret' })
    as = { ...pair, source }
  })

  const owned = async (by: string) => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(pair.sourceServer, 'postgres', `alter database ${database} owner to ${by}`)
    return database
  }
  const changes = { freezeSource: true }

  test('blocks where the database belongs to another role', async () => {
    const database = await owned(owner)
    expect(await found(as, 'freeze-not-allowed', database)).toEqual([])
    const findings = await found(as, 'freeze-not-allowed', database, true)
    expect(findings).toMatchObject([{ severity: 'blocking', object: `role "${owner}"` }])
    const rehearsed = await findingsIn(as, [database], { ...changes, isPublished: false })
    expect(rehearsed.filter(({ check }) => check === 'freeze-not-allowed')).toMatchObject([
      { severity: 'warning' },
    ])
    expect(await findingsAfterRemedies(as, findings, { changes })).toEqual([])
  })

  test('blocks where a role has a setting of its own that the run may not change', async () => {
    const database = await owned(user)
    const role = uniqueName('app')
    await runSql(
      pair.sourceServer,
      database,
      `create role ${role}; alter role ${role} in database ${database} set default_transaction_read_only = off`,
    )
    const findings = await found(as, 'freeze-not-allowed', database, true)
    expect(findings).toMatchObject([{ severity: 'blocking', object: `role "${role}"` }])
    expect(await findingsAfterRemedies(as, findings, { changes })).toEqual([])
  })

  test('warns of sessions that the run may not end', async () => {
    const database = await owned(user)
    const app = uniqueName('app')
    await runSql(pair.sourceServer, 'postgres', `create role ${app} login password 'x'`)
    const { host, port } = pair.sourceServer
    const client = new pg.Client({ host, port, database, user: app, password: 'x' })
    await client.connect()
    const findings = await found(as, 'freeze-not-allowed', database, true)
    expect(findings).toMatchObject([{ severity: 'warning', object: `sessions of "${app}"` }])
    expect(await findingsAfterRemedies(as, findings, { changes })).toEqual([])
    await client.end()
  })

  test('is not found for the owner of a database, nor for a superuser', async () => {
    expect(await found(as, 'freeze-not-allowed', await owned(user), true)).toEqual([])
    expect(await found(pair, 'freeze-not-allowed', await owned(owner), true)).toEqual([])
  })
})
