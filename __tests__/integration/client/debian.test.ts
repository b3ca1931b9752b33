import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { distributions } from '../../../src/client/apt/mirrors.js'
import { readHost } from '../../../src/client/host.js'
import { prepareClientTools } from '../../../src/client/index.js'
import { silentLog } from '../../../src/log.js'
import { bundlePrepare } from '../../support/prepare-process.js'
import { createDatabase, runSql, sharedServer } from '../../support/servers.js'

const run = promisify(execFile)

const host = await readHost()
const distribution = distributions[host.release?.id ?? '']
/** The majors that the distribution of this machine carries in one suite or another. */
const majors = [13, 14, 15, 16, 17, 18].filter(
  (major) => (distribution?.suites(major).length ?? 0) > 0,
)

let folder = ''
let before: Record<string, string> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-debian-'))
  await chmod(folder, 0o755)
  before = await stateOfHost()
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const prepare = (major: number, toolCache: string) =>
  prepareClientTools({
    major,
    source: 'debian',
    toolCache,
    log: silentLog,
    signal: AbortSignal.timeout(100_000),
  })

/** The files below a folder; folders that only root may read hold nothing that we could have changed. */
async function filesUnder(base: string): Promise<string[]> {
  const entries = await readdir(base, { withFileTypes: true }).catch(() => [])
  const nested = await Promise.all(
    entries.map((entry) => {
      const path = join(base, entry.name)
      return entry.isDirectory() ? filesUnder(path) : Promise.resolve(entry.isFile() ? [path] : [])
    }),
  )
  return nested.flat()
}

/** What dpkg and apt know, and what may not change: the packages, the configuration, the lists. */
async function stateOfHost(): Promise<Record<string, string>> {
  const state: Record<string, string> = { packages: (await run('dpkg', ['--list'])).stdout }
  for (const base of ['/etc/apt', '/var/lib/apt', '/var/cache/apt']) {
    for (const path of await filesUnder(base)) {
      const content = await readFile(path).catch(() => '')
      state[path] = createHash('sha256').update(content).digest('hex')
    }
  }
  return state
}

describe.each(majors)('the tools of %i from another suite of the mirror', (major) => {
  test('are fetched once, then found in the tool cache', async () => {
    const cold = await prepare(major, folder)
    expect(cold).toMatchObject({ major, from: 'debian' })
    const warm = await prepare(major, folder)
    expect(warm).toMatchObject({ version: cold.version, from: 'cache' })
  })

  test('connect to a server by name and dump it', async () => {
    const tools = await prepare(major, folder)
    const server = await sharedServer(11)
    const database = await createDatabase(server)
    await runSql(server, database, 'create table marked_table as select 1 as a')
    const environment = { PGPASSWORD: server.password, ...tools.environment }
    const address = ['-h', 'localhost', '-p', String(server.port), '-U', server.user]
    const dump = await run(tools.path('pg_dump'), [...address, '-d', database], {
      env: environment,
    })
    expect(dump.stdout).toContain('CREATE TABLE public.marked_table')
    expect(dump.stdout).toContain(`Dumped by pg_dump version ${tools.version}`)
    const globals = await run(tools.path('pg_dumpall'), [...address, '--globals-only'], {
      env: environment,
    })
    expect(globals.stdout).toContain('CREATE ROLE postgres')
  })
})

test('an ordinary user gets them as well, into a tool cache that is theirs', async () => {
  const start = await bundlePrepare(folder)
  const toolCache = await mkdtemp(join(folder, 'ordinary-'))
  await chmod(toolCache, 0o777)
  const major = majors.at(-1) ?? 0
  const request = { major, source: 'debian', toolCache } as const
  const answer = await start(request, 'ordinary').answer
  expect(answer).toMatchObject({ from: 'debian' })
})

test('a mirror that carries no suite with the major is passed over with the reason', async () => {
  await expect(prepare(12, folder)).rejects.toThrow('has no suite with 12')
})

test('nothing of all that changed the packages or the apt of this machine', async () => {
  expect(await stateOfHost()).toEqual(before)
})
