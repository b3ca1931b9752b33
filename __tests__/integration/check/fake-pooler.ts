/** A pooler in transaction mode, as small as can be: every client is served by one session of the server. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import pg from 'pg'
import type { TestServer } from '../../support/servers.js'

const sslRequest = 80877103
const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5])
/** AuthenticationOk, then ReadyForQuery in the idle state. */
const welcome = Buffer.concat([
  Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]),
  readyForQuery,
  Buffer.from('I'),
])

export interface FakePooler {
  readonly port: number
  readonly stop: () => Promise<void>
}

/** Listens on loopback; start-up settings of clients are dropped, as PgBouncer does when told to ignore them. */
export async function startFakePooler(server: TestServer): Promise<FakePooler> {
  const { host, port, user, password } = server
  const client = new pg.Client({ host, port, user, password, database: 'postgres' })
  client.on('error', () => undefined)
  await client.connect()
  const backend = (client as unknown as { connection: { stream: Socket } }).connection.stream
  backend.removeAllListeners('data')
  const listener = createServer((socket) => {
    serve(socket, backend)
  })
  const sockets = trackSockets(listener)
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    port: (listener.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy()
      backend.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}

function trackSockets(listener: Server): Set<Socket> {
  const sockets = new Set<Socket>()
  listener.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
  })
  return sockets
}

function serve(socket: Socket, backend: Socket): void {
  let isStarted = false
  socket.on('data', (data: Buffer) => {
    if (isStarted) {
      if (data.at(0) !== 0x58) relay(socket, backend, data)
      else socket.end()
    } else if (data.readInt32BE(4) === sslRequest) {
      socket.write('N')
    } else {
      isStarted = true
      socket.write(welcome)
    }
  })
}

/** The tests ask one thing at a time, so whatever the server answers next belongs to this client. */
function relay(socket: Socket, backend: Socket, data: Buffer): void {
  const answer = (chunk: Buffer) => {
    socket.write(chunk)
    if (chunk.subarray(-6, -1).equals(readyForQuery)) backend.off('data', answer)
  }
  backend.on('data', answer)
  backend.write(data)
}
