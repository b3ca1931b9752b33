/** Stands between a client and a server, and cuts the line at a moment of the test's choice. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerAddress } from './server-process.js'

export interface CuttingProxy {
  readonly port: number
  /** How often a line has been cut. */
  readonly cuts: () => number
  /** Cuts every line, and lets nobody in for a while. */
  readonly away: (milliseconds: number) => Promise<void>
  readonly close: () => void
}

/**
 * Told what a client has said in all, and last. `before` cuts its line before the server hears that, `answer` once the
 * server has answered, without handing that on.
 */
export type Cut = (said: string, last: string) => 'before' | 'answer' | undefined

/** Starts a proxy for a server without TLS. */
export async function startCuttingProxy(server: ServerAddress, cut: Cut): Promise<CuttingProxy> {
  const open = new Set<Socket>()
  let cuts = 0
  const listener = createServer((client) => {
    const upstream = connect(server.port, server.host)
    let said = ''
    let isAwaited = false
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on('error', end).on('close', () => {
        open.delete(socket)
        end()
      })
    }
    client.on('data', (chunk) => {
      const last = chunk.toString('latin1')
      said += last
      const moment = cut(said, last)
      if (moment !== undefined) cuts += 1
      if (moment === 'before') end()
      else if (!upstream.write(chunk)) client.pause()
      isAwaited = moment === 'answer'
    })
    // A server that is not ready for more is to be felt by the client.
    upstream.on('drain', () => client.resume())
    upstream.on('data', (chunk) => {
      if (isAwaited) end()
      else client.write(chunk)
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const close = () => {
    listener.close()
    for (const socket of open) socket.destroy()
  }
  return {
    port,
    cuts: () => cuts,
    close,
    async away(milliseconds) {
      close()
      await sleep(milliseconds)
      listener.listen(port, '127.0.0.1')
      await once(listener, 'listening')
    },
  }
}
