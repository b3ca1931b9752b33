/** A clock that moves when it is told to. */
import type { Clock } from '../../src/report/progress.js'

export interface HandClock extends Clock {
  /** Lets so much time pass, calling what is due on the way. */
  readonly pass: (milliseconds: number) => void
  readonly running: () => number
}

export function createHandClock(): HandClock {
  let now = 0
  const timers = new Set<{ due: number; every: number; tick: () => void }>()
  return {
    now: () => now,
    every(milliseconds, tick) {
      const timer = { due: now + milliseconds, every: milliseconds, tick }
      timers.add(timer)
      return () => {
        timers.delete(timer)
      }
    },
    pass(milliseconds) {
      const end = now + milliseconds
      for (;;) {
        const [next] = [...timers].sort((a, b) => a.due - b.due)
        if (next === undefined || next.due > end) break
        now = next.due
        next.due += next.every
        next.tick()
      }
      now = end
    },
    running: () => timers.size,
  }
}
