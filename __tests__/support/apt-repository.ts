/** A small apt repository on loopback, laid out as the PostgreSQL project's and signed with a key of its own. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { createCleartextMessage, generateKey, sign, type PrivateKey } from 'openpgp'
import type { TrustedKey } from '../../src/client/pgdg-key.js'

const run = promisify(execFile)

/** A key that signs, and what a client has to trust for it. */
export interface SigningKey extends TrustedKey {
  readonly secret: PrivateKey
}

/** Makes a throw-away key. */
export async function makeSigningKey(): Promise<SigningKey> {
  const { privateKey } = await generateKey({
    type: 'rsa',
    rsaBits: 3072,
    userIDs: [{ name: 'throw-away' }],
    // A clock that is a little behind must not find a key of the future.
    date: new Date(Date.now() - 24 * 60 * 60 * 1000),
    format: 'object',
  })
  return {
    secret: privateKey,
    fingerprint: privateKey.getFingerprint().toUpperCase(),
    armored: privateKey.toPublic().armor(),
  }
}

export interface AptRepositoryOptions {
  /** `bookworm-pgdg` */
  readonly suite: string
  /** dpkg's word for the processor. */
  readonly architecture: string
  /** Files of packages. */
  readonly packages: readonly string[]
  readonly key: SigningKey
}

export interface TestAptRepository {
  readonly url: string
  /** What is served, by path below the address; a test may change it. */
  readonly files: Map<string, Buffer>
  /** Paths that were asked for, in their order. */
  readonly requests: string[]
  readonly stop: () => Promise<void>
}

/** Builds the indexes, signs them, and serves everything until it is stopped. */
export async function startAptRepository(
  options: AptRepositoryOptions,
): Promise<TestAptRepository> {
  const files = await buildFiles(options)
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').slice(1))
    const content = files.get(path)
    requests.push(path)
    response.writeHead(content === undefined ? 404 : 200)
    response.end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, files, requests, stop: () => stopServer(server) }
}

function stopServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
    server.closeAllConnections()
  })
}

async function buildFiles(options: AptRepositoryOptions): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>()
  const stanzas: string[] = []
  for (const file of options.packages) {
    const content = await readFile(file)
    const path = `pool/main/p/${basename(file)}`
    const { stdout } = await run('dpkg-deb', ['--field', file])
    const places = `Filename: ${path}\nSize: ${content.length}\nSHA256: ${digest(content)}\n`
    stanzas.push(`${stdout.trimEnd()}\n${places}`)
    files.set(path, content)
  }
  const folder = `main/binary-${options.architecture}`
  const index = Buffer.from(stanzas.join('\n'))
  const indexes: [string, Buffer][] = [
    [`${folder}/Packages`, index],
    [`${folder}/Packages.gz`, gzipSync(index)],
  ]
  for (const [path, content] of indexes) files.set(`dists/${options.suite}/${path}`, content)
  const release = Buffer.from(await signRelease(options, indexes))
  files.set(`dists/${options.suite}/InRelease`, release)
  return files
}

async function signRelease(
  { suite, architecture, key }: AptRepositoryOptions,
  indexes: readonly [string, Buffer][],
): Promise<string> {
  const text = [
    'Origin: apt.postgresql.org',
    'Label: PostgreSQL for Debian/Ubuntu repository',
    `Suite: ${suite}`,
    `Codename: ${suite}`,
    `Date: ${new Date(Date.now() - 60_000).toUTCString().replace('GMT', 'UTC')}`,
    `Architectures: ${architecture}`,
    'Components: main',
    'SHA256:',
    ...indexes.map(([path, content]) => ` ${digest(content)} ${content.length} ${path}`),
    '',
  ].join('\n')
  const message = await createCleartextMessage({ text })
  return sign({ message, signingKeys: key.secret })
}

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
