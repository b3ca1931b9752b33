import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { unpackPackages } from '../../../src/client/apt/unpack.js'
import { debianNames, readHost } from '../../../src/client/host.js'
import { prepareClientTools, type PrepareOptions } from '../../../src/client/index.js'
import { pgdgKey } from '../../../src/client/pgdg-key.js'
import { silentLog } from '../../../src/log.js'
import {
  makeSigningKey,
  startAptRepository,
  type SigningKey,
  type TestAptRepository,
} from '../../support/apt-repository.js'
import { packClientPackages, type ClientPackages } from '../../support/client-packages.js'

let folder = ''
let packages: ClientPackages
let key: SigningKey
let repository: TestAptRepository
let toolCache = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-repository-'))
  packages = await packClientPackages(folder)
  key = await makeSigningKey()
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  toolCache = await mkdtemp(join(folder, 'tool-cache-'))
})

const suite = () => `${packages.codename}-pgdg`

const serve = (name = suite()) =>
  startAptRepository({ ...packages, suite: name, packages: packages.files, key })

const prepare = (more: Partial<PrepareOptions> = {}) =>
  prepareClientTools({
    major: packages.major,
    source: 'pgdg',
    repository: repository.url,
    trustedKey: key,
    toolCache,
    log: silentLog,
    signal: AbortSignal.timeout(100_000),
    ...more,
  })

/** What the tool cache holds beyond its own empty folder. */
async function leftInToolCache(): Promise<string[]> {
  return readdir(join(toolCache, 'postgresql-client')).catch(() => [])
}

/** The files of a package come last in it. */
async function cutOffInTheMiddleOfLibpq(file: string): Promise<string> {
  if (!basename(file).startsWith('libpq5')) return file
  const content = await readFile(file)
  const cut = join(await mkdtemp(join(folder, 'cut-off-')), basename(file))
  await writeFile(cut, content.subarray(0, content.length >> 1))
  return cut
}

describe('a repository that is signed with the trusted key', () => {
  beforeAll(async () => {
    repository = await serve()
  })
  afterAll(() => repository.stop())

  test('gives the tools, which land in the tool cache', async () => {
    const tools = await prepare()
    expect(tools).toMatchObject({ major: packages.major, from: 'pgdg' })
    const place = join(toolCache, 'postgresql-client', tools.version, process.arch)
    expect(tools.path('psql')).toBe(join(place, 'bin', 'psql'))
  })

  test('is not asked again by the next run', async () => {
    const first = await prepare()
    const requests = repository.requests.length
    const second = await prepare()
    expect(second).toMatchObject({ version: first.version, from: 'cache' })
    expect(repository.requests).toHaveLength(requests)
  })

  test('is refused when another key is trusted', async () => {
    const other = await makeSigningKey()
    await expect(prepare({ trustedKey: other })).rejects.toMatchObject({ code: 'client-signature' })
    expect(await leftInToolCache()).toEqual([])
  })

  test("is refused by an action that trusts only the PostgreSQL project's key", async () => {
    await expect(prepare({ trustedKey: undefined })).rejects.toMatchObject({
      code: 'client-signature',
    })
  })

  test('is refused when the trusted key is not the one of the pinned fingerprint', async () => {
    const swapped = { fingerprint: pgdgKey.fingerprint, armored: key.armored }
    await expect(prepare({ trustedKey: swapped })).rejects.toMatchObject({
      code: 'client-signature',
    })
  })

  test('whose packages do not fit is told with what to do, and nothing is left of them', async () => {
    // As where the disk is full: dpkg-deb ends in the middle of the package, which is what the index says.
    const files = await Promise.all(packages.files.map(cutOffInTheMiddleOfLibpq))
    const other = await startAptRepository({ ...packages, suite: suite(), packages: files, key })
    const failure = prepare({ repository: other.url }).finally(other.stop)
    await expect(failure).rejects.toMatchObject({
      code: 'client-unpack',
      message: expect.stringContaining('Could not unpack libpq5') as unknown,
      hint: expect.stringContaining('RUNNER_TOOL_CACHE') as unknown,
    })
    expect(await leftInToolCache()).toEqual([])
  })

  test('that lacks the major is a clear error', async () => {
    const failure = prepare({ major: 99 })
    await expect(failure).rejects.toMatchObject({ code: 'client-tools-not-found' })
    await expect(failure).rejects.toThrow('postgresql-client-99')
  })

  test('that lacks the release of this system is a clear error', async () => {
    const other = await serve('sarge-pgdg')
    const failure = prepare({ repository: other.url }).finally(other.stop)
    await expect(failure).rejects.toMatchObject({ code: 'client-repository-absent' })
  })

  test('is found below the suite of the archive as well', async () => {
    const archive = await serve(`${packages.codename}-pgdg-archive`)
    const tools = await prepare({ repository: archive.url }).finally(archive.stop)
    expect(tools.why).toContain(`${packages.codename}-pgdg-archive`)
  })
})

