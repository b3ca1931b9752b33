import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { openTestServer, sharedServer } from '../../support/servers.js'

let relay: Server | undefined

afterEach(() => {
  relay?.close()
})

/** Passes everything on until the server says something that contains `end`, and then cuts the line. */
async function openRelay(port: number, end: string): Promise<number> {
  relay = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    for (const socket of [client, server]) socket.on('error', () => undefined)
    client.pipe(server)
    server.on('data', (chunk) => {
      if (!chunk.includes(end)) return client.write(chunk)
      return client.end(chunk, () => {
        server.destroy()
      })
    })
    server.on('close', () => client.destroy())
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => relay?.once('listening', resolve))
  return (relay.address() as AddressInfo).port
}

describe('batches', () => {
  it('fails when the line is cut between the last row and the end of the statement', async () => {
    const server = await sharedServer(18)
    const port = await openRelay(server.port, 'SELECT 4711\0')
    const source = await openTestServer({ ...server, port }, 'source')
    const session = await source.connect('postgres')
    const read = async () => {
      let rows = 0
      for await (const batch of session.batches('select from generate_series(1, 4711)', [], 10_000))
        rows += batch.length
      return rows
    }
    await expect(read()).rejects.toMatchObject({ code: 'connection-lost', side: 'source' })
    session.destroy()
  })
})

describe('compiling', () => {
  it.each([
    ['source', 'off'],
    ['target', 'on'],
  ] as const)('on the %s is %s', async (side, jit) => {
    const server = await openTestServer(await sharedServer(18), side, { options: '-c jit=on' })
    const read = `select pg_catalog.current_setting('jit') as jit`
    const rows = await server.withSession('postgres', (session) => session.query(read))
    expect(rows).toEqual([{ jit }])
  })
})

it.each([
  ['\\', 'a'],
  ['\\\\', 'a\\'],
])('ours stand behind options of the connection string that end in %s', async (end, path) => {
  const server = await openTestServer(await sharedServer(18), 'source', {
    options: `-c test.path=a${end}`,
  })
  const read = `select pg_catalog.current_setting('test.path') as path, pg_catalog.current_setting('statement_timeout') as timeout`
  const rows = await server.withSession('postgres', (session) => session.query(read))
  expect(rows).toEqual([{ path, timeout: '0' }])
})

describe('a timeout for bytes that nobody takes', () => {
  it.each(['source', 'target'] as const)('is none of ours on the %s', async (side) => {
    const server = await openTestServer(await sharedServer(12), side, {
      options: '-c tcp_user_timeout=5000',
    })
    const read = `select setting, reset_val as later from pg_catalog.pg_settings where name = 'tcp_user_timeout'`
    const rows = await server.withSession('postgres', (session) => session.query(read))
    expect(rows).toEqual([{ setting: '0', later: '0' }])
  })
})

describe('what a server refuses by a setting that a session may have', () => {
  it('is made on the target as it was on the source', async () => {
    const server = await openTestServer(await sharedServer(18), 'target', {
      options: '-c icu_validation_level=error -c plpgsql.extra_errors=all',
    })
    const session = await server.connect('postgres')
    try {
      await session.query('begin')
      await session.query(
        `create function pg_temp.f() returns int language plpgsql as 'declare a int; begin select 1, 2 into a; return a; end'`,
      )
      expect(await session.query('select pg_temp.f() as f')).toEqual([{ f: 1 }])
      await session.query(`create collation pg_temp.c (provider = icu, locale = 'xx-nowhere')`)
    } finally {
      await session.close()
    }
  })
})

it('hears no warning that it has not asked for', async () => {
  const server = await openTestServer(await sharedServer(15), 'source')
  const heard = async (settings: Record<string, string>) => {
    const warnings: string[] = []
    const warn = `do $$ begin raise warning 'from a function'; end $$`
    await server.withSession(
      'postgres',
      async (session) => {
        session.onNotice(({ message }) => warnings.push(message))
        await session.query(warn)
      },
      { settings },
    )
    return warnings
  }
  expect(await heard({})).toEqual([])
  expect(await heard({ client_min_messages: 'warning' })).toEqual(['from a function'])
})
