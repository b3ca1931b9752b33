/** Real PostgreSQL servers for tests and scripts, and the few things that every test does with them. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import {
  openServer,
  quoteIdentifier,
  type ConnectionParameters,
  type Server,
  type ServerSide,
} from '../../src/server/index.js'
import { messageOf } from '../../src/errors.js'
import { endServer } from './server-folder.js'
import { launchServer, type ServerAddress, type ServerOptions } from './server-process.js'
import { sharedAddress } from './shared-server.js'
import { splitStatements } from './sql-text.js'

export interface TestServer extends ServerAddress {
  /** A URI with the password; on the database `postgres` when none is named. */
  readonly url: (database?: string) => string
  /** The same without the password, for the inputs of the action. */
  readonly urlWithoutPassword: (database?: string) => string
  /** Ends the server and removes its folder; `SIGQUIT` cuts every session at once, as a crash does. */
  readonly stop: (signal?: 'SIGINT' | 'SIGQUIT') => Promise<void>
}

/** Starts a server of one's own; the caller stops it. Works inside jest and in scripts. */
export async function startServer(major: number, options?: ServerOptions): Promise<TestServer> {
  return testServer(await launchServer(major, options))
}

/** The server of that major that all test files of a run share; never stop it, and keep to databases of your own. */
export async function sharedServer(major: number): Promise<TestServer> {
  return testServer(await sharedAddress(major))
}

function testServer(address: ServerAddress): TestServer {
  const { host, port, user, password, folder } = address
  const urlOf = (credentials: string, database: string): string =>
    `postgresql://${credentials}@${host}:${port}/${encodeURIComponent(database)}`
  return {
    ...address,
    url: (database = 'postgres') => urlOf(`${user}:${password}`, database),
    urlWithoutPassword: (database = 'postgres') => urlOf(user, database),
    stop: (signal = 'SIGINT') => endServer(folder, signal),
  }
}

/** A name that no other test uses: `prefix_1f9c…`. */
export function uniqueName(prefix: string): string {
  return `${prefix}_${randomBytes(5).toString('hex')}`
}

/** Creates a database of a unique name, empty, and returns the name. An encoding comes with the locale C. */
export async function createDatabase(
  server: ServerAddress,
  prefix = 'test',
  {
    encoding,
    template = 'template0',
  }: { readonly encoding?: string; readonly template?: string } = {},
): Promise<string> {
  const name = uniqueName(prefix)
  const form = encoding === undefined ? '' : `encoding '${encoding}' lc_collate 'C' lc_ctype 'C'`
  await runSql(
    server,
    'postgres',
    `create database ${quoteIdentifier(name)} template ${quoteIdentifier(template)} ${form}`,
  )
  return name
}

/** Runs one or several statements in one transaction, and returns the rows of the last one. */
export type RunSql = <T extends object = Record<string, unknown>>(sql: string) => Promise<T[]>

/** Runs one or several statements as the superuser, in a session of its own. */
export async function runSql<T extends object = Record<string, unknown>>(
  server: ServerAddress,
  database: string,
  sql: string,
): Promise<T[]> {
  return inSession(server, database, (run) => run<T>(sql))
}

/** What asks a database often does so in one session as the superuser: a login costs more than most statements. */
export async function inSession<T>(
  server: ServerAddress,
  database: string,
  work: (run: RunSql) => Promise<T>,
): Promise<T> {
  return withClient(server, database, (client) =>
    work(async <Row extends object>(sql: string) => {
      const results: unknown = await client.query(sql)
      const last = (Array.isArray(results) ? results.at(-1) : results) as pg.QueryResult<Row>
      return last.rows
    }),
  )
}

/** Runs the statements of a file as the superuser in one session, each in a transaction of its own. */
export async function runSqlFile(
  server: ServerAddress,
  database: string,
  text: string,
): Promise<void> {
  await withClient(server, database, async (client) => {
    for (const statement of splitStatements(text)) {
      try {
        await client.query(statement)
      } catch (error) {
        throw new Error(`${messageOf(error)}, in ${JSON.stringify(database)}:\n${statement}`, {
          cause: error,
        })
      }
    }
  })
}

async function withClient<T>(
  server: ServerAddress,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { host, port, user, password } = server
  const client = new pg.Client({ host, port, user, password, database })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** How the action would reach the server: without TLS, unless `changes` say otherwise. */
export function connectionParameters(
  server: ServerAddress,
  changes: Partial<ConnectionParameters> = {},
): ConnectionParameters {
  const { host, port, user, password } = server
  return {
    host,
    port,
    user,
    password,
    database: 'postgres',
    sslmode: 'disable',
    connectTimeoutSeconds: 10,
    ...changes,
  }
}

/** The server as the action sees it. */
export async function openTestServer(
  server: ServerAddress,
  side: ServerSide,
  changes: Partial<ConnectionParameters> = {},
  signal: AbortSignal = new AbortController().signal,
  isOnlyRead = side === 'source',
): Promise<Server> {
  return openServer({
    isOnlyRead,
    side,
    parameters: connectionParameters(server, changes),
    applicationName: uniqueName('upgrade-postgres'),
    signal,
  })
}
