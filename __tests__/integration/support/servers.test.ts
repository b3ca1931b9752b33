/** The test servers themselves, and the edge cases that every other test builds upon. */
import { describe, expect, it } from '@jest/globals'
import { existsSync } from 'node:fs'
import { loadFixtures } from '../../support/fixtures.js'
import { isAlive } from '../../support/server-folder.js'
import { createDatabase, runSql, sharedServer, startServer } from '../../support/servers.js'

describe('the edge cases', () => {
  it('load twice into one server, each time with roles of their own', async () => {
    const server = await sharedServer(18)
    const databases = [await createDatabase(server, 'edge'), await createDatabase(server, 'edge')]
    const prefixes = await Promise.all(databases.map((name) => loadFixtures(server, name)))
    expect(new Set(prefixes).size).toBe(2)
  })

  it('load into the oldest server', async () => {
    const server = await sharedServer(10)
    const database = await createDatabase(server, 'edge')
    await loadFixtures(server, database)
    const rows = await runSql(server, database, 'select count(*)::int as n from vals.texts')
    expect(rows).toEqual([{ n: 309 }])
  })
})

describe('a server of one’s own', () => {
  it('takes the settings it is given, and leaves nothing behind when it is stopped', async () => {
    const server = await startServer(18, { settings: { max_connections: '7' } })
    const [row] = await runSql<{ max: string; pid: number }>(
      server,
      'postgres',
      "select current_setting('max_connections') as max, pg_backend_pid() as pid",
    )
    await server.stop()
    expect(row?.max).toBe('7')
    expect(isAlive(row?.pid ?? 0)).toBe(false)
    expect(existsSync(server.folder)).toBe(false)
  })
})
