/** Starts a PostgreSQL server of its own: fresh data folder, free port on loopback, random password. */
import { spawn, type ChildProcess } from 'node:child_process'
import { open, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { createDataDirectory, type DataOptions } from './data-directory.js'
import { createServerFolder, endServer } from './server-folder.js'
import { installationOf, type Installation } from './server-installation.js'
import { writeCertificate } from './server-certificate.js'

const startUpMs = 60_000
const portAttempts = 5

/** What is known of a running server; survives being written as JSON. */
export interface ServerAddress {
  readonly major: number
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** Holds the data folder, the unix socket and the log. */
  readonly folder: string
  readonly dataDirectory: string
  /** The server's log. */
  readonly logFile: string
  /** The certificate of a server that was started with TLS; its own authority. */
  readonly certificateFile: string | null
}

export interface ServerOptions extends DataOptions {
  /** More settings, or other values than the ones used here. */
  readonly settings?: Readonly<Record<string, string>>
  /** In recovery from the start, with nobody to receive from (12 and later); needs initdb's max_connections, 100. */
  readonly standby?: boolean
  /** With a self-signed certificate for 127.0.0.1 (not for localhost). */
  readonly tls?: boolean
}

/** Starts a server and waits until it answers. It does not end with this process: see `endServer`. */
export async function launchServer(
  major: number,
  options: ServerOptions = {},
): Promise<ServerAddress> {
  const installation = await installationOf(major)
  const folder = await createServerFolder(installation.identity)
  try {
    const { path, password } = await createDataDirectory(installation, folder, options)
    const address: ServerAddress = {
      major,
      host: '127.0.0.1',
      port: 0,
      user: 'postgres',
      password,
      folder,
      dataDirectory: path,
      logFile: join(folder, 'log'),
      certificateFile: options.tls === true ? join(folder, 'server.crt') : null,
    }
    if (options.tls === true) await writeCertificate(folder, installation.identity)
    if (options.standby === true) await writeFile(join(path, 'standby.signal'), '')
    return await launchOnFreePort(installation, address, options)
  } catch (error) {
    await endServer(folder, 'SIGQUIT')
    throw error
  }
}

async function launchOnFreePort(
  installation: Installation,
  address: ServerAddress,
  options: ServerOptions,
): Promise<ServerAddress> {
  for (let attempt = 1; ; attempt += 1) {
    const candidate = { ...address, port: await freePort() }
    const server = await spawnServer(installation, candidate, options)
    if (await answers(server, candidate)) return candidate
    const log = await readFile(address.logFile, 'utf8')
    const isPortTaken = log.includes('could not create any TCP/IP sockets')
    if (!isPortTaken || attempt === portAttempts) {
      throw new Error(`PostgreSQL ${address.major} did not start:\n${log}`)
    }
  }
}

async function spawnServer(
  { bin, environment, identity }: Installation,
  { folder, dataDirectory, logFile, port, certificateFile }: ServerAddress,
  options: ServerOptions,
): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: folder,
    max_connections: '60',
    shared_buffers: '64MB',
    // The data are worth nothing once the test has ended.
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    ...(certificateFile === null
      ? {}
      : {
          ssl: 'on',
          ssl_cert_file: certificateFile,
          ssl_key_file: join(folder, 'server.key'),
        }),
    ...options.settings,
  }
  const log = await open(logFile, 'a')
  try {
    const server = spawn(
      join(bin, 'postgres'),
      ['-D', dataDirectory, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
      {
        cwd: folder,
        env: environment,
        // A group of its own: an interrupt from the keyboard is for the run, which then ends its servers in order.
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        ...identity,
      },
    )
    server.unref()
    return server
  } finally {
    await log.close()
  }
}

/** Waits until the server lets its user in; false when it has ended instead. */
async function answers(server: ChildProcess, address: ServerAddress): Promise<boolean> {
  const deadline = Date.now() + startUpMs
  while (server.exitCode === null && server.signalCode === null) {
    const { host, port, user, password } = address
    const client = new pg.Client({ host, port, user, password, database: 'postgres' })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return true
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(50)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  return false
}

async function freePort(): Promise<number> {
  const listener = createServer()
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(0, '127.0.0.1', resolve)
  })
  const address = listener.address()
  await new Promise((resolve) => listener.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('There is no free port.')
  return address.port
}
