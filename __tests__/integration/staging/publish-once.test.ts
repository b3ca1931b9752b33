import { afterEach, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { QueryError } from '../../../src/errors.js'
import type { Server } from '../../../src/server/index.js'
import { endSessions, inUseError } from '../../../src/staging/end-sessions.js'
import { publishDatabase, readProperties, stagingPrefix } from '../../../src/staging/index.js'
import { startCuttingProxy, type Cut, type CuttingProxy } from '../../support/cutting-proxy.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'

interface Publication {
  readonly stagingDatabase: string
  readonly name: string
  readonly rehearsal?: boolean
}

async function publish(
  target: Server,
  { stagingDatabase, name, rehearsal = false }: Publication,
): Promise<unknown> {
  const { differences } = await publishDatabase({
    target,
    stagingDatabase,
    name,
    properties: await target.withSession(undefined, (session) =>
      readProperties(session, stagingDatabase, target.facts.major),
    ),
    existingDatabase: 'replace',
    setAside: uniqueName(`${stagingPrefix}aside`),
    rehearsal,
    finding: () => undefined,
    onSetAside: () => undefined,
    onPublished: () => undefined,
    onSettled: () => undefined,
    beforeCommit: () => Promise.resolve(),
  })
  return differences
}

async function databasesLike(server: TestServer, name: string): Promise<string[]> {
  const rows = await runSql<{ name: string }>(
    server,
    'postgres',
    `select datname::text as name from pg_database where datname like '${name}%'`,
  )
  return rows.map((row) => row.name)
}

describe('a publication whose connection is lost', () => {
  let proxy: CuttingProxy | undefined

  afterEach(() => {
    proxy?.close()
  })

  const isRenamed = (said: string) => /alter database.*rename/i.test(said)
  const cases: readonly (readonly [string, Cut])[] = [
    [
      'after its commit, before the answer',
      (said, last) => (isRenamed(said) && last.includes('commit\0') ? 'answer' : undefined),
    ],
    [
      'before its commit',
      (said, last) => (isRenamed(said) && last.includes('commit\0') ? 'before' : undefined),
    ],
    ['in its middle', (_said, last) => (isRenamed(last) ? 'answer' : undefined)],
  ]

  it.each(cases)('%s is found out about, or made again', async (_when, cut) => {
    const address = await sharedServer(18)
    let once: 'before' | 'answer' | undefined
    proxy = await startCuttingProxy(address, (said, last) =>
      once === undefined ? (once = cut(said, last)) : undefined,
    )
    const target = await openTestServer(address, 'target', { port: proxy.port })
    const name = await createDatabase(address, 'standing')
    const stagingDatabase = await createDatabase(address, 'staging')
    await runSql(address, stagingDatabase, 'create table validated ()')
    expect(await publish(target, { stagingDatabase, name })).toEqual([])
    expect(proxy.cuts()).toBe(1)
    expect(await runSql(address, name, `select from validated`)).toEqual([])
    expect(await databasesLike(address, stagingDatabase)).toEqual([])
    await runSql(address, 'postgres', `drop database "${name}"`)
  })
})

describe('somebody who is connected to the staging database', () => {
  async function connectTo(server: TestServer, database: string): Promise<pg.Client> {
    const { host, port, user, password } = server
    const application_name = 'watching "all"'
    const client = new pg.Client({ host, port, user, password, database, application_name })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  it.each([true, false])('is sent away, in a rehearsal: %p', async (rehearsal) => {
    const address = await sharedServer(18)
    const target = await openTestServer(address, 'target')
    const stagingDatabase = await createDatabase(address, 'watched')
    const name = uniqueName('published')
    await connectTo(address, stagingDatabase)
    expect(await publish(target, { stagingDatabase, name, rehearsal })).toEqual([])
    const left = rehearsal ? stagingDatabase : name
    expect(await databasesLike(address, left)).toEqual([left])
    await runSql(address, 'postgres', `drop database "${left}"`)
  })

  it('is named where the role may not end the session', async () => {
    const address = await sharedServer(18)
    const role = uniqueName('publisher')
    await runSql(address, 'postgres', `create role ${role} login password 'publisher'`)
    const target = await openTestServer(address, 'target', { user: role, password: 'publisher' })
    const database = await createDatabase(address, 'watched')
    const watcher = await connectTo(address, database)
    const refusal = new QueryError('It is in use.', { code: 'query-failed', sqlState: '55006' })
    const error = await target.withSession(undefined, async (session) => {
      await endSessions(session, [database])
      return inUseError(session, [database], refusal)
    })
    expect(error.code).toBe('database-in-use')
    expect(error.message).toMatch(
      /^It is in use\. Connected are: process \d+ of application "watching \\"all\\"", as "postgres"\.$/,
    )
    await watcher.end()
    await runSql(address, 'postgres', `drop database "${database}" with (force)`)
    await runSql(address, 'postgres', `drop role ${role}`)
  })
})
