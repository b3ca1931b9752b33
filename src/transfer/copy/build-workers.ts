/** How many processes of the server help to build an index, and the slots that stand still for them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../errors.js'
import { targetSession, type CopyContext } from './context.js'
import type { Slot } from './scheduler.js'

/**
 * Lets the server use more workers for a build that would otherwise still run when everything else is done:
 * as many as make it as long as its share of what is left.
 */
export function parallelWorkers({ scheduler }: CopyContext, weight: number): number {
  const left = [...scheduler.remaining].reduce((sum, each) => sum + each.weight, 0)
  const share = Math.max(left, weight) / scheduler.slots
  const wanted = Math.ceil(weight / share) - 1
  return Math.max(0, Math.min(wanted, scheduler.slots - 1))
}

export interface KeptSlots {
  /** Names the server's process that builds. */
  follow(leader: number): void
  /** The build is over. Resolves once none of the slots is kept any more. */
  release(): Promise<void>
}

/** pg_stat_activity tells whose worker a process is from this version on. */
const tellsLeaderSince = 13
const pollMs = 100
/** Workers that have not come by then do not come: others use all that the server may start. */
const patienceMs = 2000

/**
 * Keeps one slot from other work for each worker of a build, until that worker has ended. Other builds would only be
 * in the workers' way, and are wanted later: at its end a build is alone with one process (that of a GIN index for a
 * third of its time), while the other cores would have nothing left to do.
 */
export function keepSlots(context: CopyContext, workers: number): KeptSlots {
  const { scheduler, options } = context
  const over = new AbortController()
  const waits: Promise<void>[] = []
  let leader: number | null = null
  const knowsLeader = options.target.facts.major >= tellsLeaderSince
  for (let others = 0; knowsLeader && others < workers; others += 1) {
    const work = async (slot: Slot) => {
      if (over.signal.aborted) return
      const countWorkers = async () => {
        const target = await targetSession(context, slot)
        const [row] = await target.query<{ workers: number }>(
          `select pg_catalog.count(*)::pg_catalog.int4 as workers
             from pg_catalog.pg_stat_activity where leader_pid = $1::pg_catalog.int4`,
          [leader],
        )
        return row?.workers ?? 0
      }
      const wait = waitWhileMoreThan(others, countWorkers, over.signal).catch((error: unknown) => {
        slot.drop()
        options.log.debug(`An index build's workers are not waited for: ${messageOf(error)}`)
      })
      waits.push(wait)
      await wait
    }
    scheduler.run({ weight: Infinity, work }).catch(() => undefined)
  }
  return {
    follow(processId) {
      leader = processId
    },
    async release() {
      over.abort()
      await Promise.all(waits)
    },
  }
}

/** Being wrong here costs time, and nothing else. */
async function waitWhileMoreThan(
  others: number,
  countWorkers: () => Promise<number>,
  over: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + patienceMs
  let haveCome = false
  while (!over.aborted && (haveCome || Date.now() < deadline)) {
    const workers = await countWorkers()
    if (haveCome && workers <= others) return
    haveCome ||= workers > others
    await sleep(pollMs, undefined, { signal: over }).catch(() => undefined)
  }
}
