/** What every piece of work of the engine shares: the sessions of a slot, the timeline, and the failures so far. */
import { CancelledError, doing, messageOf, throwIfCancelled, UpgradeError } from '../../errors.js'
import { shortestSpanMs } from '../../report/report.js'
import type { Session } from '../../server/index.js'
import type { TransferOptions } from '../transfer.js'
import type { Scheduler, Slot } from './scheduler.js'
import { readStagingFacts, type StagingFacts } from './staging-facts.js'
import { targetSettings } from './target-settings.js'
import type { Workload } from './workload.js'

export interface CopyContext {
  readonly options: TransferOptions
  readonly scheduler: Scheduler
  /** Settings of the sessions on the target, beyond the standard ones. */
  readonly targetSettings: Readonly<Record<string, string>>
  readonly staging: StagingFacts
  readonly failures: Failures
  readonly workload: Workload
  /** Counts bytes that have passed. */
  readonly passed: (bytes: number) => void
}

/** `workload` is this database's share of what the scheduler has before it. */
export async function createContext(
  options: TransferOptions,
  scheduler: Scheduler,
  workload: Workload,
): Promise<CopyContext> {
  let total = 0
  const staging = await readStagingFacts(options, scheduler.slots)
  return {
    options,
    scheduler: {
      ...scheduler,
      // This database may have been given up while the others go on.
      run: ({ weight, work }) =>
        scheduler.run({
          weight,
          work: (slot) => {
            throwIfCancelled(options.signal)
            return work(slot)
          },
        }),
    },
    targetSettings: targetSettings(options, staging.buildMemory),
    staging,
    failures: createFailures(),
    workload,
    passed(bytes) {
      total += bytes
      options.onBytes(total)
    },
  }
}

/** What went wrong so far; the work goes on, so that everything that is wrong is said at once. */
export interface Failures {
  readonly list: readonly UpgradeError[]
  /** Runs work on one object; returns whether it succeeded. Only a cancelled run is thrown. */
  attempt(what: string, work: () => Promise<void>): Promise<boolean>
}

/** An empty list of failures; errors that are not of ours are put into it as `unexpected`. */
export function createFailures(): Failures {
  const list: UpgradeError[] = []
  return {
    list,
    async attempt(what, work) {
      try {
        await doing(what, work)
        return true
      } catch (error) {
        if (error instanceof CancelledError) throw error
        list.push(
          error instanceof UpgradeError
            ? error
            : new UpgradeError(messageOf(error), { code: 'unexpected', cause: error }),
        )
        return false
      }
    },
  }
}

const shownFailures = 20

/** Throws one error that names every object that could not be moved, with the first one's code and hint. */
export function throwFailures(database: string, failures: Failures): void {
  const [first, ...others] = failures.list
  if (first === undefined) return
  if (others.length === 0) throw first
  const shown = failures.list.slice(0, shownFailures).map((failure) => `- ${failure.message}`)
  const more = failures.list.length - shown.length
  throw new UpgradeError(
    [
      `${failures.list.length} objects of database ${JSON.stringify(database)} could not be moved:`,
      ...shown,
      ...(more > 0 ? [`- and ${more} more`] : []),
    ].join('\n'),
    {
      code: first.code,
      side: first.side,
      hint: first.hint,
      sqlState: first.sqlState,
      cause: new AggregateError(failures.list),
    },
  )
}

/** By what the scheduler knows the sessions of one database. */
export function sessionKeys({
  snapshot,
  stagingDatabase,
}: Pick<TransferOptions, 'snapshot' | 'stagingDatabase'>): { source: string; target: string } {
  return {
    source: `source ${snapshot.database}\n${snapshot.id}`,
    target: `target ${stagingDatabase}`,
  }
}

/** The slot's session on the source, inside the snapshot. */
export function sourceSession(context: CopyContext, slot: Slot): Promise<Session> {
  const { snapshot } = context.options
  return slot.session('source', sessionKeys(context.options).source, () =>
    snapshot.connect({
      settings: {
        // Handing rows from worker to worker costs more than the filter on ctid that it would spread.
        max_parallel_workers_per_gather: '0',
      },
    }),
  )
}

/** The slot's session on the staging database. */
export function targetSession(context: CopyContext, slot: Slot): Promise<Session> {
  const { target, stagingDatabase } = context.options
  return slot.session('target', sessionKeys(context.options).target, () =>
    target.connect(stagingDatabase, { settings: context.targetSettings }),
  )
}

/** Times a step of one object and puts it into the timeline. */
export async function timed<T>(
  context: CopyContext,
  step: { slot: Slot; kind: string; object: string; bytes?: () => number; total?: number },
  work: () => Promise<T>,
): Promise<T> {
  const started = Date.now()
  const what = `${step.kind} ${step.object}`
  const { onStep, log } = context.options
  const ended = onStep(what)
  const hide = log.show({ what, total: step.total ?? null, done: step.bytes ?? (() => 0) })
  try {
    return await work()
  } finally {
    ended()
    hide()
    const elapsed = Date.now() - started
    if (elapsed >= shortestSpanMs) {
      context.options.span({
        worker: step.slot.number,
        kind: step.kind,
        object: step.object,
        startedAt: new Date(started).toISOString(),
        durationSeconds: elapsed / 1000,
        ...(step.bytes === undefined ? {} : { bytes: step.bytes() }),
      })
    }
  }
}
