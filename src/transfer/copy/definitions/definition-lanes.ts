/** Runs the steps of the definitions: the chains of each in as many sessions as there are free slots. */
import type { Session } from '../../../server/index.js'
import { restoreSettings } from '../../tools/restore-settings.js'
import type { TransferOptions } from '../../transfer.js'
import type { Chain, Step } from './definition-steps.js'
import type { Scheduler, Slot } from '../scheduler.js'

/** The locks of all their transactions must find room on the target; and they share the catalogs that they write to. */
export const mostSessions = 8

/**
 * Runs every step in the staging database, one after the other; the caller holds the place of one slot. Ends with the
 * first query that is refused, when all sessions have ended.
 */
export async function runSteps(
  options: TransferOptions,
  scheduler: Scheduler,
  steps: AsyncGenerator<Step>,
): Promise<void> {
  const { target, stagingDatabase } = options
  const key = `definitions ${stagingDatabase}`
  const settings = restoreSettings(options)
  const open = () => target.connect(stagingDatabase, { settings })
  try {
    await target.withSession(
      stagingDatabase,
      async (session) => {
        for await (const step of oneAhead(steps)) {
          await runStep(scheduler, step, session, (slot) => slot.session('target', key, open))
        }
      },
      { settings },
    )
  } finally {
    await scheduler.forget([key])
  }
}

type SessionOf = (slot: Slot) => Promise<Session>

/** Of the helpers, those that get a slot while there is something left to do. */
async function runStep(
  scheduler: Scheduler,
  step: Step,
  session: Session,
  sessionOf: SessionOf,
): Promise<void> {
  const queue: Chain[] = [...step]
  const working: Promise<void>[] = []
  const work = (opening: Promise<Session>) => {
    const done = opening
      .then(async (opened) => {
        for (let chain = queue.shift(); chain !== undefined; chain = queue.shift()) {
          for (const query of chain) await opened.query(query)
        }
      })
      .catch((error: unknown) => {
        queue.length = 0
        throw error
      })
    working.push(done)
    return done
  }
  const helpers = Math.min(mostSessions, scheduler.slots, step.length) - 1
  for (let helper = 0; helper < helpers; helper += 1) {
    const helped = scheduler.run({
      weight: Infinity,
      work: async (slot) => {
        if (queue.length > 0) await work(sessionOf(slot))
      },
    })
    // Its failure is told below, and the end of the run by the session that is at work already.
    helped.catch(() => undefined)
  }
  await work(Promise.resolve(session)).catch(() => undefined)
  for (const { reason } of (await Promise.allSettled(working)).filter(isRejected)) throw reason
}

function isRejected(result: PromiseSettledResult<void>): result is PromiseRejectedResult {
  return result.status === 'rejected'
}

/** Reads the next one while the last is at work. */
async function* oneAhead<T>(all: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    let next = all.next()
    for (;;) {
      const result = await next
      if (result.done === true) return
      next = all.next()
      // Thrown where it is awaited.
      next.catch(() => undefined)
      yield result.value
    }
  } finally {
    await all.return(undefined)
  }
}
