import { describe, expect, test } from '@jest/globals'
import {
  type Clock,
  paceOf,
  countWhileRunning,
  progressBar,
  progressLine,
  type Sample,
  sayWhileRunning,
  watchWork,
} from '../../../src/report/progress.js'
import type { ShownWork } from '../../../src/log.js'
import { createHandClock } from '../../support/hand-clock.js'

const GB = 1e9

/** Samples every 15 seconds at a steady rate. */
const steady = (rate: number, seconds: number): Sample[] =>
  Array.from({ length: seconds / 15 }, (_, index) => ({
    seconds: (index + 1) * 15,
    done: (index + 1) * 15 * rate,
  }))

describe('paceOf', () => {
  test('of steady work is its rate, and what is left at that rate', () => {
    expect(paceOf(steady(10e6, 60), GB)).toEqual({ rate: 10e6, secondsLeft: 40 })
  })

  test('goes by the last minute and by the whole', () => {
    const slower = steady(10e6, 60).concat({ seconds: 120, done: 660e6 })
    expect(paceOf(slower, GB)).toEqual({
      rate: 1e6,
      secondsLeft: ((GB - 660e6) / 1e6 + (GB - 660e6) / 5.5e6) / 2,
    })
  })

  test.each([
    ['there is no sample', [], null],
    ['there is too little to go by', steady(1e6, 15), null],
    [
      'nothing moves',
      [
        { seconds: 15, done: 5e8 },
        { seconds: 60, done: 5e8 },
      ],
      0,
    ],
    ['next to nothing moves', steady(10e6, 60).concat({ seconds: 120, done: 606e6 }), 1e5],
    ['the total turned out too small', steady(10e6, 120), 10e6],
  ])('makes no forecast when %s', (_, samples, rate) => {
    expect(paceOf(samples, GB)).toEqual({ rate, secondsLeft: null })
  })
})

describe('progressLine', () => {
  test('says what, how much of how much, how fast and how long is left', () => {
    const line = progressLine({
      what: 'shop',
      total: GB,
      samples: steady(4e6, 60),
      seconds: 60,
      notes: ['80 MB of dump passed'],
      activity: 'creating INDEX "public.i"',
    })
    expect(line).toBe(
      'shop: 240 MB of about 1 GB (24 %), 4 MB/s, 80 MB of dump passed, 60 s gone, about 3.2 min left; creating INDEX "public.i"',
    )
  })

  test('never says 100 % of something that is still running', () => {
    expect(progressLine({ what: 'shop', total: GB, samples: steady(20e6, 60), seconds: 60 })).toBe(
      'shop: 1.2 GB of about 1 GB (99 %), 20 MB/s, 60 s gone',
    )
  })

  test('leaves out what is not known', () => {
    expect(progressLine({ what: 'shop', total: GB, samples: [], seconds: 15 })).toBe(
      'shop: size on the target unknown, 15 s gone',
    )
  })

  test('stays one line whatever the names are', () => {
    const line = progressLine({
      what: 'a\n::error::b',
      total: 0,
      samples: [],
      seconds: 0,
      activity: '\r',
    })
    expect(line).toBe('a\\n::error::b: size on the target unknown, 0 s gone; \\r')
  })
})

test('a bar is as full as the table', () => {
  const bar = (done: number, total: number | null, unit: 'bytes' | 'tables' = 'bytes') =>
    progressBar({
      work: { what: 'app.orders', total, unit },
      samples: [
        { seconds: 0, done: 0 },
        { seconds: 4, done },
      ],
      seconds: 4,
    })
  expect([
    bar(0, 200),
    bar(100, 200),
    bar(199, 200),
    bar(300, 200),
    bar(0, null),
    bar(8, 16, 'tables'),
  ]).toEqual([
    '[----------]  0 %                4 s  app.orders',
    '[#####-----] 50 %     25 B/s     4 s  app.orders',
    '[#########-] 99 %   49.7 B/s     4 s  app.orders',
    '[##########] 99 %     75 B/s     4 s  app.orders',
    '[          ]                     4 s  app.orders',
    '[#####-----] 50 %      2.0/s     4 s  app.orders',
  ])
})

