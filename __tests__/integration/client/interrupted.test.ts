import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readHost } from '../../../src/client/host.js'
import { listToolCache } from '../../../src/client/tool-cache.js'
import {
  makeSigningKey,
  startAptRepository,
  type TestAptRepository,
} from '../../support/apt-repository.js'
import { packClientPackages, type ClientPackages } from '../../support/client-packages.js'
import type { PrepareRequest } from '../../support/prepare-client.js'
import { bundlePrepare, type PrepareProcess } from '../../support/prepare-process.js'

let folder = ''
let packages: ClientPackages
let repository: TestAptRepository
let start: (request: PrepareRequest) => PrepareProcess
let request: PrepareRequest

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-interrupted-'))
  packages = await packClientPackages(folder)
  const key = await makeSigningKey()
  const suite = `${packages.codename}-pgdg`
  repository = await startAptRepository({ ...packages, suite, packages: packages.files, key })
  start = await bundlePrepare(folder)
  request = {
    major: packages.major,
    source: 'pgdg',
    repository: repository.url,
    trustedKey: { fingerprint: key.fingerprint, armored: key.armored },
    toolCache: '',
  }
})
afterAll(async () => {
  await repository.stop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  const toolCache = await mkdtemp(join(folder, 'tool-cache-'))
  await chmod(toolCache, 0o777)
  request = { ...request, toolCache }
})

/** Paths below the tool cache's own folder, while another process changes it. */
async function seen(): Promise<string[]> {
  const base = join(request.toolCache, 'postgresql-client')
  return readdir(base, { recursive: true }).catch(() => [])
}

const trusted = async () => listToolCache(request.toolCache, packages.major, await readHost())

test('two runs at once on one tool cache both get whole tools', async () => {
  const answers = await Promise.all([start(request).answer, start(request).answer])
  const directories = answers.map((answer) => answer && 'directory' in answer && answer.directory)
  expect(directories[0]).toContain(request.toolCache)
  expect(directories[1]).toBe(directories[0])
  expect(await trusted()).toHaveLength(1)
})

const isRequested = (words: string) => () =>
  Promise.resolve(repository.requests.some((path) => path.includes(words)))
const isThere = (words: string) => async () => (await seen()).some((path) => path.includes(words))

/** Kills a run at that moment; one that was too quick to be caught at it is tried again with an empty tool cache. */
async function killAt(isReached: () => Promise<boolean>): Promise<void> {
  for (let attempt = 1; attempt <= 30; attempt += 1) {
    repository.requests.length = 0
    await rm(request.toolCache, { recursive: true, force: true })
    await mkdir(request.toolCache, { mode: 0o777 })
    const run = start(request)
    const state = { hasEnded: false }
    const ended = run.answer.then(() => {
      state.hasEnded = true
    })
    while (!state.hasEnded) {
      if (await isReached()) {
        run.kill('SIGKILL')
        await ended
        return
      }
      await sleep(1)
    }
  }
  throw new Error('The run was never caught at that moment.')
}

test.each<[string, () => Promise<boolean>]>([
  ['before it has fetched anything', isThere('.staging-')],
  ['while it asks for the index', isRequested('InRelease')],
  ['while it fetches packages', isRequested('.deb')],
  ['while it unpacks', isThere('root/usr')],
  ['while it gathers the tools', isThere('tools/bin/psql')],
  ['when it has put the tools into place', isThere(`/${process.arch}/bin/psql`)],
])(
  'a run killed %s leaves nothing that the next run trusts unproven',
  async (_title, isReached) => {
    await killAt(isReached)
    // What is trusted is whole, file by file; what is not whole is not listed.
    const left = await trusted()
    const answer = await start(request).answer
    expect(answer).toMatchObject({ from: left.length === 0 ? 'pgdg' : 'cache' })
    expect(await trusted()).toHaveLength(1)
  },
)

test('a cancelled run ends at once and removes what it had begun', async () => {
  repository.requests.length = 0
  const cancelled = start(request)
  while (repository.requests.length === 0) await sleep(1)
  cancelled.kill('SIGTERM')
  expect(await cancelled.answer).toEqual({ error: 'CancelledError: The run was cancelled.' })
  expect(await seen()).toEqual([])
})
