/** How much a server may say before it lets us in: whoever announces a message of gigabytes would have all of them kept. */
import type pg from 'pg'

/** libpq takes no error of more than 30,000 bytes there. */
const mostBytes = 100_000

interface Connection {
  once(event: string, listener: () => void): void
  emit(event: 'error', error: Error): void
  readonly stream: {
    on(event: 'data', listener: (chunk: Buffer) => void): void
    off(event: 'data', listener: (chunk: Buffer) => void): void
    destroy(): void
  }
}

/** Ends the connection when the server goes on and on. To be called before the client connects. */
export function limitLogin(client: pg.Client, isEncrypted: boolean): void {
  const { connection } = client as unknown as { readonly connection: Connection }
  // The stream of TLS takes the place of the first one.
  connection.once(isEncrypted ? 'sslconnect' : 'connect', () => {
    const { stream } = connection
    let bytes = 0
    const count = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= mostBytes) return
      stream.off('data', count)
      const message = `It has sent more than ${mostBytes} bytes before it let anybody in. Make sure that the URL leads to a PostgreSQL server.`
      connection.emit('error', new Error(message))
      stream.destroy()
    }
    stream.on('data', count)
    connection.once('authenticationOk', () => {
      stream.off('data', count)
    })
  })
}
