/** Pairs of real servers that no upgrade can work on. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { refuseImpossiblePair } from '../../../src/check/index.js'
import { silentLog } from '../../../src/log.js'
import type { Server } from '../../../src/server/index.js'
import {
  connectionParameters,
  openTestServer,
  sharedServer,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'
import { startFakePooler, type FakePooler } from './fake-pooler.js'

let older: TestServer
let newer: TestServer
beforeAll(async () => {
  older = await sharedServer(11)
  newer = await sharedServer(15)
})

test('two servers of rising majors are accepted', async () => {
  const source = await openTestServer(older, 'source')
  const target = await openTestServer(newer, 'target')
  await expect(refuseImpossiblePair(source, target)).resolves.toBeUndefined()
})

test('a target older than the source is refused', async () => {
  const source = await openTestServer(newer, 'source')
  const target = await openTestServer(older, 'target')
  await expect(refuseImpossiblePair(source, target)).rejects.toMatchObject({
    code: 'target-older',
    side: 'target',
  })
})

test.each(['source', 'target'] as const)('a %s before 10 is refused', async (old) => {
  const ancient = (server: Server): Server =>
    server.side === old
      ? { ...server, facts: { ...server.facts, major: 9, version: '9.6.24' } }
      : server
  const source = ancient(await openTestServer(older, 'source'))
  const target = ancient(await openTestServer(newer, 'target'))
  await expect(refuseImpossiblePair(source, target)).rejects.toMatchObject({
    code: 'unsupported-version',
    side: old,
  })
})

test.each([
  ['check', 10, 'refused'],
  ['check', 11, 'taken'],
  ['check', 15, 'taken'],
  ['check', 16, 'taken with a warning'],
  ['check', 17, 'refused'],
  ['rehearse', 17, 'refused'],
  ['plan', 17, 'refused'],
  // A comparison uses none.
  ['validate', 17, 'taken'],
] as const)('in mode %s client tools of %d are %s', async (mode, clientVersion, outcome) => {
  const warnings: string[] = []
  const report = await runUpgrade(
    {
      source: connectionParameters(older),
      target: connectionParameters(newer),
      databases: ['*'],
      excludeDatabases: { items: ['*'], areNames: false },
      roles: 'skip',
      mode,
      clientVersion,
      clientSource: 'installed',
    },
    undefined,
    { log: { ...silentLog, warning: (line) => warnings.push(line) } },
  )
  const isRefused = report.error?.code === 'client-version-mismatch'
  expect(isRefused).toBe(outcome === 'refused')
  const isWarned = warnings.some((line) => line.startsWith('Client tools of PostgreSQL 16 write'))
  expect(isWarned).toBe(outcome === 'taken with a warning')
})

test.each(['check', 'plan', 'rehearse'] as const)(
  'mode %s says that there are no client tools of the version that is named',
  async (mode) => {
    const { error } = await runUpgrade({
      source: connectionParameters(older),
      target: connectionParameters(await sharedServer(18)),
      databases: ['*'],
      excludeDatabases: { items: ['*'], areNames: false },
      roles: 'skip',
      mode,
      clientVersion: 25,
      clientSource: 'installed',
    })
    expect(error).toMatchObject({
      code: 'client-tools-not-found',
      message: expect.stringContaining(
        'There are no client tools of PostgreSQL 25 to be had',
      ) as unknown,
    })
  },
)

test('one server under two host names is recognised', async () => {
  const source = await openTestServer(newer, 'source')
  const target = await openTestServer(newer, 'target', {
    host: 'localhost',
    hostaddr: '127.0.0.1',
    database: 'template1',
  })
  await expect(refuseImpossiblePair(source, target)).rejects.toMatchObject({ code: 'same-server' })
})

describe('behind a pooler in transaction mode', () => {
  let pooler: FakePooler
  beforeAll(async () => {
    pooler = await startFakePooler(newer)
  })
  afterAll(() => pooler.stop())

  test('the target is refused', async () => {
    const source = await openTestServer(older, 'source')
    const target = await openTestServer(newer, 'target', { port: pooler.port })
    await expect(refuseImpossiblePair(source, target)).rejects.toMatchObject({
      code: 'pooler',
      side: 'target',
      message: expect.stringContaining('two sessions were served by one server process'),
    })
  })
})
