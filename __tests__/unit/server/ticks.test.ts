import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { repeatWithPauses } from '../../../src/server/session/ticks.js'

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

test('work that is held up is followed by a pause, and not by all that was due meanwhile', async () => {
  const ends: (() => void)[] = []
  const stop = repeatWithPauses(
    5000,
    () =>
      new Promise<void>((resolve) => {
        ends.push(resolve)
      }),
    () => undefined,
  )
  await jest.advanceTimersByTimeAsync(60_000)
  expect(ends).toHaveLength(1)
  ends[0]?.()
  await jest.advanceTimersByTimeAsync(4999)
  expect(ends).toHaveLength(1)
  await jest.advanceTimersByTimeAsync(1)
  expect(ends).toHaveLength(2)
  stop()
  ends[1]?.()
  await jest.advanceTimersByTimeAsync(60_000)
  expect(ends).toHaveLength(2)
})

test('a failure is told once, and is the end; after the end none is told', async () => {
  const told: unknown[] = []
  const work = jest.fn(() => Promise.reject(new Error('lost')))
  repeatWithPauses(10, work, (error) => told.push(error))
  const stop = repeatWithPauses(10, work, (error) => told.push(error))
  stop()
  await jest.advanceTimersByTimeAsync(100)
  expect(work).toHaveBeenCalledTimes(1)
  expect(told).toEqual([new Error('lost')])
})
