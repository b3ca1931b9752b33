/** Waits for what another process brings about, instead of guessing how long it takes. */
import { setTimeout as sleep } from 'node:timers/promises'

const patienceMs = 30_000

/** Reads again and again until the value is settled; returns what was read last, for `expect` to judge. */
export async function settled<T>(
  read: () => Promise<T>,
  isSettled: (value: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const value = await read()
    if (isSettled(value) || Date.now() > deadline) return value
    await sleep(50)
  }
}
