/** Connections that were lost, or not to be had for the moment: which errors say so, and work that is done again after one. */
import { setTimeout as sleep } from 'node:timers/promises'
import { UpgradeError } from '../../errors.js'

/** A server that restarts is away for a while, `unreachable` where it was not reached before, and `too-many-connections` until somebody leaves. */
const passing = new Set(['connection-lost', 'unreachable', 'too-many-connections'])
const attempts = 4

/** True also for what `doing` has put words in front of. */
export function isLostConnection(error: unknown): error is UpgradeError {
  return error instanceof UpgradeError && passing.has(error.code)
}

/** Does work that only reads, or that may be done twice, again after a lost connection, with longer pauses from time to time. */
export async function repeatedWhenLost<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (!isLostConnection(error) || attempt === attempts) throw error
      await sleep(1000 * attempt)
    }
  }
}
