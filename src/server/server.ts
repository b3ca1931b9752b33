/** One PostgreSQL server, source or target: how it is reached, and what it is. */
import { ConnectionError } from '../errors.js'
import { connectClient } from './connection/client.js'
import { explainWrongRole } from './connection/connection-failure.js'
import { openFirst } from './session/first-session.js'
import { formatConninfo } from './connection/connection-string.js'
import { conninfoOf } from './connection/conninfo.js'
import { readFacts, type ServerFacts } from './facts.js'
import { createSession, type Session } from './session/session.js'
import { repeatedWhenLost } from './session/lost-connection.js'
import { joinOptions, sessionSettings, startupOptions } from './session/session-settings.js'
import { keepSecret } from '../telling/known-secrets.js'
import type { SslMode, TlsVersion } from './connection/tls.js'

export type ServerSide = 'source' | 'target'

/** Everything that is needed to reach a server, checked and complete. */
export interface ConnectionParameters {
  readonly host: string
  readonly hostaddr?: string | undefined
  readonly port: number
  readonly user: string
  readonly password?: string | undefined
  /** The database named in the connection string; where none is, `postgres`. */
  readonly database: string
  readonly sslmode: SslMode
  /** A file. */
  readonly sslrootcert?: string | undefined
  /** The same as PEM text, as it was when the inputs were read: sessions are opened when its file is gone, too. */
  readonly sslrootcertPem?: string | undefined
  /** They are the system's authorities: `sslrootcert` was `system`. */
  readonly trustsSystem?: boolean
  readonly sslcert?: string | undefined
  readonly sslkey?: string | undefined
  /** The passphrase of that key; a secret. */
  readonly sslpassword?: string | undefined
  readonly sslnegotiation?: string | undefined
  readonly sslMinProtocolVersion?: TlsVersion | undefined
  readonly sslMaxProtocolVersion?: TlsVersion | undefined
  readonly channelBinding?: string | undefined
  readonly requireAuth?: string | undefined
  /** What the server has to be. */
  readonly targetSessionAttrs?: 'primary' | 'standby' | undefined
  /** The `options` keyword of the connection string; ours are added behind it. */
  readonly options?: string | undefined
  readonly connectTimeoutSeconds: number
}

export interface ConnectOptions {
  /** Leaves the search_path as the database and the role set it; otherwise it is pg_catalog alone. */
  readonly usersSearchPath?: boolean
  /** Leaves every setting as the server, the database and the role set it; for reading just those. */
  readonly asConfigured?: boolean
  /** More settings for this session. */
  readonly settings?: Readonly<Record<string, string>>
  /** Keeps the session when the run is cancelled; its owner or the end of the process closes it. */
  readonly outlivesCancel?: boolean
}

export interface Server {
  readonly side: ServerSide
  readonly parameters: ConnectionParameters
  readonly facts: ServerFacts
  /** What every session of this run, ours or a tool's, calls itself in pg_stat_activity. */
  readonly applicationName: string
  /** Opens a session; on the maintenance database when none is named. */
  connect(database?: string, options?: ConnectOptions): Promise<Session>
  /** Runs `work` on a session of its own and closes it, whatever happens. */
  withSession<T>(
    database: string | undefined,
    work: (session: Session) => Promise<T>,
    options?: ConnectOptions,
  ): Promise<T>
  /**
   * A connection string for the client tools of a major, as far as these know its keywords: safe in argv, without a
   * password; any database name.
   */
  conninfo(
    database: string,
    settings?: Readonly<Record<string, string>>,
    clientMajor?: number,
  ): string
}

export interface OpenServerOptions {
  readonly side: ServerSide
  readonly parameters: ConnectionParameters
  readonly applicationName: string
  readonly signal: AbortSignal
  /** The run touches nothing, so that no session on the target may write either. */
  readonly isOnlyRead?: boolean
}

