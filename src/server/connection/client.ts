/** Opens one connection with the driver: the ways that sslmode allows, and again after what may pass. */
import pg from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { CancelledError, codeOf, messageOf } from '../../errors.js'
import type { OpenServerOptions } from '../server.js'
import { destroyClient } from '../session/session.js'
import { authenticationRefused, guardAuthentication } from './authentication.js'
import { explainConnectionFailure } from './connection-failure.js'
import { DirectSocket } from './direct-socket.js'
import { limitLogin } from './login-limit.js'
import { pauseAfter, silenceMs } from './patience.js'
import { tlsAttempts, type TlsAttempt } from './tls.js'

/** With more, a timer of Node goes off at once. */
const longestTimerMs = 2 ** 31 - 1

export interface ClientOptions extends OpenServerOptions {
  readonly database: string
  readonly startup: string
  /** The run has had a session on this server before. */
  readonly wasReached: boolean
  /** And it has not been waited for in vain since. */
  readonly isWaitedFor: boolean
}

/** Tries what sslmode allows, in order, and the whole again after an error that may pass. */
export async function connectClient(options: ClientOptions): Promise<pg.Client> {
  const { side, parameters, signal, database, wasReached, isWaitedFor } = options
  const began = performance.now()
  for (let number = 1; ; number += 1) {
    if (signal.aborted) throw new CancelledError()
    try {
      return await connectOnce(options)
    } catch (error) {
      const elapsedMs = performance.now() - began
      const pauseMs = pauseAfter(error, { number, elapsedMs, isWaitedFor })
      if (pauseMs === undefined) {
        throw explainConnectionFailure(error, { side, parameters, database, wasReached })
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }
}

async function connectOnce(options: ClientOptions): Promise<pg.Client> {
  const { parameters, signal } = options
  let failure: Error | undefined
  for (const ssl of tlsAttempts(parameters)) {
    const client = createClient(options, ssl)
    const giveUp = () => {
      destroyClient(client)
    }
    signal.addEventListener('abort', giveUp)
    try {
      await client.connect()
      return client
    } catch (error) {
      void client.end().catch(() => undefined)
      const isOfTls = isWorthOtherTls(error)
      // Of two ways of which one was let in further, what it met there says more.
      if (failure === undefined || !isOfTls) failure = error as Error
      if (signal.aborted || !isOfTls) break
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }
  throw failure ?? new Error('There was no way to connect.')
}

/** With `allow` and `prefer`, libpq tries the other way when TLS itself or pg_hba.conf refused (28000). */
function isWorthOtherTls(error: unknown): boolean {
  const code = codeOf(error)
  if (code === authenticationRefused) return false
  return code === '28000' || /SSL|TLS|certificate/i.test(messageOf(error)) || code === 'EPROTO'
}

function createClient(options: ClientOptions, ssl: TlsAttempt): pg.Client {
  const { parameters, applicationName, database, startup } = options
  const client = new pg.Client({
    host: parameters.hostaddr ?? parameters.host,
    port: parameters.port,
    user: parameters.user,
    // A function, because an empty string would make the driver look into PGPASSWORD and password files.
    password: () => parameters.password ?? '',
    database,
    ssl,
    ...(ssl === false ? { stream: () => new DirectSocket() } : {}),
    application_name: applicationName,
    keepAlive: true,
    keepAliveInitialDelayMillis: silenceMs,
    connectionTimeoutMillis: Math.min(parameters.connectTimeoutSeconds * 1000, longestTimerMs),
    ...(parameters.channelBinding === 'disable' ? {} : { enableChannelBinding: ssl !== false }),
    // Always given: the driver would read PGSSLNEGOTIATION otherwise.
    sslnegotiation: parameters.sslnegotiation === 'direct' && ssl !== false ? 'direct' : 'postgres',
  })
  // PGREPLICATION cannot be overruled otherwise, nor PGOPTIONS by an empty text.
  Object.assign((client as unknown as { connectionParameters: object }).connectionParameters, {
    replication: undefined,
    options: startup,
  })
  guardAuthentication(client, parameters)
  limitLogin(client, ssl !== false)
  // A failure while connecting is reported by connect(); without a listener it would end the process as well.
  client.on('error', () => undefined)
  return client
}
