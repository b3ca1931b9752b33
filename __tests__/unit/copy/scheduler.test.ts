import { describe, expect, test } from '@jest/globals'
import { setImmediate as turn } from 'node:timers/promises'
import type { Session } from '../../../src/server/index.js'
import { createScheduler, type Slot } from '../../../src/transfer/copy/scheduler.js'

const never = new AbortController().signal

describe('scheduling', () => {
  test('the heaviest task that waits goes first, equals in the order in which they came', async () => {
    const scheduler = createScheduler(1, never)
    const order: string[] = []
    const add = (name: string, weight: number) =>
      scheduler.run({ weight, work: () => Promise.resolve(order.push(name)) })
    await Promise.all([add('light', 1), add('first', 5), add('second', 5), add('heavy', 9)])
    expect(order).toEqual(['heavy', 'first', 'second', 'light'])
  })

  test('never more tasks at once than slots', async () => {
    const scheduler = createScheduler(3, never)
    let running = 0
    let most = 0
    const work = async () => {
      running += 1
      most = Math.max(most, running)
      await turn()
      running -= 1
    }
    await Promise.all(Array.from({ length: 20 }, () => scheduler.run({ weight: 1, work })))
    expect(most).toBe(3)
  })

  test('a task that fails frees its slot', async () => {
    const scheduler = createScheduler(1, never)
    const failed = scheduler.run({ weight: 1, work: () => Promise.reject(new Error('broken')) })
    await expect(failed).rejects.toThrow('broken')
    await expect(scheduler.run({ weight: 1, work: () => Promise.resolve(2) })).resolves.toBe(2)
  })

  test('a cancelled run refuses what waits', async () => {
    const controller = new AbortController()
    const scheduler = createScheduler(1, controller.signal)
    const running = scheduler.run({ weight: 2, work: () => turn('done') })
    const waiting = scheduler.run({ weight: 1, work: () => Promise.resolve() })
    await turn()
    controller.abort()
    await expect(waiting).rejects.toThrow('cancelled')
    await expect(running).resolves.toBe('done')
  })

  test('a slot keeps its session, and gives it up for another database', async () => {
    const scheduler = createScheduler(1, never)
    const closed: string[] = []
    const open = (name: string) => () =>
      Promise.resolve({
        close: () => {
          closed.push(name)
          return Promise.resolve()
        },
      } as unknown as Session)
    const use = (name: string, key: string) =>
      scheduler.run({ weight: 1, work: (slot: Slot) => slot.session('source', key, open(name)) })
    expect(await use('a', 'one')).toBe(await use('b', 'one'))
    await use('c', 'two')
    expect(closed).toEqual(['a'])
    await scheduler.close()
    expect(closed).toEqual(['a', 'c'])
  })
})

function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('lending places', () => {
  test('lends what is free, and nothing else runs in these places', async () => {
    const scheduler = createScheduler(3, never)
    const [busy, lent] = [gate(), gate()]
    const running = scheduler.run({ weight: 1, work: () => busy.opened })
    await turn()
    const counts: number[] = []
    const lending = scheduler.lend(3, (count) => {
      counts.push(count)
      return lent.opened
    })
    let hasRun = false
    const waiting = scheduler.run({ weight: 1, work: () => Promise.resolve((hasRun = true)) })
    for (let turns = 0; turns < 5; turns += 1) await turn()
    expect({ counts, hasRun }).toEqual({ counts: [2], hasRun: false })
    lent.open()
    await Promise.all([lending, waiting])
    expect(hasRun).toBe(true)
    busy.open()
    await running
  })

  test('lends no more than is asked for, before all tasks, and takes the places back', async () => {
    const scheduler = createScheduler(1, never)
    const order: string[] = []
    await Promise.all([
      scheduler.run({ weight: 9, work: () => Promise.resolve(order.push('task')) }),
      scheduler.lend(1, (count) => Promise.resolve(order.push(`lent ${count}`))),
    ])
    expect(order).toEqual(['lent 1', 'task'])
    await turn()
    expect(scheduler.busy()).toBe(0)
  })

  test('work that fails gives the places back', async () => {
    const scheduler = createScheduler(2, never)
    await expect(scheduler.lend(2, () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    )
    await turn()
    expect(scheduler.busy()).toBe(0)
  })
})

test('a database that is done takes its sessions with it', async () => {
  const scheduler = createScheduler(2, never)
  const closed: string[] = []
  const open = (name: string) => () =>
    Promise.resolve({
      close: () => Promise.resolve(closed.push(name)),
    } as unknown as Session)
  const use = (side: 'source' | 'target', key: string) =>
    scheduler.run({ weight: 1, work: (slot: Slot) => slot.session(side, key, open(key)) })
  await Promise.all([use('source', 'done'), use('target', 'other')])
  await scheduler.forget(['done'])
  expect(closed).toEqual(['done'])
})
