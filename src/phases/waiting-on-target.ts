/** Says for whom a run waits on the target, where it creates, renames and drops databases, and creates and grants roles. */
import { PROGRESS_INTERVAL_MS, type Clock } from '../report/progress.js'
import type { Run } from '../run.js'
import { sayingWhomItAwaits, type Server } from '../server/index.js'

/** As long as the work lasts. Whichever session of the run waits, of how many databases, a tool's or ours. */
export function sayingWhomTheTargetAwaits<T>(
  { log, clock }: Pick<Run, 'log' | 'clock'>,
  target: Server,
  work: () => Promise<T>,
): Promise<T> {
  const say = (who: string) => {
    log.warning(`The run waits on the target: ${who}.`)
  }
  return sayingWhomItAwaits(target, { say, repeat: (look) => ticking(clock, look) }, work)
}

/** A look that a server holds up is followed by none until it has ended. */
function ticking(clock: Clock, look: () => Promise<void>): () => void {
  let isLooking = false
  return clock.every(PROGRESS_INTERVAL_MS, () => {
    if (isLooking) return
    isLooking = true
    void look().finally(() => {
      isLooking = false
    })
  })
}
