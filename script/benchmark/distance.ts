/** Puts a server at a distance: whatever passes, in either direction, arrives half a round trip later. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { ServerAddress } from '../../__tests__/support/server-process.js'

export interface Distance {
  /** Where the server is reached from afar. */
  readonly address: ServerAddress
  /** Cuts the connections that are left. */
  close(): void
}

/** For little data: what is on its way is held in memory, however much it is. */
export async function placeAtDistance(
  server: ServerAddress,
  roundTripMs: number,
): Promise<Distance> {
  const sockets = new Set<Socket>()
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host: server.host, port: server.port, allowHalfOpen: true })
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true)
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
    passLate(client, upstream, roundTripMs / 2)
    passLate(upstream, client, roundTripMs / 2)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { address, port } = listener.address() as AddressInfo
  return {
    address: { ...server, host: address, port },
    close() {
      listener.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Timers of the same duration fire in the order in which they were set. */
function passLate(from: Socket, to: Socket, delayMs: number): void {
  const later = (work: () => void) => {
    setTimeout(work, delayMs)
  }
  from.on('data', (chunk) => {
    later(() => to.write(chunk))
  })
  from.on('end', () => {
    later(() => to.end())
  })
  from.on('error', () => {
    later(() => to.destroy())
  })
}
