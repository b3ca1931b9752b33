/** Stands between a client and a server, passes everything on, and notes with which settings each session was started. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { ServerAddress } from './server-process.js'

export interface StartupRecorder {
  readonly port: number
  /** The parameters of the start-up packet of every session so far (manual, Message Formats). */
  readonly sessions: readonly Readonly<Record<string, string>>[]
  readonly stop: () => Promise<void>
}

const cancelRequest = 80877102

/** Listens on loopback. Only for sessions without TLS, which nobody could read. */
export async function recordStartups({ host, port }: ServerAddress): Promise<StartupRecorder> {
  const sessions: Record<string, string>[] = []
  const sockets = new Set<Socket>()
  const listener = createServer((client) => {
    const server = connect(port, host)
    client.once('data', (packet: Buffer) => {
      if (packet.readInt32BE(4) !== cancelRequest) sessions.push(readParameters(packet))
    })
    client.pipe(server).pipe(client)
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    port: (listener.address() as AddressInfo).port,
    sessions,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}

/** Length and version, then names and values that each end in a zero byte. */
function readParameters(packet: Buffer): Record<string, string> {
  const words = packet.subarray(8, packet.readInt32BE(0)).toString().split('\0')
  const parameters: Record<string, string> = {}
  for (let index = 0; index + 1 < words.length; index += 2) {
    const name = words[index]
    if (name !== undefined && name !== '') parameters[name] = words[index + 1] ?? ''
  }
  return parameters
}
