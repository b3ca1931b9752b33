/** How long work is waited for that may never answer. */
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from '@jest/globals'
import { atMost } from '../../src/at-most.js'
import { CancelledError } from '../../src/errors.js'

const never = () => new Promise<never>(() => undefined)

test('work that never answers fails at its limit, whatever is collected meanwhile', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { signal } = new AbortController()
  const waited = Promise.allSettled([atMost(500, never(), signal), atMost(500, never())])
  for (let count = 0; count < 3; count += 1) {
    await sleep(20)
    collect()
  }
  const told = (await waited).map((each) => (each as PromiseRejectedResult).reason as unknown)
  expect(told.map(String)).toEqual(Array(2).fill('Error: no answer in 0.5 s'))
})

test('a cancel ends the wait, also one that came before', async () => {
  const run = new AbortController()
  const waiting = atMost(60_000, never(), run.signal)
  run.abort()
  await expect(waiting).rejects.toBeInstanceOf(CancelledError)
  await expect(atMost(60_000, never(), run.signal)).rejects.toBeInstanceOf(CancelledError)
})

test('work that answers in time is given back, and leaves the signal alone', async () => {
  const { signal } = new AbortController()
  expect(await atMost(60_000, Promise.resolve(1), signal)).toBe(1)
  await expect(atMost(60_000, Promise.reject(new Error('no')), signal)).rejects.toThrow('no')
})
