/** The server room on real servers: what it learns, and how it explains a connection that fails. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ConnectionError } from '../../../src/errors.js'
import { exportSnapshot, type ConnectionParameters } from '../../../src/server/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'

async function failureOf(
  server: TestServer,
  changes: Partial<ConnectionParameters>,
): Promise<ConnectionError> {
  const error: unknown = await openTestServer(server, 'source', changes).then(
    () => 'connected',
    (reason: unknown) => reason,
  )
  if (error instanceof ConnectionError) return error
  throw new Error('The connection should have failed with a ConnectionError.', { cause: error })
}

describe.each([11, 18])('a server of PostgreSQL %i', (major) => {
  let testServer: TestServer

  beforeAll(async () => {
    testServer = await sharedServer(major)
  })

  it('tells its version, its provider and what the role may do', async () => {
    const { facts } = await openTestServer(testServer, 'source')
    expect(facts).toMatchObject({
      major,
      provider: 'self-managed',
      user: 'postgres',
      isSuperuser: true,
      isStandby: false,
    })
  })

  it('exports a snapshot that does not see what is written afterwards', async () => {
    const database = await createDatabase(testServer, 'snapshot')
    await runSql(testServer, database, 'create table t as select 1 as n')
    const server = await openTestServer(testServer, 'source')
    const snapshot = await exportSnapshot(server, database)
    await runSql(testServer, database, 'insert into t values (2)')
    const session = await snapshot.connect()
    const rows = await session.query('select n from public.t')
    await session.close()
    await snapshot.release()
    expect(rows).toEqual([{ n: 1 }])
  })

  it.each<[string, string, Partial<ConnectionParameters>]>([
    ['a wrong password', 'wrong-password', { password: 'wrong' }],
    ['no password', 'wrong-password', { password: undefined }],
    ['an unknown role', 'wrong-password', { user: 'nobody at all' }],
    ['an unknown database', 'database-not-found', { database: 'no such "database"' }],
    ['TLS required of a server without', 'tls-failed', { sslmode: 'require' }],
    ['a certificate wanted from a server without', 'tls-failed', { sslmode: 'verify-full' }],
    ['an unknown host', 'unknown-host', { host: 'no-such-host.invalid' }],
    ['a port where nothing listens', 'unreachable', { port: 1 }],
    ['a socket that does not exist', 'unreachable', { host: '/no/such/folder' }],
  ])('explains %s as %s', async (_what, code, changes) => {
    const error = await failureOf(testServer, changes)
    expect(error).toMatchObject({ code, side: 'source', hint: expect.any(String) })
  })

  it('says of a wrong password that it begins or ends with white space', async () => {
    const { hint } = await failureOf(testServer, { password: 'wrong ' })
    expect(hint).toMatch(/white space/)
  })

  it('says how a role is let in that lacks CONNECT, or LOGIN', async () => {
    const database = await createDatabase(testServer)
    const role = uniqueName('guest')
    await runSql(
      testServer,
      'postgres',
      `create role ${role} password 'x'; revoke connect on database ${database} from public`,
    )
    const changes = { user: role, password: 'x', database }
    for (const remedy of [
      `alter role "${role}" login;`,
      `grant connect on database "${database}" to "${role}";`,
    ]) {
      const { code, hint = '' } = await failureOf(testServer, changes)
      expect(code).toBe('not-allowed-by-server')
      expect(hint.split('\n')).toContain(remedy)
      expect(hint).toContain('on the source')
      await runSql(testServer, 'postgres', remedy)
    }
    await openTestServer(testServer, 'source', changes)
  })

  it('never repeats the password in the error', async () => {
    const error = await failureOf(testServer, { password: 'pass-word-that-is-wrong' })
    expect(`${error.message} ${error.hint ?? ''}`).not.toContain('pass-word-that-is-wrong')
  })

  it('accepts a connection on its unix socket, whatever sslmode says', async () => {
    const { folder, password } = testServer
    const changes = { host: folder, password, sslmode: 'require' as const }
    const { facts } = await openTestServer(testServer, 'target', changes)
    expect(facts.major).toBe(major)
  })
})

describe('a server with TLS', () => {
  let testServer: TestServer

  beforeAll(async () => {
    testServer = await startServer(18, { tls: true })
  })

  afterAll(async () => {
    await testServer.stop()
  })

  it.each<[string, Partial<ConnectionParameters>]>([
    ['require', { sslmode: 'require' }],
    ['prefer', { sslmode: 'prefer' }],
  ])('is reached over TLS with sslmode %s', async (_mode, changes) => {
    const server = await openTestServer(testServer, 'source', changes)
    const rows = await server.withSession('postgres', (session) =>
      session.query(
        'select ssl from pg_catalog.pg_stat_ssl where pid = pg_catalog.pg_backend_pid()',
      ),
    )
    expect(rows).toEqual([{ ssl: true }])
  })

  it.each<['verify-ca' | 'verify-full', string]>([
    ['verify-ca', 'localhost'],
    ['verify-full', '127.0.0.1'],
  ])('passes %s on %s when its certificate is trusted', async (sslmode, host) => {
    const changes = { sslmode, host, sslrootcert: testServer.certificateFile ?? undefined }
    const { facts } = await openTestServer(testServer, 'source', changes)
    expect(facts.major).toBe(18)
  })

  it.each<[string, () => Partial<ConnectionParameters>]>([
    ['a certificate of no known authority', () => ({ sslmode: 'verify-ca' })],
    [
      'a certificate of another host',
      () => ({
        sslmode: 'verify-full',
        host: 'localhost',
        sslrootcert: testServer.certificateFile ?? undefined,
      }),
    ],
  ])('is refused for %s', async (_what, changes) => {
    const error = await failureOf(testServer, changes())
    expect(error).toMatchObject({ code: 'tls-failed', hint: expect.any(String) })
  })
})
