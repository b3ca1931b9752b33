import { describe, expect, jest, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import type { Session } from '../../../src/server/index.js'
import type { CopyContext } from '../../../src/transfer/copy/context.js'
import { createScheduler, type Scheduler } from '../../../src/transfer/copy/scheduler.js'
import { pauseMs, withWalWriter } from '../../../src/transfer/copy/wal-writer.js'
import { settled } from '../../support/settled.js'

const megabyte = 1024 * 1024

describe('the pause before the WAL writer is woken again', () => {
  test.each([
    ['as long as the next 4 MB take', 2 * megabyte, 10, 20],
    ['not shorter than 5 ms, however fast the WAL comes', 100 * megabyte, 10, 5],
    ['not longer than 100 ms where next to nothing comes', 1000, 10, 100],
    ['not longer than 100 ms where nothing comes', 0, 10, 100],
    ['the shortest at the beginning, when nothing is known', Infinity, 10, 5],
  ])('%s', (_what, bytes, elapsed, expected) => {
    expect(pauseMs(4 * megabyte, bytes, elapsed)).toBe(expected)
  })
})

/** A database on a target whose sessions are counted; it says what was logged. */
function databaseOf(scheduler: Scheduler, refusal?: Error) {
  const state = { open: 0, opened: 0, woken: 0 }
  const session = {
    query: (sql: string) => {
      if (sql.includes('pg_logical_emit_message')) state.woken += 1
      return Promise.resolve([{ position: String(state.woken), buffers: '16' }])
    },
    close: () => {
      state.open -= 1
      return Promise.resolve()
    },
  }
  const connect = () => {
    if (refusal !== undefined) return Promise.reject(refusal)
    state.open += 1
    state.opened += 1
    return Promise.resolve(session as unknown as Session)
  }
  const debug = jest.fn()
  const options = { target: { connect }, stagingDatabase: 's', log: { ...silentLog, debug } }
  return { context: { scheduler, options } as unknown as CopyContext, state, debug }
}

function workThatEnds() {
  let end: () => void = () => undefined
  const done = new Promise<void>((resolve) => (end = resolve))
  return { work: () => done, end }
}

const wokenTwice = (state: { woken: number }) =>
  settled(
    () => Promise.resolve(state.woken),
    (woken) => woken > 1,
  )

describe('waking the WAL writer', () => {
  test('goes on from one session while the work does, and ends with it', async () => {
    const scheduler = createScheduler(2, new AbortController().signal)
    const { context, state } = databaseOf(scheduler)
    const { work, end } = workThatEnds()
    const finished = withWalWriter(context, work)
    expect(await wokenTwice(state)).toBeGreaterThan(1)
    expect(state).toMatchObject({ open: 1, opened: 1 })
    end()
    await finished
    expect(state.open).toBe(0)
    expect(scheduler.copying.size).toBe(0)
  })

  test('is done for one of several databases at a time; the next one takes it over', async () => {
    const scheduler = createScheduler(2, new AbortController().signal)
    const [first, second] = [databaseOf(scheduler), databaseOf(scheduler)]
    const [one, two] = [workThatEnds(), workThatEnds()]
    const finished = [
      withWalWriter(first.context, one.work),
      withWalWriter(second.context, two.work),
    ]
    await wokenTwice(first.state)
    expect(second.state.opened).toBe(0)
    one.end()
    await finished[0]
    expect(first.state.open).toBe(0)
    expect(await wokenTwice(second.state)).toBeGreaterThan(1)
    two.end()
    await finished[1]
    expect(second.state).toMatchObject({ open: 0, opened: 1 })
  })

  test('does no harm where it is refused', async () => {
    const scheduler = createScheduler(2, new AbortController().signal)
    const { context, debug } = databaseOf(scheduler, new Error('too many connections'))
    expect(await withWalWriter(context, () => Promise.resolve('done'))).toBe('done')
    expect(debug).toHaveBeenCalledWith(expect.stringContaining('too many connections'))
  })

  test('ends as well when the work fails', async () => {
    const scheduler = createScheduler(2, new AbortController().signal)
    const { context, state } = databaseOf(scheduler)
    const failing = withWalWriter(context, async () => {
      await wokenTwice(state)
      throw new Error('the work failed')
    })
    await expect(failing).rejects.toThrow('the work failed')
    expect(state).toMatchObject({ open: 0, opened: 1 })
  })
})