const oldestMajor = 10
/** In any other path an operator of whoever may create one can stand before the system's, and be run by us (CVE-2018-1058). */
const trustedPath = { search_path: 'pg_catalog' }
/** A function of users may raise a notice that nothing can hold; who listens to any asks for it. */
const quiet = { client_min_messages: 'error' }

/**
 * Connects once, learns the server's facts, and returns the server. Fails with a `ConnectionError` that
 * says which of host, TLS, password, database or firewall is to blame.
 */
export async function openServer(options: OpenServerOptions): Promise<Server> {
  const { side, parameters, applicationName, signal, isOnlyRead = side === 'source' } = options
  const open = new Set<Session>()
  let wasReached = false
  let isWaitedFor = false
  let saysEnglish = true
  const names = [parameters.user, parameters.host, parameters.database]
  for (const secret of [parameters.password, parameters.sslpassword]) keepSecret(secret, names)
  signal.addEventListener('abort', () => {
    for (const session of open) session.destroy()
  })

  const connectWith = async (
    database: string,
    settings: Readonly<Record<string, string>>,
    outlivesCancel = false,
  ): Promise<Session> => {
    const startup = joinOptions(parameters.options, startupOptions(settings))
    const client = await connectClient({
      ...options,
      database,
      startup,
      wasReached,
      isWaitedFor,
    }).catch((error: unknown) => {
      // Waited for in vain: nothing that comes after has to wait as long for a server that stays away.
      if (error instanceof ConnectionError && error.code === 'connection-lost') isWaitedFor = false
      throw error
    })
    wasReached = true
    isWaitedFor = true
    const session = createSession(client, side, database, saysEnglish)
    if (!outlivesCancel) open.add(session)
    client.on('end', () => open.delete(session))
    return session
  }

  // What every major knows, and everybody may set; the rest when the server is known.
  const unknown = {
    major: oldestMajor,
    isSuperuser: false,
    choosesMessages: false,
    restrictsRelationKinds: false,
    silencing: {},
  }
  const modest = { ...sessionSettings(side, unknown, isOnlyRead), ...trustedPath, ...quiet }
  const openUnknown = () =>
    openFirst((settings) => connectWith(parameters.database, { ...modest, ...settings }))
  let first: Session | undefined = await openUnknown()
  const facts = await repeatedWhenLost(async () => {
    const session = first ?? (await openUnknown())
    first = undefined
    return readFacts(session).finally(() => session.close())
  })
  saysEnglish = facts.saysEnglish
  const wrongRole = explainWrongRole(side, parameters, facts)
  if (wrongRole !== undefined) throw wrongRole
  const standard = sessionSettings(side, facts, isOnlyRead)

  const standardFor = ({ usersSearchPath }: ConnectOptions) => ({
    ...{ ...standard, ...quiet },
    ...(usersSearchPath === true ? {} : trustedPath),
  })

  const connect: Server['connect'] = (database = parameters.database, connectOptions = {}) =>
    connectWith(
      database,
      {
        ...(connectOptions.asConfigured === true ? {} : standardFor(connectOptions)),
        ...connectOptions.settings,
      },
      connectOptions.outlivesCancel,
    )

  return {
    side,
    parameters,
    facts,
    applicationName,
    connect,
    async withSession(database, work, connectOptions) {
      const session = await connect(database, connectOptions)
      try {
        return await work(session)
      } finally {
        await session.close()
      }
    },
    conninfo: (database, settings = {}, clientMajor = Infinity) =>
      formatConninfo({
        ...conninfoOf(parameters, clientMajor),
        dbname: database,
        application_name: applicationName,
        options: joinOptions(parameters.options, startupOptions({ ...standard, ...settings })),
      }),
  }
}

/** Where the server is, for people: `db.example.com:5432`, `[::1]:5432` or a socket folder. */
export function describeHost(parameters: Pick<ConnectionParameters, 'host' | 'port'>): string {
  const { host, port } = parameters
  return host.includes(':') && !host.startsWith('/') ? `[${host}]:${port}` : `${host}:${port}`
}
