import { afterEach, expect, it, jest } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { once } from 'node:events'
import { connect, createServer, Socket, type AddressInfo } from 'node:net'
import pg from 'pg'
import { openTestServer, sharedServer, startServer } from '../../support/servers.js'
import type { ServerAddress } from '../../support/server-process.js'
import { settled } from '../../support/settled.js'

afterEach(() => {
  jest.restoreAllMocks()
})

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

it('a server that is away for a moment when the run comes back is waited for', async () => {
  const address = await sharedServer(18)
  const listen = async (port: number) => {
    const way = createServer((client) => client.pipe(connect(address.port)).pipe(client))
    await once(way.listen(port, '127.0.0.1'), 'listening')
    return way
  }
  const before = await listen(0)
  const { port } = before.address() as AddressInfo
  const server = await openTestServer({ ...address, port }, 'target')
  await new Promise((resolve) => before.close(resolve))
  const ended = jest.spyOn(Socket.prototype, 'destroy')
  const isRefused = ([error]: [error?: Error | undefined]) =>
    (error as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED'
  const coming = server.withSession(undefined, (session) => session.query('select 1 as one'))
  const outcome = coming.catch((error: unknown) => error)
  await settled(
    () => Promise.resolve(ended.mock.calls),
    (calls) => calls.some(isRefused),
  )
  const after = await listen(port)
  const found = await outcome
  after.close()
  expect(found).toEqual([{ one: 1 }])
})

/** A way to the server whose doorkeeper is asked of everybody who comes. */
async function startWay(
  address: ServerAddress,
  doorkeeper: () => 'lets in' | 'says nothing' | 'hangs up',
) {
  const way = createServer((client) => {
    client.on('error', () => undefined)
    const answer = doorkeeper()
    if (answer === 'lets in') client.pipe(connect(address.port)).pipe(client)
    else if (answer === 'hangs up') client.resume().end()
    else client.resume()
  })
  await once(way.listen(0, '127.0.0.1'), 'listening')
  const { port } = way.address() as AddressInfo
  const open = () => openTestServer({ ...address, port }, 'target', { connectTimeoutSeconds: 1 })
  return { open, close: () => way.close() }
}

it.each(['hangs up', 'says nothing'] as const)(
  'a server in whose place somebody %s when the run comes back is waited for',
  async (first) => {
    const answers: (typeof first)[] = []
    const way = await startWay(await sharedServer(18), () => answers.pop() ?? 'lets in')
    const server = await way.open()
    answers.push(first)
    const found = await server
      .withSession(undefined, (session) => session.query('select 1 as one'))
      .finally(way.close)
    expect(found).toEqual([{ one: 1 }])
    expect(answers).toEqual([])
  },
)

it('a server that is gone since is not blamed on host, port and firewall', async () => {
  let isGone = false
  const way = await startWay(await sharedServer(18), () => (isGone ? 'says nothing' : 'lets in'))
  // Whoever looks at the clock finds that the patience with a silence is over.
  let now = 0
  jest.spyOn(performance, 'now').mockImplementation(() => (now += 1_000_000))
  try {
    const server = await way.open()
    isGone = true
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(server.connect()).rejects.toMatchObject({
        code: 'connection-lost',
        side: 'target',
        hint: expect.stringMatching(/^The target was reached earlier .* log .* disk/) as unknown,
      })
    }
    await expect(way.open()).rejects.toMatchObject({ code: 'unreachable' })
  } finally {
    way.close()
  }
})
