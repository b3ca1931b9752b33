/** Where a history is kept between runs: a file, or the cache of GitHub's runner. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf, doing, messageOf, UpgradeError } from '../../errors.js'
import { emptyHistory, type History } from './history.js'
import { makeFolder } from '../../folders.js'
import { atMost, cachePatienceMs } from '../../at-most.js'
import { figure, list, moment, oneOf, orNull, record, shape, text, yesOrNo } from '../shape.js'

/** Reads the history at the start of a run, and writes it at the end. */
export interface HistoryStore {
  /** Where it is, for messages. */
  readonly where: string
  /** The history; empty when there is none yet. Fails when what is there is no history. A cache is asked no longer than the signal allows. */
  readonly read: (signal?: AbortSignal) => Promise<History>
  readonly write: (history: History) => Promise<void>
}

const database = shape({
  name: text,
  bytes: orNull(figure),
  durationSeconds: orNull(figure),
  phases: record(figure),
})

const finding = shape({
  check: text,
  severity: oneOf('blocking', 'warning', 'note'),
  database: orNull(text),
  object: orNull(text),
})

/** Every field of a `History`, so that whoever reads one finds what its type says. */
const history = shape({
  version: (value) => value === 1,
  entries: list(
    shape({
      mode: oneOf('rehearse', 'upgrade'),
      result: oneOf('passed', 'failed'),
      complete: yesOrNo,
      startedAt: moment,
      durationSeconds: figure,
      sourceVersion: text,
      targetVersion: text,
      bytes: orNull(figure),
      databases: list(database),
      differences: figure,
      findings: figure,
      findingList: orNull(list(finding)),
    }),
  ),
})

function isHistory(value: unknown): value is History {
  return history(value)
}

/** Reads a history from its JSON; fails with the code `history-unreadable` when it is anything else. */
export function parseHistory(content: string, where: string): History {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (error) {
    throw unreadable(where, messageOf(error), error)
  }
  if (!isHistory(value)) throw unreadable(where, 'it is JSON, but not a history of version 1')
  return value
}

function unreadable(where: string, what: string, cause?: unknown): UpgradeError {
  return new UpgradeError(`Could not read the history in ${where}: ${what}`, {
    code: 'history-unreadable',
    side: 'runner',
    hint: 'Name another file in "history", or move this one away to start a new history.',
    cause,
  })
}

const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT'

/** A history in a file, which is made by the first run. */
export function fileStore(path: string): HistoryStore {
  return {
    where: path,
    read: async () => {
      try {
        return parseHistory(await readFile(path, 'utf8'), path)
      } catch (error) {
        if (isMissing(error)) return emptyHistory
        throw error instanceof UpgradeError ? error : unreadable(path, messageOf(error), error)
      }
    },
    write: (remembered) =>
      doing(`write the history to ${path}`, async () => {
        await makeFolder(dirname(path))
        const temporary = `${path}.${process.pid}.part`
        await writeFile(temporary, `${JSON.stringify(remembered)}\n`)
        await rename(temporary, path)
      }),
  }
}

/** What is used of `@actions/cache`. */
export interface CacheClient {
  readonly isFeatureAvailable: () => boolean
  readonly restoreCache: (
    paths: string[],
    primaryKey: string,
    restoreKeys?: string[],
  ) => Promise<string | undefined>
  readonly saveCache: (paths: string[], key: string) => Promise<number>
}

export interface CacheStoreOptions {
  /** A folder of this run's own; its path is part of what the cache is found by, so it must be the same in every run. */
  readonly directory: string
  /** Tells histories apart: the same for every run of one source. Nothing secret. */
  readonly name: string
  /** Unique for each run, also among the jobs and steps of one workflow run: a cache entry is never overwritten. */
  readonly run: string
  readonly client?: CacheClient | undefined
  readonly patienceMs?: number | undefined
}

/** The cache says so with a number only: a read-only token, or another run that was quicker. */
const notSaved = (prefix: string): UpgradeError =>
  new UpgradeError(
    `Could not save the history in the cache ${prefix}*: the cache did not take it`,
    {
      code: 'history-not-saved',
      side: 'runner',
      hint: 'Keep the history in a file: set "history" to its path.',
    },
  )

/** A history in the cache of GitHub's runner; null where there is no such cache. */
export async function cacheStore(options: CacheStoreOptions): Promise<HistoryStore | null> {
  const client = options.client ?? (await import('@actions/cache'))
  if (!client.isFeatureAvailable()) return null
  const path = join(options.directory, 'history.json')
  const file = fileStore(path)
  const prefix = `upgrade-postgres-history-${options.name}-`
  const key = `${prefix}${options.run}`
  const where = `the cache ${prefix}*`
  const patienceMs = options.patienceMs ?? cachePatienceMs
  return {
    where,
    read: async (signal) => {
      const found = await doing(`read the history in ${where}`, () =>
        atMost(patienceMs, client.restoreCache([path], key, [prefix]), signal),
      )
      return found === undefined ? emptyHistory : file.read()
    },
    write: async (remembered) => {
      await file.write(remembered)
      const saved = await doing(`save the history in ${where}`, () =>
        atMost(patienceMs, client.saveCache([path], key)),
      )
      if (saved === -1) throw notSaved(prefix)
    },
  }
}
