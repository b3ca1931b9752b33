import { describe, expect, it } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { validateDatabase } from '../../../src/validate/index.js'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { createDatabase, openTestServer, sharedServer } from '../../support/servers.js'
import { createRoles, fillWithEdgeCases } from './edge-cases.js'

describe('validateDatabase after a dump and restore', () => {
  it.each([
    [10, 13],
    [11, 18],
    [13, 17],
    [15, 18],
    [17, 18],
  ])('raises no false alarm from %d to %d', async (sourceMajor, targetMajor) => {
    const servers = {
      source: await sharedServer(sourceMajor),
      target: await sharedServer(targetMajor),
    }
    await createRoles(servers.source)
    await createRoles(servers.target)
    const database = await createDatabase(servers.source)
    await fillWithEdgeCases(servers.source, database)
    const restored = await dumpAndRestore(servers.source, database, servers.target)
    const { tables, differences } = await validateDatabase({
      source: { server: await openTestServer(servers.source, 'source'), database },
      target: { server: await openTestServer(servers.target, 'target'), database: restored },
      level: 'checksums',
      queries: ['select * from app.customers order by id'],
      jobs: 2,
      log: silentLog,
      signal: new AbortController().signal,
    })
    expect(differences).toEqual([])
    expect(tables.every((table) => table.equal)).toBe(true)
    expect(tables.length).toBeGreaterThan(10)
  })
})
