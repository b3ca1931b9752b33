/** Names, comments and settings outside ASCII, where a server would store them with other bytes than the other. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Server } from '../../../src/server/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { findingsIn } from './pair.js'

let sourceServer: TestServer
let latinServer: TestServer
let source: Server
let database: string
let latin: string
const role = uniqueName('Jürgen')
const settings = uniqueName('settings')

beforeAll(async () => {
  sourceServer = await sharedServer(12)
  latinServer = await startServer(18, { encoding: 'LATIN1', locale: 'C' })
  source = await openTestServer(sourceServer, 'source')
  database = await createDatabase(sourceServer, 'Bücher')
  latin = await createDatabase(sourceServer, 'latin', { encoding: 'LATIN1' })
  await runSql(sourceServer, 'postgres', `create role "${role}"; create role ${settings}`)
})

afterAll(async () => {
  await runSql(sourceServer, 'postgres', `drop role "${role}"; drop role ${settings}`)
  await latinServer.stop()
})

const checked = new Set(['name-encoding'])

/** What is found of the two; other tests may have names of their own on the shared source. */
async function found(
  target: Server,
  { from = source, databases = [database] }: { from?: Server; databases?: string[] } = {},
): Promise<unknown[]> {
  const isOurs = (object: string) =>
    [...databases, role, settings].some((name) => object.includes(name))
  const findings = await findingsIn({ source: from, target }, databases, {}, checked)
  return findings
    .filter(({ object = '' }) => isOurs(object))
    .map(({ severity, object, remedy }) => [
      severity,
      object,
      /encoding (\w+) in ([\w-]+)/
        .exec(remedy ?? '')
        ?.slice(1)
        .join(' '),
    ])
}

describe('name-encoding', () => {
  test('blocks on a database and a role outside ASCII', async () => {
    expect(await found(await openTestServer(latinServer, 'target'))).toEqual([
      ['blocking', `database "${database}"`, 'UTF8 target-url'],
      ['blocking', `role "${role}"`, 'UTF8 target-url'],
    ])
  })

  test('says nothing where the target is reached by a UTF8 database', async () => {
    const named = await createDatabase(latinServer, 'names', { encoding: 'UTF8' })
    const target = await openTestServer(latinServer, 'target', { database: named })
    expect(await found(target)).toEqual([])
  })

  test('says nothing where the source stores names in the same encoding', async () => {
    const from = await openTestServer(sourceServer, 'source', { database: latin })
    const target = await openTestServer(latinServer, 'target')
    expect(await found(target, { from, databases: [] })).toEqual([])
  })

  test('blocks on comments and settings of the databases that are moved, and of roles', async () => {
    const moved = await createDatabase(sourceServer)
    const other = await createDatabase(sourceServer)
    await runSql(
      sourceServer,
      moved,
      `alter database ${moved} set search_path = 'schön'; comment on database ${other} is 'Käse';
       comment on database ${moved} is 'Käse'; alter role ${settings} set my.name = 'ü';
       comment on role ${settings} is 'ü'; alter role ${settings} in database ${moved} set my.name = 'ü'`,
    )
    const target = await openTestServer(latinServer, 'target')
    expect(await found(target, { databases: [moved] })).toEqual([
      ['blocking', `comment on the database ${moved}`, 'UTF8 target-url'],
      ['blocking', `comment on the role ${settings}`, 'UTF8 target-url'],
      ['blocking', `role "${role}"`, 'UTF8 target-url'],
      ['blocking', `setting of the database ${moved}`, 'UTF8 target-url'],
      ['blocking', `setting of the role ${settings}`, 'UTF8 target-url'],
      ['blocking', `setting of the role ${settings} in the database ${moved}`, 'UTF8 target-url'],
    ])
  })

  test('blocks where the database that target-url names gets its comment from one in another encoding', async () => {
    const name = uniqueName('same')
    const form = `encoding 'UTF8' lc_collate 'C' lc_ctype 'C' template template0`
    for (const server of [sourceServer, latinServer]) {
      await runSql(server, 'postgres', `create database ${name} ${form}`)
    }
    try {
      await runSql(sourceServer, name, `comment on database ${name} is 'Käse'`)
      const target = await openTestServer(latinServer, 'target', { database: name })
      expect(await found(target, { databases: [name] })).toEqual([
        ['blocking', `comment on the database ${name}`, 'UTF8 target-url'],
      ])
    } finally {
      await runSql(sourceServer, 'postgres', `drop database ${name}`)
    }
  })

  test('blocks where the source reads what is UTF-8 in an encoding of its own, until source-url names a UTF8 database', async () => {
    const moved = await createDatabase(latinServer, 'utf8', { encoding: 'UTF8' })
    const owner = uniqueName('grün')
    await runSql(
      latinServer,
      moved,
      `create role "${owner}"; alter database ${moved} set search_path = 'schön'`,
    )
    const target = await openTestServer(await sharedServer(18), 'target')
    const from = await openTestServer(latinServer, 'source')
    const read = Buffer.from(owner).toString('latin1')
    try {
      const names = new Set(['name-encoding', 'property-not-text', 'role-name-encoding'])
      const findings = await findingsIn({ source: from, target }, [moved], {}, names)
      expect(findings.filter(({ severity }) => severity === 'blocking')).toMatchObject(
        [`role "${read}"`, `setting of the database ${moved}`].map((object) => ({
          check: 'name-encoding',
          object,
          remedy: expect.stringContaining('encoding UTF8 in source-url'),
        })),
      )
      const named = await openTestServer(latinServer, 'source', { database: moved })
      expect(await found(target, { from: named, databases: [moved] })).toEqual([])
    } finally {
      await runSql(latinServer, moved, `drop role "${owner}"`)
    }
  })

  test('asks for the encoding of the source on the target as well where its texts are in more than one', async () => {
    const moved = await createDatabase(latinServer, 'utf8', { encoding: 'UTF8' })
    await runSql(latinServer, moved, `alter database ${moved} set search_path = 'schön'`)
    await runSql(latinServer, 'postgres', `comment on database ${moved} is 'Käse'`)
    const targetServer = await sharedServer(18)
    const from = await openTestServer(latinServer, 'source')
    expect(
      await found(await openTestServer(targetServer, 'target'), { from, databases: [moved] }),
    ).toEqual([
      ['blocking', `setting of the database ${moved}`, 'LATIN1 target-url'],
      ['warning', `comment on the database ${moved}`, 'LATIN1 target-url'],
    ])
    const named = await createDatabase(targetServer, 'latin', { encoding: 'LATIN1' })
    const target = await openTestServer(targetServer, 'target', { database: named })
    expect(await found(target, { from, databases: [moved] })).toEqual([])
  })

  test('blocks on what is UTF-8 where the source cannot even read it in its encoding', async () => {
    const server = await startServer(13, { encoding: 'WIN1252', locale: 'C' })
    try {
      const moved = await createDatabase(server, 'utf8', { encoding: 'UTF8' })
      await runSql(server, moved, `comment on database ${moved} is 'Í'`)
      const from = await openTestServer(server, 'source')
      const target = await openTestServer(await sharedServer(18), 'target')
      expect(await found(target, { from, databases: [moved] })).toEqual([
        ['blocking', `comment on the database ${moved}`, 'UTF8 source-url'],
      ])
    } finally {
      await server.stop()
    }
  })
})
