/** Tells errors that a second attempt may not meet again: connections that were lost, or not to be had for the moment. */
import { UpgradeError } from '../errors.js'

/** A server that restarts is `unreachable` for a while, and `too-many-connections` until somebody leaves. */
const passing = new Set(['connection-lost', 'unreachable', 'too-many-connections'])

/** True also for what `doing` has put words in front of. */
export function isLostConnection(error: unknown): boolean {
  return error instanceof UpgradeError && passing.has(error.code)
}
