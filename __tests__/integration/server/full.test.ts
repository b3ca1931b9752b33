import { expect, it } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { openTestServer, startServer } from '../../support/servers.js'
import { settled } from '../../support/settled.js'

it('a server that is full when the run comes back is waited for', async () => {
  const address = await startServer(18, { settings: { max_connections: '6' } })
  try {
    const server = await openTestServer(address, 'target')
    const { host, port, user, password } = address
    const crowd: pg.Client[] = []
    const refused = () => readFile(address.logFile, 'utf8')
    const isFull = (log: string) => /FATAL: .*(?:too many clients|remaining connection)/.test(log)
    while (!isFull(await refused())) {
      const client = new pg.Client({ host, port, user, password, database: 'postgres' })
      client.on('error', () => undefined)
      await client.connect().then(
        () => crowd.push(client),
        () => undefined,
      )
    }
    const before = (await refused()).split('FATAL').length
    const coming = server.connect()
    await settled(refused, (log) => log.split('FATAL').length > before)
    await Promise.all(crowd.map((client) => client.end()))
    const session = await coming
    expect(await session.query('select 1 as one')).toEqual([{ one: 1 }])
    await session.close()
  } finally {
    await address.stop()
  }
})
