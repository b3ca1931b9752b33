import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  access,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '../../../src/client/host.js'
import {
  choosePlace,
  listToolCache,
  makeStagingFolder,
  placeTools,
} from '../../../src/client/tool-cache.js'

const host: Host = {
  platform: 'linux',
  architecture: 'x64',
  release: { id: 'debian', version: '12', codename: 'bookworm' },
  environment: {},
}
const other: Host = { ...host, release: { id: 'ubuntu', version: '24.04', codename: 'noble' } }

let toolCache = ''
beforeEach(async () => {
  toolCache = await mkdtemp(join(tmpdir(), 'tool-cache-'))
})
afterEach(async () => {
  await rm(toolCache, { recursive: true, force: true })
})

async function makeTools(content = 'tool'): Promise<string> {
  const folder = join(await makeStagingFolder(toolCache), 'tools')
  await mkdir(join(folder, 'bin'), { recursive: true })
  await writeFile(join(folder, 'bin', 'psql'), content)
  await symlink('psql', join(folder, 'bin', 'link'))
  return folder
}

async function place(version: string, on = host, content = 'tool') {
  const directory = await choosePlace(toolCache, version, on)
  const system = `${on.release?.id ?? ''}-${on.release?.version ?? ''}`
  const details = { version, from: 'debian', origin: 'a test', system, directory, environment: {} }
  return placeTools(await makeTools(content), { ...details, from: 'debian' }, on)
}

describe('what is in its place', () => {
  test('tools are found at the path of every setup action, with a marker beside them', async () => {
    await place('18.6')
    const base = join(toolCache, 'postgresql-client', '18.6')
    expect((await readdir(base)).sort()).toEqual(['x64', 'x64.complete'])
    expect(await listToolCache(toolCache, 18, host)).toMatchObject([
      { version: '18.6', directory: join(base, 'x64') },
    ])
  })

  test('the newest minor of the wanted major comes first', async () => {
    for (const version of ['18.6', '18.10', '17.12']) await place(version)
    const found = await listToolCache(toolCache, 18, host)
    expect(found.map(({ version }) => version)).toEqual(['18.10', '18.6'])
  })

  test('tools for another system are not found, and keep their place', async () => {
    await place('18.6', other)
    expect(await listToolCache(toolCache, 18, host)).toEqual([])
    await place('18.6')
    expect(await listToolCache(toolCache, 18, host)).toHaveLength(1)
    expect(await listToolCache(toolCache, 18, other)).toHaveLength(1)
  })

  test('tools that were moved are not found: they know their own place', async () => {
    await place('18.6')
    const base = join(toolCache, 'postgresql-client')
    await rename(join(base, '18.6'), join(base, '18.7'))
    expect(await listToolCache(toolCache, 18, host)).toEqual([])
  })
})

describe('what is never trusted', () => {
  const base = () => join(toolCache, 'postgresql-client', '18.6')

  test.each<[string, () => Promise<void>]>([
    ['without a marker', () => rm(join(base(), 'x64.complete'))],
    ['with an empty marker', () => writeFile(join(base(), 'x64.complete'), '')],
    ['with a marker of another tool', () => writeFile(join(base(), 'x64.complete'), '{}')],
    ['with a changed file', () => writeFile(join(base(), 'x64', 'bin', 'psql'), 'evil')],
    ['with an empty file', () => writeFile(join(base(), 'x64', 'bin', 'psql'), '')],
    ['with a missing file', () => rm(join(base(), 'x64', 'bin', 'psql'))],
    ['with one file more', () => writeFile(join(base(), 'x64', 'bin', 'more'), '')],
    [
      'with a link to elsewhere',
      async () => {
        await rm(join(base(), 'x64', 'bin', 'link'))
        await symlink('/bin/sh', join(base(), 'x64', 'bin', 'link'))
      },
    ],
  ])('a folder %s is not used, and is replaced', async (_title, damage) => {
    await place('18.6')
    await damage()
    expect(await listToolCache(toolCache, 18, host)).toEqual([])
    await place('18.6')
    expect(await readFile(join(base(), 'x64', 'bin', 'psql'), 'utf8')).toBe('tool')
    expect(await listToolCache(toolCache, 18, host)).toHaveLength(1)
  })

  test('a whole folder of another run stays, even if ours differs', async () => {
    await place('18.6', host, 'first')
    await place('18.6', host, 'second')
    expect(await readFile(join(base(), 'x64', 'bin', 'psql'), 'utf8')).toBe('first')
  })

  test('runs that place the same tools at once all end with whole ones', async () => {
    await Promise.all(Array.from({ length: 8 }, () => place('18.6')))
    expect(await listToolCache(toolCache, 18, host)).toHaveLength(1)
  })

  test('runs that meet the same broken leftover all end with whole tools', async () => {
    await place('18.6')
    await writeFile(join(base(), 'x64', 'bin', 'psql'), 'broken')
    await Promise.all(Array.from({ length: 8 }, () => place('18.6')))
    expect(await listToolCache(toolCache, 18, host)).toHaveLength(1)
  })
})

test('what a killed run left in staging is removed once it is old', async () => {
  const left = await makeStagingFolder(toolCache)
  const running = await makeStagingFolder(toolCache)
  const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000)
  await utimes(left, longAgo, longAgo)
  await makeStagingFolder(toolCache)
  await expect(access(left)).rejects.toThrow('ENOENT')
  await expect(access(running)).resolves.toBeUndefined()
})

test('a tool cache that cannot be written to is an error that says so', async () => {
  const file = join(toolCache, 'file')
  await writeFile(file, '')
  await expect(makeStagingFolder(file)).rejects.toMatchObject({ code: 'client-tool-cache' })
})
