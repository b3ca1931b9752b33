import { describe, expect, it } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { openServer, type Server } from '../../../src/server/index.js'
import { validateDatabase, type ValidationResult } from '../../../src/validate/index.js'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { loadFixtureRoles, loadFixtures } from '../../support/fixtures.js'
import {
  connectionParameters,
  createDatabase,
  openTestServer,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { createRoles, fillWithEdgeCases } from './edge-cases.js'

interface ServerPair {
  readonly source: TestServer
  readonly target: TestServer
}

const pairs = [
  [10, 13],
  [11, 18],
  [13, 17],
  [15, 18],
  [17, 18],
] as const

/** As the mode validate opens it. */
async function openOnlyReading(server: TestServer): Promise<Server> {
  return openServer({
    side: 'target',
    parameters: connectionParameters(server),
    applicationName: uniqueName('upgrade-postgres'),
    signal: new AbortController().signal,
    isOnlyRead: true,
  })
}

/** Moves a database by hand and compares it with what it was. */
async function moveAndValidate(servers: ServerPair, database: string): Promise<ValidationResult> {
  const restored = await dumpAndRestore(servers.source, database, servers.target)
  return validateDatabase({
    source: { server: await openTestServer(servers.source, 'source'), database },
    target: { server: await openOnlyReading(servers.target), database: restored },
    level: 'checksums',
    queries: ['select relname, oid > 0 from pg_class where relname = $$pg_class$$'],
    jobs: 2,
    log: silentLog,
    signal: new AbortController().signal,
  })
}

describe('validateDatabase after a dump and restore', () => {
  it.each(pairs)('raises no false alarm over every kind of object, %d to %d', async (from, to) => {
    const servers = { source: await sharedServer(from), target: await sharedServer(to) }
    await createRoles(servers.source)
    await createRoles(servers.target)
    const database = await createDatabase(servers.source)
    await fillWithEdgeCases(servers.source, database)
    const { tables, differences } = await moveAndValidate(servers, database)
    expect(differences).toEqual([])
    expect(tables.every((table) => table.equal)).toBe(true)
    expect(tables.length).toBeGreaterThan(10)
  })

  it.each(pairs)('raises no false alarm over all edge cases, %d to %d', async (from, to) => {
    const servers = { source: await sharedServer(from), target: await sharedServer(to) }
    const database = await createDatabase(servers.source)
    const prefix = await loadFixtures(servers.source, database)
    await loadFixtureRoles(servers.target, prefix, from)
    const { tables, differences } = await moveAndValidate(servers, database)
    expect(differences).toEqual([])
    expect(tables.every((table) => table.equal)).toBe(true)
    expect(tables.length).toBeGreaterThan(80)
  })
})
