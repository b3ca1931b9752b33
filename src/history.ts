/** Keeps the history over several runs: read before the run, told in its report, read again and written after it. */
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { messageOf, UpgradeError } from './errors.js'
import type { Log } from './log.js'
import {
  addToHistory,
  cacheStore,
  describeHistory,
  fileStore,
  type History,
  type HistoryStore,
} from './report/history/index.js'
import type { Report } from './report/report.js'

export interface HistoryKeeper {
  /** Adds what is known of earlier runs to the report. Never fails. */
  readonly tell: (report: Report) => void
  /** Adds this run to the history. */
  readonly keep: (report: Report) => Promise<void>
}

/** Where the run is at work, and what ends it. */
interface Place {
  readonly temporary: string
  readonly log: Log
  readonly signal?: AbortSignal
}

/**
 * Opens the history in that file, or in the runner's cache, where each pair of servers has its own. Undefined where there
 * is neither. A history that cannot be read or written is a warning: no upgrade is worse for it.
 */
export async function openHistory(
  file: string | undefined,
  hosts: { readonly source: string; readonly target: string },
  { temporary, log, signal }: Place,
): Promise<HistoryKeeper | undefined> {
  try {
    const store = await chooseStore(file, hosts, temporary)
    if (store === null) return undefined
    return keeperOf(store, await store.read(signal), log)
  } catch (error) {
    log.warning(`The history of earlier runs is left aside: ${withHint(error)}`)
    return undefined
  }
}

function withHint(error: unknown): string {
  const hint = error instanceof UpgradeError ? error.hint : undefined
  return hint === undefined ? messageOf(error) : `${messageOf(error)}. ${hint}`
}

function chooseStore(
  file: string | undefined,
  { source, target }: { readonly source: string; readonly target: string },
  temporary: string,
): Promise<HistoryStore | null> {
  if (file !== undefined) return Promise.resolve(fileStore(file))
  return cacheStore({
    directory: join(temporary, 'upgrade-postgres-history'),
    name: createHash('sha256').update(`${source} ${target}`).digest('hex').slice(0, 16),
    run: cacheRun(),
  })
}

/** Which of the workflow's runs it was, for who looks at the caches; its jobs and steps are told apart by chance. */
function cacheRun(): string {
  const { GITHUB_RUN_ID = '0', GITHUB_RUN_ATTEMPT = '0' } = process.env
  return `${GITHUB_RUN_ID}-${GITHUB_RUN_ATTEMPT}-${randomBytes(4).toString('hex')}`
}

/** Runs that have ended meanwhile have added theirs; a cache that does not answer says no more than that it has nothing. */
function newerOf(before: History, now: History): History {
  return now.entries.length < before.entries.length ? before : now
}

function keeperOf(store: HistoryStore, history: History, log: Log): HistoryKeeper {
  return {
    tell(report) {
      try {
        report.history = describeHistory(history, report)
      } catch (error) {
        log.warning(`The report says nothing of earlier runs: ${messageOf(error)}`)
      }
    },
    async keep(report) {
      if (report.mode === 'check') return
      try {
        await store.write(addToHistory(newerOf(history, await store.read()), report))
      } catch (error) {
        log.warning(`This run is not in the history in ${store.where}: ${withHint(error)}`)
      }
    },
  }
}
