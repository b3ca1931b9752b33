/** Pairs of real servers that no upgrade can work on. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { refuseImpossiblePair } from '../../../src/check/index.js'
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

test.each([
  ['check', 10, true],
  ['check', 11, false],
  ['check', 15, false],
  ['check', 16, true],
  ['rehearse', 16, true],
  ['plan', 16, true],
  // A comparison uses none.
  ['validate', 16, false],
] as const)(
  'in mode %s client tools of %d are refused: %j',
  async (mode, clientVersion, refused) => {
    const report = await runUpgrade({
      source: connectionParameters(older),
      target: connectionParameters(newer),
      databases: ['*'],
      excludeDatabases: { items: ['*'], areNames: false },
      roles: 'skip',
      mode,
      clientVersion,
    })
    expect(report.error?.code === 'client-version-mismatch').toBe(refused)
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
