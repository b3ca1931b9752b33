/** What is said of a connection, a snapshot and a database that is not there any more. */
import { afterEach, expect, jest, test } from '@jest/globals'
import { Socket } from 'node:net'
import pg from 'pg'
import { exportSnapshot } from '../../../src/server/index.js'
import { explainFailure } from '../../../src/explain/index.js'
import { explainDriverError } from '../../../src/server/session/session.js'
import { openTestServer, runSql, sharedServer } from '../../support/servers.js'
import { settled } from '../../support/settled.js'

afterEach(() => {
  jest.restoreAllMocks()
})

test('a session is probed late enough to live through a silence, and before load balancers forget it', async () => {
  const probed = jest.spyOn(Socket.prototype, 'setKeepAlive')
  await openTestServer(await sharedServer(18), 'target')
  const [first] = probed.mock.calls.filter(([isOn]) => isOn === true)
  expect(first?.[1]).toBeGreaterThan(120_000)
  expect(first?.[1]).toBeLessThan(240_000)
})

test.each([11, 18])('a snapshot of %d that went with its session is called so', async (major) => {
  const source = await openTestServer(await sharedServer(major), 'source')
  const snapshot = await exportSnapshot(source, 'postgres')
  await snapshot.release()
  const error: unknown = await snapshot.connect().catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    code: 'connection-lost',
    message: expect.stringMatching(/^The session that held the snapshot on the source was lost: /),
  })
  const { cause } = error as { cause: pg.DatabaseError }
  // The same from a server that speaks French, whose words are those of PostgreSQL's translation.
  cause.message = 'identifiant invalide du snapshot : « x »'
  const foreign = explainDriverError(cause, 'source', 'postgres', false, false)
  expect(foreign.code).toBe('connection-lost')
  expect(explainFailure(foreign)?.cause).toMatch(/^The session that held the snapshot/)
})

test('a database that was dropped meanwhile is not blamed on the connection string', async () => {
  const target = await openTestServer(await sharedServer(18), 'target')
  await expect(target.connect('upgrade_postgres_gone')).rejects.toMatchObject({
    code: 'database-not-found',
    hint: expect.stringMatching(/dropped or renamed the database on the target/),
  })
})

test("a server's full disk has a code of its own", () => {
  const full = new pg.DatabaseError('could not extend file "base/1/2"', 0, 'error')
  full.code = '53100'
  expect(explainDriverError(full, 'target', 'shop').code).toBe('disk-full')
})

test.each(['25P04', '57P04', '57P05'])(
  'what ends a session with SQLSTATE %s is a lost connection in every language',
  (sqlState) => {
    const ended = new pg.DatabaseError('…', 0, 'error')
    Object.assign(ended, { code: sqlState, severity: 'ВАЖНО' })
    expect(explainDriverError(ended, 'target', 'shop').code).toBe('connection-lost')
  },
)

test.each([
  [
    'pg_terminate_backend',
    undefined,
    'terminating connection due to administrator command (SQLSTATE 57P01)',
  ],
  [
    'a timeout, whose SQLSTATE is none of lost connections',
    "set idle_in_transaction_session_timeout = '1ms'; begin",
    'terminating connection due to idle-in-transaction timeout (SQLSTATE 25P03)',
  ],
])('an idle session that the server ended says by what: %s', async (_title, sql, said) => {
  const address = await sharedServer(18)
  const source = await openTestServer(address, 'source')
  const session = await source.connect('postgres')
  const { processId } = session
  if (sql !== undefined) await session.query(sql)
  else await runSql(address, 'postgres', `select pg_terminate_backend(${processId})`)
  await settled(
    () => runSql(address, 'postgres', `select from pg_stat_activity where pid = ${processId}`),
    ({ length }) => length === 0,
  )
  await expect(session.query('select')).rejects.toMatchObject({
    code: 'connection-lost',
    message: `${said} on the source, database "postgres".`,
  })
})
