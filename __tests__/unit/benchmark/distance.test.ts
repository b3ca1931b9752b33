import { afterEach, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { placeAtDistance, type Distance } from '../../../script/benchmark/distance.js'
import type { ServerAddress } from '../../support/server-process.js'

const roundTripMs = 40
/** A timer may fire this much before its time. */
const earlyMs = 2

let server: Server | undefined
let distance: Distance | undefined

afterEach(() => {
  distance?.close()
  server?.close()
})

/** Sends back what it is sent. */
async function placeEcho(): Promise<ServerAddress> {
  server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(
    0,
    '127.0.0.1',
  )
  await once(server, 'listening')
  const { address: host, port } = server.address() as AddressInfo
  distance = await placeAtDistance({ host, port } as ServerAddress, roundTripMs)
  return distance.address
}

test('an answer takes a round trip, and everything arrives in order', async () => {
  const { host, port } = await placeEcho()
  const socket = connect(port, host)
  await once(socket, 'connect')
  const sent = Date.now()
  const pieces = Array.from({ length: 200 }, (_, number) => `${number};`)
  for (const piece of pieces) socket.write(piece)
  socket.end()
  expect(await text(socket)).toBe(pieces.join(''))
  expect(Date.now() - sent).toBeGreaterThanOrEqual(roundTripMs - earlyMs)
})

test('closing cuts the connections that are left', async () => {
  const { host, port } = await placeEcho()
  const socket = connect(port, host)
  socket.write('kept')
  await once(socket, 'data')
  distance?.close()
  await once(socket, 'close')
  expect(socket.destroyed).toBe(true)
})
