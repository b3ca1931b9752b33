/** Work that may never answer is waited for only so long. */
import { CancelledError } from './errors.js'

/** An Actions cache that hangs must not hold up a run; its own patience is three minutes, five times over. */
export const cachePatienceMs = 30_000

/** The result of `work`; fails where it has not come within the limit, or the run is cancelled meanwhile. */
export async function atMost<T>(
  limitMs: number,
  work: Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const timeout = AbortSignal.timeout(limitMs)
  const limit = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
  return Promise.race([
    work,
    new Promise<never>((_resolve, reject) => {
      const giveUp = () => {
        const tooLong = () => new Error(`no answer in ${limitMs / 1000} s`)
        reject(signal?.aborted === true ? new CancelledError() : tooLong())
      }
      if (limit.aborted) giveUp()
      else limit.addEventListener('abort', giveUp)
    }),
  ])
}
