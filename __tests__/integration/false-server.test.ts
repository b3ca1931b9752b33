/** What a false server can do to a run before it has let it in: say the password that it was given, and talk without end. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from '@jest/globals'
import { carryOut } from '../../src/carry-out.js'
import { readInputs } from '../../src/inputs/inputs.js'
import { silentLog } from '../../src/log.js'

const folder = await mkdtemp(join(tmpdir(), 'false-server-'))
afterAll(() => rm(folder, { recursive: true }))
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const message = (type: string, body: Buffer, length = body.length + 4) => {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(length, 1)
  return Buffer.concat([head, body])
}
const clearTextPassword = message('R', Buffer.from([0, 0, 0, 3]))

/** Answers to each packet with what `answer` says, and returns its port. */
async function listen(answer: (packet: Buffer, socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (packet) => {
      answer(packet, socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

/** The log, and all that the report's files hold, of a check against that server. */
async function toldOf(port: number, password: string): Promise<string> {
  const said: string[] = []
  const say = (line: string) => said.push(line)
  const url = `postgresql://u@127.0.0.1:${port}/postgres?sslmode=disable`
  const inputs = new Map([
    ['source-url', url],
    ['target-url', url],
    ['source-password', password],
    ['target-password', password],
    ['mode', 'check'],
    ['history', join(folder, 'history.json')],
  ])
  await carryOut(
    readInputs((name) => inputs.get(name) ?? ''),
    {
      log: { ...silentLog, info: say, notice: say, warning: say, error: say, debug: say },
      signal: new AbortController().signal,
      temporary: folder,
      reportDirectory: join(folder, 'report'),
      toolCache: join(folder, 'tools'),
      hasPostStep: false,
      secretsAreMasked: false,
      onStart: () => undefined,
      tell: async (_report, files) => {
        for (const path of [files?.json ?? '', files?.html ?? '']) {
          said.push(await readFile(path, 'utf8'))
        }
      },
      tellAgain: () => Promise.resolve(),
    },
  )
  return said.join('\n')
}

test('a password that a server says is not told, in none of its forms', async () => {
  const password = 's3cr3t&Pa"ss'
  const port = await listen((packet, socket) => {
    if (packet[0] !== 0x70) return void socket.write(clearTextPassword)
    const base64 = Buffer.from(password).toString('base64')
    const text = `go away, ${password} ${encodeURIComponent(password)} ${base64}`
    socket.end(message('E', Buffer.from(`SFATAL\0VFATAL\0C28000\0M${text}\0\0`)))
  })
  const told = await toldOf(port, password)
  expect(told).toContain('go away, *** *** ***')
  expect(told).not.toMatch(/s3cr3t|czNjcjN0/)
})

test('a server that announces a message of gigabytes before it lets anybody in is left', async () => {
  const part = Buffer.alloc(65_536, 'x')
  const port = await listen((_packet, socket) => {
    socket.write(message('E', part, 0x7fff_ffff))
    // More than the limit, and then nothing: nobody waits for the rest.
    for (let sent = 0; sent < 8; sent += 1) socket.write(part)
  })
  expect(await toldOf(port, 'a password')).toContain('It has sent more than 100000 bytes before')
})
