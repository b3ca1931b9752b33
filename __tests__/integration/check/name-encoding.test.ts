/** Names outside ASCII on a target that would store them in another encoding than UTF8. */
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
let targetServer: TestServer
let source: Server
let database: string
const role = uniqueName('Jürgen')

beforeAll(async () => {
  sourceServer = await sharedServer(12)
  targetServer = await startServer(18, { encoding: 'LATIN1', locale: 'C' })
  source = await openTestServer(sourceServer, 'source')
  database = await createDatabase(sourceServer, 'Bücher')
  await runSql(sourceServer, 'postgres', `create role "${role}"`)
})

afterAll(async () => {
  await runSql(sourceServer, 'postgres', `drop role "${role}"`)
  await targetServer.stop()
})

/** What is found of the two; other tests may have names of their own on the shared source. */
async function found(target: Server): Promise<unknown[]> {
  const findings = await findingsIn({ source, target }, [database])
  return findings
    .filter(({ check, object = '' }) => check === 'name-encoding' && isOurs(object))
    .map(({ severity, object }) => [severity, object])
}

const isOurs = (object: string) =>
  [`"${database}"`, `"${role}"`].some((name) => object.includes(name))

describe('name-encoding', () => {
  test('blocks on a database and a role outside ASCII', async () => {
    expect(await found(await openTestServer(targetServer, 'target'))).toEqual([
      ['blocking', `database "${database}"`],
      ['blocking', `role "${role}"`],
    ])
  })

  test('says nothing where the target is reached by a UTF8 database', async () => {
    const named = await createDatabase(targetServer, 'names', { encoding: 'UTF8' })
    const target = await openTestServer(targetServer, 'target', { database: named })
    expect(await found(target)).toEqual([])
  })

  test('says nothing where the source stores names in the same encoding', async () => {
    const latin = await createDatabase(sourceServer, 'latin', { encoding: 'LATIN1' })
    const sameSource = await openTestServer(sourceServer, 'source', { database: latin })
    const target = await openTestServer(targetServer, 'target')
    const findings = await findingsIn({ source: sameSource, target }, [])
    expect(findings.filter(({ check }) => check === 'name-encoding')).toEqual([])
  })
})
