import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { saveCache } from '@actions/cache'
import { copyFile, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareClientTools } from '../../../src/client/index.js'
import { silentLog } from '../../../src/log.js'
import {
  makeSigningKey,
  startAptRepository,
  type SigningKey,
  type TestAptRepository,
} from '../../support/apt-repository.js'
import { startCacheService, type CacheService } from '../../support/cache-service.js'
import { packClientPackages, type ClientPackages } from '../../support/client-packages.js'

let folder = ''
let toolCache = ''
let packages: ClientPackages
let key: SigningKey
let repository: TestAptRepository
let service: CacheService

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-cache-'))
  packages = await packClientPackages(folder)
  key = await makeSigningKey()
  const suite = `${packages.codename}-pgdg`
  repository = await startAptRepository({ ...packages, suite, packages: packages.files, key })
})
afterAll(async () => {
  await repository.stop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  service = await startCacheService()
  toolCache = join(folder, 'tool-cache')
  Object.assign(process.env, service.environment, { RUNNER_TEMP: folder })
})
afterEach(async () => {
  for (const name of Object.keys(service.environment)) Reflect.deleteProperty(process.env, name)
  await rm(toolCache, { recursive: true, force: true })
  await service.stop()
})

const prepare = () =>
  prepareClientTools({
    major: packages.major,
    source: 'pgdg',
    repository: repository.url,
    trustedKey: key,
    toolCache,
    log: silentLog,
    signal: AbortSignal.timeout(100_000),
  })

/** What a new runner starts with: no tool cache, but the same cache service. */
async function loseToolCache(): Promise<void> {
  await rm(toolCache, { recursive: true, force: true })
  repository.requests.length = 0
}

test('the next job downloads nothing from the repository', async () => {
  const first = await prepare()
  await loseToolCache()
  const second = await prepare()
  expect(second).toMatchObject({ version: first.version, from: 'cache' })
  expect(repository.requests).toEqual([])
  expect(await readdir(join(toolCache, 'postgresql-client'))).toEqual([first.version])
})

test('the key names system, processor, week, major and minor', async () => {
  const { version } = await prepare()
  const keys = service.entries.map((entry) => entry.key)
  expect(keys).toEqual([
    expect.stringMatching(/^postgresql-client-(debian|ubuntu)-[\w.]+-\w+-week\d+-\d+\.\d/),
  ])
  expect(keys[0]?.endsWith(`-${version}`)).toBe(true)
})

test('an entry whose archive is damaged is ignored', async () => {
  await prepare()
  await loseToolCache()
  for (const entry of service.entries) entry.archive = entry.archive?.subarray(0, 5000)
  expect(await prepare()).toMatchObject({ from: 'pgdg' })
})

test('an entry of a runner with another tool cache is ignored', async () => {
  await prepare()
  await loseToolCache()
  service.ignoresVersion = true
  toolCache = join(folder, 'elsewhere')
  expect(await prepare()).toMatchObject({ from: 'pgdg' })
})

test('an entry whose files are not those of its marker is ignored', async () => {
  const { directory, version } = await prepare()
  const [entry] = service.entries.splice(0)
  const packed = join(toolCache, 'postgresql-client', '.actions-cache')
  await cp(join(directory, '..'), join(packed, 'tools'), { recursive: true })
  await copyFile(join(directory, `../../${process.arch}.complete`), join(packed, 'marker.json'))
  await writeFile(
    join(packed, 'tools', 'bin', 'psql'),
    `#!/bin/sh\necho "psql (PostgreSQL) ${version}"\n`,
  )
  await saveCache([packed], entry?.key ?? '')
  await loseToolCache()
  expect(service.entries[0]?.archive?.length).toBeGreaterThan(0)
  const tools = await prepare()
  expect(tools).toMatchObject({ from: 'pgdg' })
})

test.each([404, 500])('a service that answers %i is no reason to fail', async (status) => {
  service.status = status
  expect(await prepare()).toMatchObject({ from: 'pgdg' })
})
