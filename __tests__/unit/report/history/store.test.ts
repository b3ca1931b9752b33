import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CancelledError } from '../../../../src/errors.js'
import { openHistory } from '../../../../src/history.js'
import { silentLog } from '../../../../src/log.js'
import {
  addToHistory,
  type CacheClient,
  cacheStore,
  emptyHistory,
  fileStore,
} from '../../../../src/report/history/index.js'
import { rehearsalReport } from '../../../support/reports.js'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'history-test-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

const history = addToHistory(emptyHistory, rehearsalReport(0, 1e9, 60))

/** The history with one field of its run changed; undefined takes it away. */
function withField(path: string, value: unknown): string {
  const damaged = JSON.parse(JSON.stringify(history)) as unknown
  const names = ['entries', '0', ...path.split('.')]
  const parent = names
    .slice(0, -1)
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], damaged)
  Object.assign(parent as object, { [names.at(-1) ?? '']: value })
  return JSON.stringify(damaged)
}

const damages: readonly (readonly [path: string, value: unknown])[] = [
  ['findingList', undefined],
  ['findingList', [null]],
  ['findingList', [{ check: 'room' }]],
  ['findings', '3'],
  ['differences', undefined],
  ['result', 'good'],
  ['databases', [null]],
  ['databases.0.name', 1],
  ['databases.0.bytes', '1'],
  ['databases.0.phases', [1]],
  ['databases.0.phases', { dump: null }],
]

describe('a file', () => {
  test('that is not there yet is an empty history', async () => {
    expect(await fileStore(join(directory, 'none.json')).read()).toEqual(emptyHistory)
  })

  test('gives back what was written, and leaves no other file', async () => {
    const store = fileStore(join(directory, 'a', 'history.json'))
    await store.write(history)
    expect(await store.read()).toEqual(history)
    expect(await readdir(join(directory, 'a'))).toEqual(['history.json'])
  })

  test.each([
    '',
    'null',
    '[]',
    '{"version":2,"entries":[]}',
    '{"version":1,"entries":[{}]}',
    ...damages.map(([path, value]) => withField(path, value)),
  ])('that holds %j is refused, so that it is not written over', async (text) => {
    const path = join(directory, 'other.json')
    await writeFile(path, text)
    await expect(fileStore(path).read()).rejects.toMatchObject({ code: 'history-unreadable' })
  })

  test('that is a folder is told with its path and the input', async () => {
    await expect(fileStore(directory).read()).rejects.toMatchObject({
      code: 'history-unreadable',
      message: expect.stringContaining(
        `Could not read the history in ${directory}: EISDIR`,
      ) as unknown,
      hint: expect.stringContaining('"history"') as unknown,
    })
  })
})

/** A cache in a folder, as GitHub's: found by key or by the newest key with a prefix, never overwritten. */
function folderCache(folder: string): CacheClient {
  const keys: string[] = []
  return {
    isFeatureAvailable: () => true,
    restoreCache: async ([path = ''], key, prefixes = []) => {
      const found = keys.findLast(
        (each) => each === key || prefixes.some((prefix) => each.startsWith(prefix)),
      )
      if (found !== undefined) await copyFile(join(folder, found), path)
      return found
    },
    saveCache: async ([path = ''], key) => {
      if (keys.includes(key)) return -1
      keys.push(key)
      await copyFile(path, join(folder, key))
      return keys.length
    },
  }
}

describe('the cache', () => {
  test('is not used where there is none', async () => {
    const client = { ...folderCache(directory), isFeatureAvailable: () => false }
    expect(await cacheStore({ directory, name: 'x', run: '1', client })).toBeNull()
  })

  test('gives a later run what an earlier one wrote', async () => {
    const client = folderCache(directory)
    const first = await cacheStore({ directory, name: 'x', run: '1', client })
    expect(await first?.read()).toEqual(emptyHistory)
    await first?.write(history)
    await rm(join(directory, 'history.json'))
    const second = await cacheStore({ directory, name: 'x', run: '2', client })
    expect(await second?.read()).toEqual(history)
  })

  test('that does not answer is given up, with what was not done', async () => {
    const never = () => new Promise<never>(() => undefined)
    const client = { ...folderCache(directory), restoreCache: never, saveCache: never }
    const options = { directory, name: 'x', run: '1', client, patienceMs: 50 }
    const store = await cacheStore(options)
    const read = /^Could not read the history in the cache .*-x-\*: no answer in 0.05 s$/
    await expect(store?.read()).rejects.toThrow(read)
    await expect(store?.write(history)).rejects.toThrow(/^Could not save .*: no answer in 0.05 s$/)
    // No longer than until the run is cancelled, be that before or meanwhile.
    const cancel = new AbortController()
    const patient = await cacheStore({ ...options, patienceMs: 60_000 })
    const cancelled = patient?.read(cancel.signal)
    cancel.abort()
    await expect(cancelled).rejects.toThrow(CancelledError)
    await expect(patient?.read(cancel.signal)).rejects.toThrow(CancelledError)
  })

  test('that did not take the history is an error that says what to do', async () => {
    const store = await cacheStore({
      directory,
      name: 'x',
      run: '1',
      client: folderCache(directory),
    })
    await store?.write(history)
    await expect(store?.write(history)).rejects.toMatchObject({ code: 'history-not-saved' })
  })
})

test('what cannot be told of earlier runs is a warning, and the report goes on without it', async () => {
  const path = join(directory, 'history.json')
  await fileStore(path).write(history)
  const warnings: string[] = []
  const log = { ...silentLog, warning: (text: string) => warnings.push(text) }
  const keeper = await openHistory(
    path,
    { source: 'a', target: 'b' },
    { temporary: directory, log },
  )
  const report = rehearsalReport(1, 1e9, 60)
  Object.defineProperty(report, 'findings', {
    get: () => {
      throw new Error('no findings')
    },
  })
  keeper?.tell(report)
  expect(report.history).toBeUndefined()
  expect(warnings).toEqual(['The report says nothing of earlier runs: no findings'])
})

test('runs that overlap are all kept in one file, and what is gone from it meanwhile as well', async () => {
  const path = join(directory, 'history.json')
  await fileStore(path).write(history)
  const open = () =>
    openHistory(path, { source: 'a', target: 'b' }, { temporary: directory, log: silentLog })
  const keepers = [await open(), await open(), await open()]
  for (const [index, keeper] of keepers.entries())
    await keeper?.keep(rehearsalReport(index + 1, 1e9, 60 + index))
  const seconds = async () =>
    (await fileStore(path).read()).entries.map(({ durationSeconds }) => durationSeconds)
  expect(await seconds()).toEqual([60, 60, 61, 62])
  const last = await open()
  await rm(path)
  await last?.keep(rehearsalReport(9, 1e9, 70))
  expect(await seconds()).toEqual([60, 60, 61, 62, 70])
})