describe('a repository that was tampered with', () => {
  beforeEach(async () => {
    repository = await serve()
  })
  afterEach(() => repository.stop())
  const paths = (ending: RegExp) => [...repository.files.keys()].filter((path) => ending.test(path))
  const change = (path: string, edit: (content: Buffer) => Buffer) => {
    repository.files.set(path, edit(Buffer.from(repository.files.get(path) ?? '')))
  }
  const flipMiddle = (content: Buffer) => {
    const middle = content.length >> 1
    content[middle] = (content[middle] ?? 0) ^ 1
    return content
  }

  test.each<[string, RegExp, (content: Buffer) => Buffer]>([
    ['a flipped bit in the package', /postgresql-client.*\.deb$/, flipMiddle],
    ['a flipped bit in the index', /Packages(\.gz)?$/, flipMiddle],
    ['a flipped bit in the signed release', /InRelease$/, flipMiddle],
    ['a truncated package', /libpq5.*\.deb$/, (content) => content.subarray(0, 1000)],
    ['an empty package', /libpq5.*\.deb$/, () => Buffer.alloc(0)],
    [
      'an index of another size',
      /Packages(\.gz)?$/,
      (content) => Buffer.concat([content, content]),
    ],
    [
      'a release without its signature',
      /InRelease$/,
      (content) => Buffer.from(/Origin[^]*Packages\.gz\n/.exec(content.toString())?.[0] ?? ''),
    ],
  ])('%s is refused, and nothing is kept', async (_title, ending, edit) => {
    expect(paths(ending)).not.toEqual([])
    for (const path of paths(ending)) change(path, edit)
    await expect(prepare()).rejects.toMatchObject({ code: 'client-signature' })
    expect(await leftInToolCache()).toEqual([])
  })

  test('is not passed over by auto: the mirror was asked for by name', async () => {
    for (const path of paths(/InRelease$/)) change(path, flipMiddle)
    const auto = prepare({ source: 'auto', major: 99 })
    await expect(auto).rejects.toMatchObject({ code: 'client-signature' })
  })

  test('that does not answer is an error of the download', async () => {
    await repository.stop()
    await expect(prepare()).rejects.toMatchObject({ code: 'client-download' })
  })
})

test('a package that cannot be unpacked is told when no other is being unpacked any more', async () => {
  const host = await readHost()
  const names = debianNames(host)
  if (names === undefined) throw new Error('These tests need x64 or arm64.')
  const broken = join(toolCache, 'broken.deb')
  await writeFile(broken, 'no package')
  const { major } = packages
  const root = join(toolCache, 'root')
  const unpacking = { host, names, major, root, signal: AbortSignal.timeout(100_000) }
  await expect(unpackPackages(unpacking, [broken, ...packages.files])).rejects.toThrow('broken.deb')
  const tools = await readdir(join(root, 'usr/lib/postgresql', String(major), 'bin'))
  // Without the name that dpkg-deb gives a file until it is whole.
  expect(tools).toEqual(expect.arrayContaining(['pg_dump', 'psql', 'vacuumdb']))
})

test("nothing is written to the system's folder for temporary files where there is another, and nothing is left", async () => {
  const system = process.env['TMPDIR']
  process.env['TMPDIR'] = join(folder, 'no-such-folder')
  const temporary = await mkdtemp(join(folder, 'temporary-'))
  repository = await serve()
  try {
    await expect(prepare({ temporary: join(folder, 'none') })).rejects.toThrow('ENOENT')
    expect(await leftInToolCache()).toEqual([])
    expect(await prepare({ temporary })).toMatchObject({ from: 'pgdg' })
    expect(await readdir(temporary)).toEqual([])
  } finally {
    if (system === undefined) Reflect.deleteProperty(process.env, 'TMPDIR')
    else process.env['TMPDIR'] = system
    await repository.stop()
  }
})

test('a tool cache that takes no files is told where no source has tools', async () => {
  const file = join(toolCache, 'file')
  await writeFile(file, '')
  const failure = prepare({ major: 99, source: 'auto', repository: undefined, toolCache: file })
  await expect(failure).rejects.toMatchObject({
    code: 'client-tools-not-found',
    hint: expect.stringMatching(
      /^Set RUNNER_TOOL_CACHE .* Install postgresql-client-99/,
    ) as unknown,
  })
})
