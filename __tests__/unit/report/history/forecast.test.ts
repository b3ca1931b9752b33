import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  addToHistory,
  emptyHistory,
  forecast,
  type Forecast,
  type History,
} from '../../../../src/report/history/index.js'
import type { Report } from '../../../../src/report/index.js'
import { failedReport, passedReport, rehearsalReport } from '../../../support/reports.js'

const historyOf = (reports: readonly Report[]): History =>
  reports.reduce(addToHistory, emptyHistory)

const GB = 1e9

/** Seconds of the forecast after these rehearsals, each days, gigabytes, seconds. */
function after(...rehearsals: readonly (readonly [number, number, number])[]): Forecast {
  return forecast(
    historyOf(rehearsals.map(([days, size, seconds]) => rehearsalReport(days, size * GB, seconds))),
  )
}

const secondsOf = (known: Forecast): number =>
  known.kind === 'forecast' ? known.seconds : Number.NaN

describe('without enough data there is no figure', () => {
  test('before the first rehearsal', () => {
    expect(forecast(emptyHistory)).toEqual({
      kind: 'none',
      reason: 'no rehearsal has moved every database yet',
    })
  })

  test('after runs that ended early, and after runs that moved nothing', () => {
    const cancelled = { ...rehearsalReport(0, GB, 5), error: { code: 'cancelled', message: '' } }
    const runs = [
      cancelled,
      { ...failedReport(), mode: 'rehearse' as const },
      passedReport('check'),
    ]
    expect(forecast(historyOf(runs)).kind).toBe('none')
  })

  test('after one rehearsal, which is one rehearsal', () => {
    expect(after([0, 10, 600])).toEqual({ kind: 'single', seconds: 600 })
  })
})

test('two rehearsals give the newer one, between the two', () => {
  expect(after([0, 10, 600], [7, 11, 660])).toEqual({
    kind: 'forecast',
    seconds: 660,
    low: 600,
    high: 660,
    rehearsals: 2,
    at: '2026-12-06T02:00:00.000Z',
    growthSecondsPerWeek: null,
  })
})

describe('the sixth run after five rehearsals on growing data', () => {
  /** A duration with a fixed part, a part by size, and noise of up to 8 % either way. */
  const noisy = (size: number, noise: number): number => (30 + 55 * size) * (1 + noise)

  test.each([
    ['a little each week', (week: number) => 10 + 0.3 * week],
    ['a lot each week', (week: number) => 10 + 8 * week],
    ['by a quarter each week', (week: number) => 10 * 1.25 ** week],
    ['not at all', () => 10],
  ])('is within 20 %% when the data grows %s', (_, sizeAfter) => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.08, max: 0.08, noNaN: true }), { minLength: 5, maxLength: 5 }),
        (noise) => {
          const rehearsals = noise.map((share, week) => {
            const size = sizeAfter(week)
            return [week * 7, size, noisy(size, share)] as const
          })
          const expected = noisy(sizeAfter(5), 0)
          const off = Math.abs(secondsOf(after(...rehearsals)) - expected) / expected
          expect(off).toBeLessThan(0.2)
        },
      ),
    )
  })

  test('is not thrown off by one strange rehearsal', () => {
    const rehearsals = [0, 1, 2, 3, 4].map(
      (week) => [week * 7, 10 + week, (10 + week) * 60] as const,
    )
    const strange = rehearsals.with(2, [14, 12, 12 * 60 * 4])
    expect(Math.abs(secondsOf(after(...strange)) - 900) / 900).toBeLessThan(0.2)
  })

  test('is not thrown off by a machine that had other work to do', () => {
    const measured = [
      [0.2117, 5.4],
      [0.2428, 6.5],
      [0.2846, 8.7],
      [0.3113, 11],
      [0.3476, 7.1],
    ] as const
    const rehearsals = measured.map(([size, seconds], week) => [week * 7, size, seconds] as const)
    expect(Math.abs(secondsOf(after(...rehearsals)) - 8.7) / 8.7).toBeLessThan(0.2)
  })

  test('follows a duration that grows faster than the data', () => {
    const slower = (size: number): number => 20 * size ** 1.6
    const rehearsals = [0, 1, 2, 3, 4].map(
      (week) => [week * 7, 10 + 2 * week, slower(10 + 2 * week)] as const,
    )
    expect(secondsOf(after(...rehearsals)) / slower(20)).toBeCloseTo(1, 1)
  })

  test('has a range as wide as the rehearsals were off', () => {
    const exact = [0, 1, 2, 3, 4].map((week) => [week * 7, 10 + week, (10 + week) * 60] as const)
    const known = after(...exact)
    expect(known).toMatchObject({ kind: 'forecast', rehearsals: 5, at: '2026-12-27T02:00:00.000Z' })
    expect(
      known.kind === 'forecast' && [known.low, known.seconds, known.high].map(Math.round),
    ).toEqual([900, 900, 900])
  })
})

test('growth is per week, and only said of a week or more', () => {
  const growth = (days: number): number | null => {
    const known = after(...[0, 1, 2].map((run) => [run * days, 10 + run, 600 + run * 60] as const))
    return known.kind === 'forecast' ? known.growthSecondsPerWeek : Number.NaN
  }
  expect([growth(7), growth(1)]).toEqual([expect.closeTo(60, 6), null])
})

test('rehearsals between other majors do not count', () => {
  const old = {
    ...rehearsalReport(0, 10 * GB, 9000),
    target: { version: '17.4', host: '', provider: '' },
  }
  expect(forecast(historyOf([old, rehearsalReport(7, 10 * GB, 600)]))).toEqual({
    kind: 'single',
    seconds: 600,
  })
})

test('every forecast is a positive figure inside its range, whatever the history', () => {
  const run = fc.tuple(
    fc.integer({ min: 0, max: 700 }),
    fc.integer({ min: 0, max: 5000 }),
    fc.integer({ min: 0, max: 1e6 }),
  )
  fc.assert(
    fc.property(fc.array(run, { maxLength: 12 }), (runs) => {
      const known = after(...runs)
      if (known.kind !== 'forecast') return
      expect(known.low).toBeGreaterThanOrEqual(0)
      expect(known.seconds).toBeGreaterThanOrEqual(known.low)
      expect(known.high).toBeGreaterThanOrEqual(known.seconds)
      expect(Number.isFinite(known.high)).toBe(true)
    }),
  )
})
