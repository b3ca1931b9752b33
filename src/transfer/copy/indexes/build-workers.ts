/** How many processes of the server help to build an index, and the slots that stand still for them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../../errors.js'
import { isInOrder, type IndexFacts } from './source-indexes.js'
import { targetSession, timed, type CopyContext } from '../context.js'
import type { Slot } from '../scheduler.js'

/** The first majors that build an index of a method with workers (maintenance_work_mem and CREATE INDEX in their manuals). */
const parallelSince: ReadonlyMap<string, number> = new Map(
  Object.entries<number>({ btree: 11, brin: 17, gin: 18 }),
)

/**
 * What workers cost: a build that is by less than this part longer than its share does not become shorter by them.
 * Measured on two cores, beside another build; in order, a build is hardly shorter with one worker than with none.
 */
const leastGain = { inOrder: 0.75, else: 0.25 }

/**
 * Lets the server use more workers for a build that would otherwise still run when everything else is done:
 * as many as make it as long as its share of what is left.
 */
export function parallelWorkers(
  { scheduler, options }: CopyContext,
  { weight, index }: { readonly weight: number; readonly index: IndexFacts | undefined },
): number {
  const since = parallelSince.get(index?.method ?? '')
  if (index === undefined || since === undefined || options.target.facts.major < since) return 0
  const left = [...scheduler.workloads].reduce((sum, workload) => sum + workload.left(), 0)
  const share = Math.max(left, weight) / scheduler.slots
  const gain = isInOrder(index) ? leastGain.inOrder : leastGain.else
  const wanted = Math.ceil(weight / share - gain) - 1
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
/** Workers that have not come by then do not come: the server has none left, or sees no use for them. */
const patienceMs = 500

/**
 * Keeps one slot from other work for each worker of a build, until that worker has ended. Other builds would only be
 * in the workers' way, and are wanted later: at its end a build is alone with one process (that of a GIN index for a
 * third of its time), while the other cores would have nothing left to do. `index` names what is built, for people.
 */
export function keepSlots(context: CopyContext, index: string, workers: number): KeptSlots {
  const { scheduler, options } = context
  const over = new AbortController()
  const waits: Promise<void>[] = []
  const builder: Builder = { leader: null, followedSince: 0 }
  const knowsLeader = options.target.facts.major >= tellsLeaderSince
  for (let others = 0; knowsLeader && others < workers; others += 1) {
    const work = async (slot: Slot) => {
      if (over.signal.aborted) return
      const countWorkers = async () => {
        const target = await targetSession(context, slot)
        const [row] = await target.query<{ workers: number }>(
          `select pg_catalog.count(*)::pg_catalog.int4 as workers
             from pg_catalog.pg_stat_activity where leader_pid = $1::pg_catalog.int4`,
          [builder.leader],
        )
        return row?.workers ?? 0
      }
      const step = { slot, kind: 'index worker', object: index }
      const wait = timed(context, step, () =>
        waitWhileMoreThan(others, builder, countWorkers, over.signal),
      ).catch((error: unknown) => {
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
      builder.leader = processId
      builder.followedSince = Date.now()
    },
    async release() {
      over.abort()
      await Promise.all(waits)
    },
  }
}

interface Builder {
  leader: number | null
  followedSince: number
}

/** Being wrong here costs time, and nothing else. */
async function waitWhileMoreThan(
  others: number,
  builder: Builder,
  countWorkers: () => Promise<number>,
  over: AbortSignal,
): Promise<void> {
  const isWorthWaiting = () =>
    builder.leader === null || Date.now() < builder.followedSince + patienceMs
  let haveCome = false
  while (!over.aborted && (haveCome || isWorthWaiting())) {
    const workers = await countWorkers()
    if (haveCome && workers <= others) return
    haveCome ||= workers > others
    await sleep(pollMs, undefined, { signal: over }).catch(() => undefined)
  }
}
