/** How long the real run will take, from the rehearsals so far; never a figure without data behind it. */
import type { History, HistoryEntry } from './history.js'
import { fitGrowth, fitLine, median, type Point } from './robust.js'

/** `none` and `single` say why there is no forecast yet. */
export type Forecast =
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'single'; readonly seconds: number }
  | {
      readonly kind: 'forecast'
      /** Seconds; `low` and `high` are as far off as the rehearsals were. */
      readonly seconds: number
      readonly low: number
      readonly high: number
      readonly rehearsals: number
      /** When the next run is due, going by the rhythm so far; ISO 8601. */
      readonly at: string
      /** Null when the rehearsals span less than a week, or are only two. */
      readonly growthSecondsPerWeek: number | null
    }

const WEEK = 7 * 24 * 3600

const major = (version: string): string => version.split('.')[0] ?? ''

/** The rehearsals that went all the way, between the majors of the newest one. */
function comparable(history: History): HistoryEntry[] {
  const complete = history.entries.filter((entry) => entry.mode === 'rehearse' && entry.complete)
  const newest = complete.at(-1)
  if (newest === undefined) return []
  return complete
    .filter(
      (entry) =>
        major(entry.sourceVersion) === major(newest.sourceVersion) &&
        major(entry.targetVersion) === major(newest.targetVersion),
    )
    .toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt))
}

const time = (entry: HistoryEntry): number => Date.parse(entry.startedAt) / 1000

interface Model {
  readonly seconds: number
  /** What the model says of each rehearsal, to see how far off it is. */
  readonly fitted: readonly number[]
  readonly growthPerSecond: number
}

/**
 * Duration by size and size by time, where all sizes are known and they differ by more than a twentieth: sizes hardly
 * scatter, so few rehearsals show their growth. Otherwise duration by time.
 */
function model(entries: readonly HistoryEntry[], at: number): Model {
  const sizes = entries.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]))
  const varied = sizes.length === entries.length && Math.max(...sizes) > Math.min(...sizes) * 1.05
  if (varied) {
    const size = fitLine(entries.map((entry, index): Point => [time(entry), sizes[index] ?? 0]))
    const duration = fitGrowth(
      entries.map((entry, index): Point => [sizes[index] ?? 0, entry.durationSeconds]),
    )
    if (duration.slope > 0) {
      const newest = sizes.at(-1) ?? 0
      const since = at - Math.max(...entries.map(time))
      return {
        seconds: duration.at(Math.max(0, newest + size.slope * since)),
        fitted: sizes.map((bytes) => duration.at(bytes)),
        growthPerSecond: duration.slope * size.slope,
      }
    }
  }
  const trend = fitLine(entries.map((entry): Point => [time(entry), entry.durationSeconds]))
  return {
    seconds: trend.at(at),
    fitted: entries.map((entry) => trend.at(time(entry))),
    growthPerSecond: trend.slope,
  }
}

/** As a share of the fitted value, how far the rehearsals were off: the worst of few, the usual of many. */
function spread(entries: readonly HistoryEntry[], fitted: readonly number[]): number {
  const shares = entries.map((entry, index) => {
    const expected = Math.max(fitted[index] ?? 0, 1e-9)
    return Math.abs(entry.durationSeconds - expected) / expected
  })
  return entries.length < 8
    ? Math.max(...shares)
    : Math.min(Math.max(...shares), 3 * median(shares))
}

function ofTwo(first: HistoryEntry, second: HistoryEntry, at: string): Forecast {
  const [a, b] = [first.durationSeconds, second.durationSeconds]
  return {
    kind: 'forecast',
    seconds: second.durationSeconds,
    low: Math.min(a, b),
    high: Math.max(a, b),
    rehearsals: 2,
    at,
    growthSecondsPerWeek: null,
  }
}

/** The forecast of the next run, one usual interval after the newest rehearsal. */
export function forecast(history: History): Forecast {
  const entries = comparable(history)
  const [first, second] = entries
  const newest = entries.at(-1)
  if (first === undefined || newest === undefined) {
    return { kind: 'none', reason: 'no rehearsal has moved every database yet' }
  }
  if (second === undefined) return { kind: 'single', seconds: first.durationSeconds }
  const times = entries.map(time)
  const at =
    time(newest) + median(times.slice(1).map((moment, index) => moment - (times[index] ?? moment)))
  const due = new Date(at * 1000).toISOString()
  if (entries.length === 2) return ofTwo(first, second, due)
  const { seconds, fitted, growthPerSecond } = model(entries, at)
  if (!(seconds > 0)) {
    return { kind: 'none', reason: 'the rehearsals so far contradict each other' }
  }
  const off = spread(entries, fitted)
  const weekOrMore = time(newest) - time(first) >= WEEK
  return {
    kind: 'forecast',
    seconds,
    low: seconds * Math.max(0, 1 - off),
    high: seconds * (1 + off),
    rehearsals: entries.length,
    at: due,
    growthSecondsPerWeek: weekOrMore ? growthPerSecond * WEEK : null,
  }
}
