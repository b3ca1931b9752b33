/** Names, comments and settings of a whole server that read alike on both sides and have other bytes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Server } from '../../../src/server/index.js'
import { compareDatabaseProperties, compareRoles } from '../../../src/validate/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'

let servers: { source: TestServer; target: TestServer }
let source: Server
let target: Server

beforeAll(async () => {
  servers = { source: await sharedServer(13), target: await sharedServer(18) }
  source = await openTestServer(servers.source, 'source')
  target = await openTestServer(servers.target, 'target')
})

describe('texts in LATIN1, which read as U+FFFD', () => {
  it('are equal to the same bytes alone, in properties of a database', async () => {
    const encoding = 'LATIN1'
    const before = await createDatabase(servers.source, 'latin', { encoding })
    const after = await createDatabase(servers.target, 'latin', { encoding })
    const write = (database: string, server: TestServer, within: string, text: string) =>
      runSql(
        server,
        within,
        `comment on database ${database} is '${text}'; alter database ${database} set my.name = '${text}'`,
      )
    await write(before, servers.source, before, 'schön')
    await write(after, servers.target, after, 'schön')
    expect(await compareDatabaseProperties(source, target, before, after)).toEqual([])
    await write(after, servers.target, 'postgres', 'sch\u{fffd}n')
    expect(await compareDatabaseProperties(source, target, before, after)).toEqual([
      {
        kind: 'comment',
        object: `comment on the database ${before}`,
        source: String.raw`sch\366n`,
        target: 'sch\u{fffd}n',
      },
      expect.objectContaining({ kind: 'setting', source: 'my.name=(not shown)' }),
    ])
  })

  it('are differences where two roles have become one', async () => {
    const own = await startServer(17)
    try {
      const latin = await createDatabase(own, 'latin', { encoding: 'LATIN1' })
      const role = uniqueName('role')
      await runSql(own, latin, `create role ${role}ü; create role ${role}ö`)
      await runSql(servers.target, 'postgres', `create role "${role}\u{fffd}"`)
      const isLeftOut = (name: string) => !name.startsWith(role)
      const before = await openTestServer(own, 'source')
      expect(await compareRoles(before, target, { isLeftOut })).toEqual([
        expect.objectContaining({
          kind: 'name',
          source: String.raw`${role}\366, ${role}\374`,
          target: `${role}\u{fffd}`,
        }),
      ])
    } finally {
      await own.stop()
    }
  })
})

describe('texts of a server in LATIN1, which read as those of one in UTF8', () => {
  let own: TestServer
  let latin: Server
  beforeAll(async () => {
    own = await startServer(18, { encoding: 'LATIN1', locale: 'C' })
    latin = await openTestServer(own, 'target')
  })
  afterAll(() => own.stop())

  it('are differences in properties of a database, until they have the same bytes', async () => {
    const before = await createDatabase(servers.source)
    const after = await createDatabase(own, 'utf8', { encoding: 'UTF8' })
    const write = (server: TestServer, within: string, database: string) =>
      runSql(
        server,
        within,
        `comment on database ${database} is 'Käse'; alter database ${database} set search_path = 'schön'`,
      )
    await write(servers.source, before, before)
    await write(own, 'postgres', after)
    const found = await compareDatabaseProperties(source, latin, before, after)
    expect(found.filter(({ kind }) => kind === 'comment' || kind === 'setting')).toEqual([
      {
        kind: 'comment',
        object: `comment on the database ${before}`,
        source: 'Käse',
        target: String.raw`K\344se`,
      },
      {
        kind: 'setting',
        object: `setting of the database ${before}`,
        source: 'search_path="schön"',
        target: String.raw`search_path="sch\366n"`,
      },
    ])
    await write(own, after, after)
    const named = await openTestServer(own, 'target', { database: after })
    const left = await compareDatabaseProperties(source, named, before, after)
    expect(left.filter(({ kind }) => kind === 'comment' || kind === 'setting')).toEqual([])
  })

  it('are no differences in comments that were converted to UTF8', async () => {
    const before = await createDatabase(own, 'utf8', { encoding: 'UTF8' })
    const after = await createDatabase(servers.target)
    await runSql(own, 'postgres', `comment on database ${before} is 'Käse'`)
    await runSql(servers.target, after, `comment on database ${after} is 'Käse'`)
    const from = await openTestServer(own, 'source')
    const comments = async () => {
      const found = await compareDatabaseProperties(from, target, before, after)
      return found.filter((each) => JSON.stringify(each).includes('comment'))
    }
    expect(await comments()).toEqual([])
    await runSql(own, before, `comment on database ${before} is 'Käse'`)
    expect(await comments()).toHaveLength(1)
  })

  it('are differences in roles', async () => {
    const role = uniqueName('grün')
    await runSql(servers.source, 'postgres', `create role "${role}"`)
    await runSql(own, 'postgres', `create role "${role}"`)
    try {
      const isLeftOut = (name: string) => name !== role
      expect(await compareRoles(source, latin, { isLeftOut })).toEqual([
        {
          kind: 'name',
          object: `name of the role ${role}`,
          source: role,
          target: role.replace('ü', String.raw`\374`),
        },
      ])
    } finally {
      await runSql(servers.source, 'postgres', `drop role "${role}"`)
    }
  })
})
