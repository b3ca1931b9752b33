/** A cache service on loopback that speaks what `@actions/cache` speaks to GitHub's (its first version). */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Entry {
  readonly key: string
  readonly version: string
  /** Undefined until it has been committed. */
  archive: Buffer | undefined
  readonly chunks: Map<number, Buffer>
}

export interface CacheService {
  /** The variables of the job that make `@actions/cache` use it. */
  readonly environment: Readonly<Record<string, string>>
  readonly entries: Entry[]
  /** When set, every request is answered with this status. */
  status: number | undefined
  /** As if entries of other paths had the wanted version. */
  ignoresVersion: boolean
  readonly stop: () => Promise<void>
}

/** Starts the service, empty. */
export async function startCacheService(): Promise<CacheService> {
  const entries: Entry[] = []
  const server = createServer((request, response) => {
    void answer(service, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const service: CacheService = {
    environment: {
      ACTIONS_CACHE_URL: `http://127.0.0.1:${port}/`,
      ACTIONS_RUNTIME_TOKEN: 'token',
    },
    entries,
    status: undefined,
    ignoresVersion: false,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
  return service
}

async function answer(
  service: CacheService,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { entries, environment, status } = service
  const base = environment['ACTIONS_CACHE_URL'] ?? ''
  const url = new URL(request.url ?? '', base)
  const body = await readBody(request)
  const send = (code: number, value?: unknown) => {
    response.writeHead(code, { 'Content-Type': 'application/json' })
    response.end(value === undefined ? undefined : JSON.stringify(value))
  }
  const number = Number(/(\d+)$/.exec(url.pathname)?.[1] ?? 0)
  const entry = entries[number - 1]
  if (status !== undefined) {
    send(status)
  } else if (url.pathname.startsWith('/archive/')) {
    response.writeHead(200, { 'Content-Length': entry?.archive?.length })
    response.end(entry?.archive)
  } else if (request.method === 'GET') {
    const found = find(service, url.searchParams)
    if (found === undefined) send(204)
    else {
      const archiveLocation = `${base}archive/${entries.indexOf(found) + 1}`
      send(200, { cacheKey: found.key, scope: 'refs/heads/main', archiveLocation })
    }
  } else if (request.method === 'PATCH') {
    const start = Number(/bytes (\d+)-/.exec(request.headers['content-range'] ?? '')?.[1])
    entry?.chunks.set(start, body)
    send(204)
  } else if (entry === undefined) {
    const { key, version } = JSON.parse(body.toString()) as { key: string; version: string }
    // An entry is never overwritten.
    if (entries.some((other) => other.key === key && other.version === version)) send(409)
    else {
      entries.push({ key, version, archive: undefined, chunks: new Map() })
      send(201, { cacheId: entries.length })
    }
  } else {
    entry.archive = Buffer.concat(
      [...entry.chunks].sort(([a], [b]) => a - b).map(([, chunk]) => chunk),
    )
    send(204)
  }
}

/** The newest, as GitHub's does. */
function find(
  { entries, ignoresVersion }: CacheService,
  query: URLSearchParams,
): Entry | undefined {
  // The client encodes them twice.
  const keys = decodeURIComponent(query.get('keys') ?? '').split(',')
  return entries.findLast(
    ({ key, version, archive }) =>
      archive !== undefined &&
      (ignoresVersion || version === query.get('version')) &&
      keys.some((prefix) => key.startsWith(prefix)),
  )
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
