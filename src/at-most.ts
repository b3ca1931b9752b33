/** Work that may never answer is waited for only so long. */
import { CancelledError } from './errors.js'

/** An Actions cache that hangs must not hold up a run; its own patience is three minutes, five times over. */
export const cachePatienceMs = 30_000

/**
 * The result of `work`; fails where it has not come within the limit, or the run is cancelled meanwhile. The limit is a timer: of an
 * `AbortSignal.timeout` that only an `AbortSignal.any` listens to, Node.js 20 forgets the timer with the next garbage collection.
 */
export async function atMost<T>(
  limitMs: number,
  work: Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  let giveUp: (reason: Error) => void = () => undefined
  const limit = new Promise<never>((_resolve, reject) => {
    giveUp = reject
  })
  const cancel = () => {
    giveUp(new CancelledError())
  }
  const timer = setTimeout(() => {
    giveUp(new Error(`no answer in ${limitMs / 1000} s`))
  }, limitMs)
  signal?.addEventListener('abort', cancel)
  if (signal?.aborted === true) cancel()
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
  }
}
