/** The server room on real servers: what it learns, and how it explains a connection that fails. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { generate } from 'selfsigned'
import { prepareClientTools } from '../../../src/client/index.js'
import { ConnectionError } from '../../../src/errors.js'
import { silentLog } from '../../../src/log.js'
import { exportSnapshot, type ConnectionParameters } from '../../../src/server/index.js'
import { cacheFolder } from '../../support/server-binaries.js'
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
import { findingsOfCheck } from '../check/pair.js'

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
      restrictsRelationKinds: major === 18,
    })
  })

  it('is waited for as long as the longest connect_timeout says', async () => {
    const connectTimeoutSeconds = 2_147_483_647
    const { facts } = await openTestServer(testServer, 'source', { connectTimeoutSeconds })
    expect(facts.major).toBe(major)
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
    for (const [routine, remedy] of [
      ['InitializeSessionUserId', `alter role "${role}" login;`],
      ['CheckMyDatabase', `grant connect on database "${database}" to "${role}";`],
    ] as const) {
      const { code, hint = '', cause } = await failureOf(testServer, changes)
      expect(code).toBe('not-allowed-by-server')
      // What tells the two apart where the server speaks another language.
      expect(cause).toHaveProperty('routine', routine)
      expect(hint.split('\n')).toContain(remedy)
      expect(hint).toContain('on the source')
      await runSql(testServer, 'postgres', remedy)
    }
    await openTestServer(testServer, 'source', changes)
  })

  it('says how a role is let in that its own connection limit keeps out, or that of the database', async () => {
    const database = await createDatabase(testServer)
    const role = uniqueName('limited')
    await runSql(
      testServer,
      'postgres',
      `create role ${role} login password 'x' connection limit 0; alter database ${database} connection limit 0`,
    )
    const changes = { user: role, password: 'x', database }
    for (const routine of ['InitializeSessionUserId', 'CheckMyDatabase']) {
      const { code, hint = '', cause } = await failureOf(testServer, changes)
      expect(code).toBe('too-many-connections')
      expect(cause).toHaveProperty('routine', routine)
      expect(hint).toContain('on the source')
      await runSql(testServer, 'postgres', hint.split('\n').at(-1) ?? '')
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

  /** Puts rules above those that are there; what it returns takes them away again. */
  async function addRules(lines: string): Promise<() => Promise<void>> {
    const rules = join(testServer.dataDirectory, 'pg_hba.conf')
    const before = await readFile(rules, 'utf8')
    await writeFile(rules, `${lines}\n${before}`)
    // A session has the time of the last reload from the process that it was forked from, which also reads the rules.
    const loadedAt = () =>
      runSql<{ at: string }>(testServer, 'postgres', 'select pg_conf_load_time()::text as at')
    const [earlier] = await loadedAt()
    await runSql(testServer, 'postgres', 'select pg_reload_conf()')
    await settled(loadedAt, ([now]) => now?.at !== earlier?.at)
    return () => writeFile(rules, before)
  }

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

  /** Whether sessions of the action and of the client tools have TLS with those parameters. */
  async function encryptionOf(changes: Partial<ConnectionParameters>): Promise<boolean[]> {
    const server = await openTestServer(testServer, 'source', changes)
    const question =
      'select ssl from pg_catalog.pg_stat_ssl where pid = pg_catalog.pg_backend_pid()'
    const [own] = await server.withSession('postgres', (session) => session.query(question))
    const tools = await prepareClientTools({
      major: 18,
      source: 'auto',
      toolCache: join(cacheFolder(), 'tool-cache'),
      log: silentLog,
      signal: new AbortController().signal,
    })
    const { stdout } = await promisify(execFile)(
      tools.path('psql'),
      ['-XAt', '-c', question, '-d', server.conninfo('postgres')],
      { env: { ...tools.environment, PGPASSWORD: testServer.password } },
    )
    return [own?.['ssl'] === true, stdout.trim() === 't']
  }

  it.each(['prefer', 'allow'] as const)(
    'gets TLS under %s with a certificate that fits alone; connection-not-encrypted tells where there is none',
    async (sslmode) => {
      const { cert } = await generate([{ name: 'commonName', value: 'another' }], {
        extensions: [{ name: 'basicConstraints', cA: true }],
      })
      const another = join(testServer.folder, 'another.crt')
      await writeFile(another, cert)
      const fitting = { sslmode, sslrootcert: testServer.certificateFile ?? '' }
      const other = { sslmode, sslrootcert: another }
      const isFirst = sslmode === 'prefer'
      expect(await encryptionOf(fitting)).toEqual([isFirst, isFirst])
      expect(await encryptionOf(other)).toEqual([false, false])

      const told = async (changes: Partial<ConnectionParameters>) => {
        const source = await openTestServer(testServer, 'source', changes)
        const target = await openTestServer(testServer, 'target', { sslmode })
        const findings = await findingsOfCheck({ source, target }, 'connection-not-encrypted', [])
        return findings.map(({ severity, object }) => ({ severity, object }))
      }
      const warning = { severity: 'warning', object: 'source' }
      expect(await told(fitting)).toEqual(isFirst ? [] : [warning])
      expect(await told(other)).toEqual([warning])
      expect(await told({ sslmode: 'disable', sslrootcert: another })).toEqual([])

      const user = `only_with_tls_${sslmode}`
      await runSql(testServer, 'postgres', `create role ${user} login password 'their-secret'`)
      const takeBack = await addRules(`hostnossl all ${user} all reject`)
      const own = { user, password: 'their-secret' }
      expect((await openTestServer(testServer, 'source', { ...own, ...fitting })).facts.user).toBe(
        user,
      )
      expect(await failureOf(testServer, { ...own, ...other })).toMatchObject({
        code: isFirst ? 'tls-failed' : 'not-allowed-by-server',
      })
      await takeBack()
    },
  )

  it('speaks no older and no newer version of TLS than it may', async () => {
    const versionOf = async (changes: Partial<ConnectionParameters>) => {
      const given = { sslmode: 'require' as const, ...changes }
      const server = await openTestServer(testServer, 'source', given)
      const [row] = await server.withSession('postgres', (session) =>
        session.query(
          'select version from pg_catalog.pg_stat_ssl where pid = pg_catalog.pg_backend_pid()',
        ),
      )
      return row?.['version']
    }
    expect(await versionOf({ sslMaxProtocolVersion: 'TLSv1.2' })).toBe('TLSv1.2')
    expect(await versionOf({ sslMinProtocolVersion: 'TLSv1.3' })).toBe('TLSv1.3')
  })

  it.each<[string, Partial<ConnectionParameters>]>([
    ['channel_binding=require', { channelBinding: 'require' }],
    ['channel_binding=prefer', { channelBinding: 'prefer' }],
    ['channel_binding=disable', { channelBinding: 'disable' }],
    ['require_auth=scram-sha-256', { requireAuth: 'scram-sha-256' }],
    ['require_auth=!password', { requireAuth: '!password', channelBinding: 'require' }],
  ])('is reached with SCRAM under %s', async (_what, changes) => {
    const { facts } = await openTestServer(testServer, 'source', { sslmode: 'require', ...changes })
    expect(facts.major).toBe(18)
  })

  it.each<[string, string, Partial<ConnectionParameters>]>([
    ['require_auth=scram-sha-256', 'password', { requireAuth: 'scram-sha-256' }],
    ['require_auth=!password', 'password', { requireAuth: '!password' }],
    ['require_auth=scram-sha-256', 'trust', { requireAuth: 'scram-sha-256' }],
    ['channel_binding=require', 'password', { channelBinding: 'require' }],
    ['channel_binding=require', 'trust', { channelBinding: 'require' }],
    [
      'channel_binding=require without TLS',
      'scram-sha-256',
      { channelBinding: 'require', sslmode: 'disable' },
    ],
  ])('is refused under %s when it asks for %s', async (_what, method, changes) => {
    const user = `asked_for_${method.replaceAll('-', '_')}`
    await runSql(testServer, 'postgres', `drop role if exists ${user}`)
    await runSql(testServer, 'postgres', `create role ${user} login password 'their-secret'`)
    const takeBack = await addRules(`host all ${user} 127.0.0.1/32 ${method}`)
    const own = { sslmode: 'require' as const, user, password: 'their-secret' }
    expect((await openTestServer(testServer, 'source', own)).facts.user).toBe(user)
    const error = await failureOf(testServer, { ...own, ...changes })
    expect(error).toMatchObject({ code: 'authentication-refused', hint: expect.any(String) })
    expect(error.message).not.toContain('their-secret')
    await takeBack()
  })

  it('says what was met without TLS where TLS is refused, and how to do without it', async () => {
    const user = 'without_tls'
    await runSql(testServer, 'postgres', `create role ${user} login password 'their-secret'`)
    const takeBack = await addRules(
      `hostssl all ${user} all reject\nhostnossl all ${user} all scram-sha-256`,
    )
    const own = { user, password: 'their-secret' }
    const missing = { ...own, sslmode: 'prefer' as const, database: 'no_such' }
    expect(await failureOf(testServer, missing)).toMatchObject({ code: 'database-not-found' })
    const encrypted = { ...own, sslmode: 'require' as const }
    expect(await failureOf(testServer, encrypted)).toMatchObject({
      code: 'not-allowed-by-server',
      hint: expect.stringMatching(/sslmode, which is "require".*wants no TLS, "disable".*database/),
    })
    await takeBack()
  })

  it('is refused when it is a primary and a standby is asked for', async () => {
    const changes = { sslmode: 'require' as const, targetSessionAttrs: 'standby' as const }
    expect(await failureOf(testServer, changes)).toMatchObject({ code: 'session-attributes' })
  })

  it('is told to the client tools in the keywords that their major knows', async () => {
    const server = await openTestServer(testServer, 'source', {
      sslmode: 'require',
      channelBinding: 'require',
      requireAuth: 'scram-sha-256',
    })
    const late = (major: number) =>
      server.conninfo('postgres', {}, major).match(/channel_binding|require_auth/g)
    expect([late(12), late(15), late(16)]).toEqual([
      null,
      ['channel_binding'],
      ['channel_binding', 'require_auth'],
    ])
  })

  it.each<['verify-ca' | 'verify-full', string]>([
    ['verify-ca', 'localhost'],
    ['verify-full', '127.0.0.1'],
  ])('passes %s on %s when its certificate is trusted', async (sslmode, host) => {
    const changes = { sslmode, host, sslrootcert: testServer.certificateFile ?? undefined }
    const { facts } = await openTestServer(testServer, 'source', changes)
    expect(facts.major).toBe(18)
  })

  it.each<[string, RegExp, () => Partial<ConnectionParameters>]>([
    ['a certificate of no known authority', /signed itself/, () => ({ sslmode: 'verify-ca' })],
    [
      'a certificate of another host',
      /IP Address:127\.0\.0\.1.*hostaddr.*"verify-ca"/,
      () => ({
        sslmode: 'verify-full',
        host: 'localhost',
        sslrootcert: testServer.certificateFile ?? undefined,
      }),
    ],
  ])('is refused for %s', async (_what, hint, changes) => {
    const error = await failureOf(testServer, changes())
    expect(error).toMatchObject({ code: 'tls-failed', hint: expect.stringMatching(hint) })
  })
})

