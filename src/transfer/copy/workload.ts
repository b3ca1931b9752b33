/** What is left to do of one database, in the unit of `weights.ts`: whoever starts an index build can tell whether it will be the last one at work. */

/** A build that is running. */
interface Running {
  readonly weight: number
  /** By the clock, in seconds. */
  readonly since: number
}

export interface Workload {
  /** More that is to be done. */
  add(weight: number): void
  /** So much of it is over, done or given up. */
  finish(weight: number): void
  /** Runs an index build of this weight, which has been added, and finishes it. */
  build<T>(weight: number, work: () => Promise<T>): Promise<T>
  /**
   * What is left: of a running build, what will be at the pace of those that are over. As long as none is, the whole of it.
   */
  left(): number
}

/** `now` tells seconds. */
export function createWorkload(now = () => performance.now() / 1000): Workload {
  const running = new Set<Running>()
  const over = { weight: 0, seconds: 0 }
  let left = 0

  const doneOf = ({ weight, since }: Running) =>
    over.seconds > 0 ? Math.min(weight, ((now() - since) * over.weight) / over.seconds) : 0

  return {
    add(weight) {
      left += weight
    },
    finish(weight) {
      left -= weight
    },
    async build(weight, work) {
      const build = { weight, since: now() }
      running.add(build)
      try {
        return await work()
      } finally {
        running.delete(build)
        left -= weight
        over.weight += weight
        over.seconds += now() - build.since
      }
    },
    left: () => left - [...running].reduce((sum, build) => sum + doneOf(build), 0),
  }
}
