/** Gives work to a fixed number of slots, the heaviest first; a slot holds at most one session on either side. */
import { CancelledError } from '../../errors.js'
import type { ServerSide, Session } from '../../server/index.js'
import type { Workload } from './workload.js'

export interface Slot {
  /** From 0. */
  readonly number: number
  /** The slot's session on one side: the one it has if it is of this `key`, otherwise a new one. */
  session(side: ServerSide, key: string, open: () => Promise<Session>): Promise<Session>
  /** Drops what the slot has, because of an error. */
  drop(): void
  /** Ends the sessions of these keys. */
  forget(keys: readonly string[]): Promise<void>
  /** Ends what the slot has, in order. */
  close(): Promise<void>
}

export interface Task<T> {
  /** What it will take, in any unit; only compared. */
  readonly weight: number
  readonly work: (slot: Slot) => Promise<T>
}

/** One for a whole run: databases that are moved at the same time share it. */
export interface Scheduler {
  readonly slots: number
  /** Of each database that is being moved. */
  readonly workloads: Set<Workload>
  /** For each database whose rows are being copied, in the order in which they began, what says when that is over. */
  readonly copying: Set<AbortSignal>
  /** Runs a task as soon as a slot is free and nothing heavier waits; fails as the task does. */
  run<T>(task: Task<T>): Promise<T>
  /**
   * Lends the places of slots, of one at least and as many of `most` as are free, to work that opens sessions of its
   * own or runs a tool. It goes before all tasks, and is told how many sessions it may have on either side.
   */
  lend<T>(most: number, work: (count: number) => Promise<T>): Promise<T>
  /** Ends the sessions of these keys. No task that uses them may be left. */
  forget(keys: readonly string[]): Promise<void>
  /** The number of slots at work. */
  readonly busy: () => number
  /** Ends all sessions. Tasks that still wait fail. */
  close(): Promise<void>
}

interface Waiting {
  readonly weight: number
  readonly start: (slot: Slot) => Promise<void>
  readonly refuse: (error: Error) => void
}

/** Creates the slots; nothing is connected until a task asks for it. */
export function createScheduler(count: number, signal: AbortSignal): Scheduler {
  const slots = Array.from({ length: count }, (_, number) => createSlot(number))
  const free = [...slots].reverse()
  /** Lightest first, so that the next one is the last. */
  const queue: Waiting[] = []

  const refuseAll = () => {
    for (const waiting of queue.splice(0)) waiting.refuse(new CancelledError())
  }
  signal.addEventListener('abort', refuseAll, { once: true })

  const next = () => {
    while (queue.length > 0) {
      const slot = free.pop()
      if (slot === undefined) return
      const waiting = queue.pop()
      void waiting?.start(slot)
    }
  }
  const run = <T>(task: Task<T>) =>
    new Promise<T>((resolve, reject) => {
      if (signal.aborted) {
        reject(new CancelledError())
        return
      }
      insert(queue, {
        weight: task.weight,
        refuse: reject,
        start: async (slot) => {
          try {
            resolve(await task.work(slot))
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)))
          } finally {
            free.push(slot)
            // What the end of this task makes possible is queued first.
            setImmediate(next)
          }
        },
      })
      setImmediate(next)
    })
  return {
    slots: count,
    workloads: new Set(),
    copying: new Set(),
    run,
    lend: (most, work) =>
      run({
        weight: Infinity,
        work: async (slot) => {
          const others = free.splice(Math.max(0, free.length - (most - 1)))
          try {
            const lent = [slot, ...others]
            await Promise.all(lent.map((each) => each.close()))
            return await work(lent.length)
          } finally {
            free.push(...others)
          }
        },
      }),
    async forget(keys) {
      await Promise.all(slots.map((slot) => slot.forget(keys)))
    },
    busy: () => count - free.length,
    async close() {
      signal.removeEventListener('abort', refuseAll)
      refuseAll()
      await Promise.all(slots.map((slot) => slot.close()))
    },
  }
}

/** A scheduler for this work alone. */
export async function withScheduler<T>(
  count: number,
  signal: AbortSignal,
  work: (scheduler: Scheduler) => Promise<T>,
): Promise<T> {
  const scheduler = createScheduler(count, signal)
  try {
    return await work(scheduler)
  } finally {
    await scheduler.close()
  }
}

function insert(queue: Waiting[], waiting: Waiting): void {
  let low = 0
  let high = queue.length
  while (low < high) {
    const middle = (low + high) >>> 1
    // Among equals, the first to come is the first to go.
    if ((queue[middle]?.weight ?? 0) < waiting.weight) low = middle + 1
    else high = middle
  }
  queue.splice(low, 0, waiting)
}

function createSlot(number: number): Slot {
  const held = new Map<ServerSide, { key: string; session: Session }>()
  return {
    number,
    async session(side, key, open) {
      const current = held.get(side)
      if (current?.key === key) return current.session
      held.delete(side)
      await current?.session.close()
      const session = await open()
      held.set(side, { key, session })
      return session
    },
    drop() {
      for (const { session } of held.values()) session.destroy()
      held.clear()
    },
    async forget(keys) {
      const forgotten = [...held].filter(([, { key }]) => keys.includes(key))
      for (const [side] of forgotten) held.delete(side)
      await Promise.all(forgotten.map(([, { session }]) => session.close()))
    },
    async close() {
      const sessions = [...held.values()]
      held.clear()
      await Promise.all(sessions.map(({ session }) => session.close()))
    },
  }
}
