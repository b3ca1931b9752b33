/** What others are doing on the source. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { findLongTransactions } from '../../../src/check/activity.js'
import { connectForChecks } from '../../../src/check/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { findingsIn, openPair, type Pair } from './pair.js'

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

test('prepared-transaction blocks, for the databases that are moved', async () => {
  const other = await createDatabase(own)
  await runSql(own, database, 'begin')
  await runSql(own, database, `begin; insert into t values (1); prepare transaction 'it''s'`)
  const findings = await findingsIn(pair, [database])
  const findingsOfOther = await findingsIn(pair, [other])
  await runSql(own, database, `rollback prepared 'it''s'`)
  expect(findings).toEqual([
    expect.objectContaining({
      check: 'prepared-transaction',
      severity: 'blocking',
      database,
      object: "it's",
    }),
  ])
  expect(findingsOfOther).toEqual([])
  expect(await findingsIn(pair, [database])).toEqual([])
})

test('exclusive-lock names the process that holds one', async () => {
  const session = await (await openTestServer(own, 'target')).connect(database)
  await session.query('begin')
  await session.query('lock table public.t in access exclusive mode')
  const findings = await findingsIn(pair, [database])
  await session.close()
  expect(findings).toEqual([
    expect.objectContaining({
      check: 'exclusive-lock',
      severity: 'warning',
      object: String(session.processId),
    }),
  ])
  expect(await findingsIn(pair, [database])).toEqual([])
})

describe('long-transaction', () => {
  test('names a transaction that is older than the limit', async () => {
    const checker = await connectForChecks(pair.source)
    const session = await (await openTestServer(own, 'target')).connect(database)
    await session.query('begin')
    await session.query('select 1')
    const old = await findLongTransactions(checker, [database], 0)
    const young = await findLongTransactions(checker, [database], 300)
    await session.close()
    await checker.close()
    expect(old).toEqual([
      expect.objectContaining({ severity: 'warning', object: String(session.processId) }),
    ])
    expect(young).toEqual([])
  })
})