it('does not let the variables of the job into its sessions', async () => {
  const testServer = await sharedServer(18)
  const variables = {
    PGSSLNEGOTIATION: 'direct',
    PGREPLICATION: 'true',
    PGOPTIONS: '-c work_mem=5MB',
    PGCLIENT_ENCODING: 'LATIN1',
  }
  Object.assign(process.env, variables)
  try {
    const server = await openTestServer(testServer, 'source')
    const rows = await server.withSession(
      undefined,
      (session) => session.query(`select pg_catalog.current_setting('work_mem') as "workMem"`),
      { asConfigured: true },
    )
    expect(rows).toEqual([{ workMem: '4MB' }])
  } finally {
    for (const name of Object.keys(variables)) Reflect.deleteProperty(process.env, name)
  }
})

it('sends no password to a server that asks for it in clear text after it has begun with SCRAM', async () => {
  const wanted = (code: number, text = '') => {
    const message = Buffer.alloc(9 + text.length)
    message.write('R')
    message.writeInt32BE(8 + text.length, 1)
    message.writeInt32BE(code, 5)
    message.write(text, 9)
    return message
  }
  const received: Buffer[] = []
  const listener = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write(wanted(10, 'SCRAM-SHA-256\0\0'))
      socket.once('data', () => socket.write(wanted(3)))
      socket.on('data', (chunk) => received.push(chunk))
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  const error = await failureOf(await sharedServer(18), {
    port,
    password: 'their-secret',
    requireAuth: 'scram-sha-256',
  })
  await new Promise((resolve) => listener.close(resolve))
  expect(error.code).toBe('authentication-refused')
  expect(Buffer.concat(received).toString()).not.toContain('their-secret')
})