test('work that goes from table to table says how many are done, and shows it', async () => {
  const clock = createHandClock()
  const lines: string[] = []
  const shown: ShownWork[] = []
  const log = {
    info: (line: string) => lines.push(line),
    show: (work: ShownWork) => {
      shown.push(work)
      return () => shown.pop()
    },
  }
  await countWhileRunning('shop: validate', { log, clock }, (advance, turnTo) => {
    clock.pass(15_000)
    advance(1, 8, 'app.orders')
    clock.pass(14_000)
    advance(2, 8, 'app\n.lines')
    clock.pass(1000)
    expect(shown.map(({ what, total, done }) => [what, total, done()])).toEqual([
      ['shop: validate', 8, 2],
    ])
    advance(8, 8, 'app.units')
    turnTo('the objects')
    clock.pass(15_000)
    return Promise.resolve()
  })
  clock.pass(60_000)
  expect(lines).toEqual([
    'shop: validate: still running, 15 s gone',
    'shop: validate: 2 of 8 tables, 30 s gone; last app\\n.lines',
    'shop: validate: 8 of 8 tables, 45 s gone; now the objects',
  ])
  expect([shown, clock.running()]).toEqual([[], 0])
})

/** A clock that moves when it is told to. */
function handClock(): Clock & { pass: (seconds: number) => Promise<void>; running: () => number } {
  let now = 0
  const ticks = new Set<() => void>()
  return {
    now: () => now,
    every: (milliseconds, tick) => {
      let next = now + milliseconds
      const due = (): void => {
        if (now < next) return
        next += milliseconds
        tick()
      }
      ticks.add(due)
      return () => ticks.delete(due)
    },
    pass: async (seconds) => {
      for (let half = 0; half < seconds * 2; half += 1) {
        now += 500
        for (const tick of ticks) tick()
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
    running: () => ticks.size,
  }
}

describe('sayWhileRunning', () => {
  test('says something every 15 seconds until the work ends', async () => {
    const clock = handClock()
    const said: string[] = []
    const result = await sayWhileRunning(
      (line) => said.push(line),
      (seconds) => `${seconds} s gone`,
      async () => {
        await clock.pass(40)
        return 'done'
      },
      clock,
    )
    expect([result, said, clock.running()]).toEqual(['done', ['15 s gone', '30 s gone'], 0])
  })

  test('stops when the work fails', async () => {
    const clock = handClock()
    const work = sayWhileRunning(
      () => undefined,
      () => '',
      () => Promise.reject(new Error('no')),
      clock,
    )
    await expect(work).rejects.toThrow('no')
    expect(clock.running()).toBe(0)
  })
})

describe('watchWork', () => {
  test('tells every sample with its time', async () => {
    const clock = handClock()
    const told: unknown[] = []
    let done = 0
    const stop = watchWork(
      {
        read: () => Promise.resolve((done += 10)),
        tell: (samples, seconds) => told.push([samples.length, samples.at(-1)?.done, seconds]),
      },
      clock,
    )
    await clock.pass(45)
    stop()
    await clock.pass(30)
    expect(told).toEqual([
      [1, 10, 15],
      [2, 20, 30],
      [3, 30, 45],
    ])
  })

  test('goes on telling while a server does not answer, and asks it only once', async () => {
    const clock = handClock()
    const told: number[] = []
    let asked = 0
    const read = (): Promise<number> => {
      asked += 1
      return new Promise(() => undefined)
    }
    const stop = watchWork({ read, tell: (_, seconds) => told.push(seconds) }, clock)
    await clock.pass(60)
    stop()
    expect([asked, told]).toEqual([1, [15, 30, 45, 60]])
  })

  test('goes on when reading fails', async () => {
    const clock = handClock()
    const told: number[] = []
    const stop = watchWork(
      {
        read: () => Promise.reject(new Error('connection lost')),
        tell: (samples) => told.push(samples.length),
      },
      clock,
    )
    await clock.pass(30)
    stop()
    expect(told).toEqual([0, 0])
  })
})
