/** Progress of long work: lines for a log, bars for a terminal, and the clock that brings them about. */
import type { Log, ShownWork } from '../log.js'
import { formatBytes, formatRoughly, visible } from './format.js'

/** A log says something at least this often while long work runs. */
export const PROGRESS_INTERVAL_MS = 15_000

/** How far the work was at a moment. */
export interface Sample {
  /** Since the work began. */
  readonly seconds: number
  /** Bytes, rows or whatever is counted. */
  readonly done: number
}

export interface Pace {
  /** Per second, over the last minute; null before there are two samples. */
  readonly rate: number | null
  /** Null where it would be a guess: at the very start, while next to nothing moves, and when the total turned out too small. */
  readonly secondsLeft: number | null
}

const RECENT_SECONDS = 60
/** Below this share a forecast would be a guess. */
const ENOUGH_SHARE = 0.05
/** So is one of work that has become slower than this share of its average: what is left is unlike what is done. */
const LIKE_THE_WHOLE = 0.1

/**
 * How fast the work goes and how long is left, from samples in order of time: the mean of how long it would take at the
 * average rate and at that of the last minute.
 */
export function paceOf(samples: readonly Sample[], total: number): Pace {
  const newest = samples.at(-1)
  if (newest === undefined) return { rate: null, secondsLeft: null }
  const recent = samples.find(({ seconds }) => seconds >= newest.seconds - RECENT_SECONDS)
  const since = recent === undefined ? 0 : newest.seconds - recent.seconds
  const rate = recent === undefined || since <= 0 ? null : (newest.done - recent.done) / since
  const overall = newest.seconds > 0 ? newest.done / newest.seconds : 0
  const share = total > 0 ? newest.done / total : 0
  const likely = rate ?? overall
  const known =
    share >= ENOUGH_SHARE && share < 1 && likely > 0 && likely >= overall * LIKE_THE_WHOLE
  const left = total - newest.done
  return { rate, secondsLeft: known ? (left / likely + left / overall) / 2 : null }
}

export interface ProgressFacts {
  /** The database or object that is worked on. */
  readonly what: string
  /** Bytes of the whole, as far as it is known beforehand. */
  readonly total: number
  /** Bytes done over time; empty where they could not be read. */
  readonly samples: readonly Sample[]
  /** Seconds since the work began. */
  readonly seconds: number
  /** More that is known, such as `80 MB of dump passed`. */
  readonly notes?: readonly string[] | undefined
  /** What is being done right now. */
  readonly activity?: string | undefined
}

/** `shop: 250 MB of about 1 GB (25 %), 4.2 MB/s, 60 s gone, about 3 min left; creating INDEX public.i` */
export function progressLine(facts: ProgressFacts): string {
  const { what, total, samples, seconds, notes = [], activity = '' } = facts
  const done = samples.at(-1)?.done
  const { rate, secondsLeft } = paceOf(samples, total)
  const parts = [
    done === undefined
      ? 'size on the target unknown'
      : `${formatBytes(done)} of about ${formatBytes(total)} (${percent(done, total)} %)`,
    ...(rate === null ? [] : [`${formatBytes(Math.max(rate, 0))}/s`]),
    ...notes,
    `${formatRoughly(seconds)} gone`,
    ...(secondsLeft === null ? [] : [`about ${formatRoughly(secondsLeft)} left`]),
  ]
  return visible(`${what}: ${parts.join(', ')}${activity === '' ? '' : `; ${activity}`}`)
}

/** Never 100 before the end: the total is what the source has, and the target's indexes may be larger. */
function percent(done: number, total: number): number {
  return Math.min(99, Math.round((done / Math.max(total, 1)) * 100))
}

export interface BarFacts {
  readonly work: Pick<ShownWork, 'what' | 'total' | 'unit'>
  readonly samples: readonly Sample[]
  readonly seconds: number
}

const BAR_CHARACTERS = 10

/** One running piece of work on one line: `[####----]  50 %  4.2 MB/s   45 s  copy "app"."orders"`. */
export function progressBar({ work, samples, seconds }: BarFacts): string {
  const { what, total, unit = 'bytes' } = work
  const done = samples.at(-1)?.done ?? 0
  const filled = Math.floor((Math.min(done, total ?? 0) / Math.max(total ?? 0, 1)) * BAR_CHARACTERS)
  const bar = `[${'#'.repeat(filled)}${(total === null ? ' ' : '-').repeat(BAR_CHARACTERS - filled)}]`
  const share = total === null ? '' : `${percent(done, total)} %`
  const { rate } = paceOf(samples, total ?? 0)
  const pace = rate === null || done === 0 ? '' : formatRate(rate, unit)
  return visible(
    `${bar} ${share.padStart(4)} ${pace.padStart(10)} ${formatRoughly(seconds).padStart(7)}  ${what}`,
  )
}

function formatRate(rate: number, unit: 'bytes' | 'tables'): string {
  return unit === 'bytes' ? `${formatBytes(Math.max(rate, 0))}/s` : `${rate.toFixed(1)}/s`
}

/** Time, so that tests need not wait for it. */
export interface Clock {
  /** Milliseconds. */
  readonly now: () => number
  /** Calls again and again until the returned function is called. */
  readonly every: (milliseconds: number, tick: () => void) => () => void
}

/** The real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  every: (milliseconds, tick) => {
    const timer = setInterval(tick, milliseconds)
    return () => {
      clearInterval(timer)
    }
  },
}

/** Says what `line` makes of the seconds gone, every 15 seconds until the work ends. */
export async function sayWhileRunning<T>(
  say: (line: string) => void,
  line: (seconds: number) => string,
  work: () => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const started = clock.now()
  const stop = clock.every(PROGRESS_INTERVAL_MS, () => {
    say(visible(line((clock.now() - started) / 1000)))
  })
  try {
    return await work()
  } finally {
    stop()
  }
}

export interface Watch {
  /** How far the work is; null or a failure where that cannot be learned now. */
  readonly read: () => Promise<number | null>
  /** Gets the samples so far, none where the last reading failed, and the seconds since the start. */
  readonly tell: (samples: readonly Sample[], seconds: number) => void
}

/**
 * Tells every 15 seconds how far the work is, until the returned function is called. It is read halfway between, so that
 * a server that does not answer neither silences the log nor collects questions.
 */
export function watchWork({ read, tell }: Watch, clock: Clock = systemClock): () => void {
  const started = clock.now()
  const secondsGone = (): number => (clock.now() - started) / 1000
  let samples: Sample[] = []
  let state: 'unknown' | 'reading' | 'known' = 'unknown'
  let ticks = 0

  const sample = async (): Promise<void> => {
    state = 'reading'
    const done = await read().catch(() => null)
    state = done === null ? 'unknown' : 'known'
    if (done !== null) samples = [...samples, { seconds: secondsGone(), done }]
  }
  return clock.every(PROGRESS_INTERVAL_MS / 2, () => {
    ticks += 1
    if (ticks % 2 === 0) tell(state === 'known' ? samples : [], secondsGone())
    else if (state !== 'reading') void sample()
  })
}

/** Told how many of how many are done, and which was the last. */
export type Advance = (done: number, total: number, last: string) => void

/** Told what comes after the tables: `the objects`. */
export type TurnTo = (what: string) => void

/** Says how many tables are done, and what comes after them, every 15 seconds and on the terminal, until the work ends. */
export async function countWhileRunning<T>(
  what: string,
  { log, clock }: { readonly log: Pick<Log, 'info' | 'show'>; readonly clock: Clock },
  work: (advance: Advance, turnTo: TurnTo) => Promise<T>,
): Promise<T> {
  const started = clock.now()
  let state = { done: 0, total: 0, activity: '' }
  let hide = (): void => undefined
  const stop = clock.every(PROGRESS_INTERVAL_MS, () => {
    const { done, total, activity } = state
    const share = total === 0 ? 'still running' : `${done} of ${total} tables`
    const gone = formatRoughly((clock.now() - started) / 1000)
    log.info(visible(`${what}: ${share}, ${gone} gone${activity === '' ? '' : `; ${activity}`}`))
  })
  try {
    return await work(
      (done, total, last) => {
        if (state.total === 0) {
          hide = log.show({ what, total, unit: 'tables', done: () => state.done })
        }
        state = { done, total, activity: last === '' ? '' : `last ${last}` }
      },
      (next) => {
        state = { ...state, activity: `now ${next}` }
      },
    )
  } finally {
    stop()
    hide()
  }
}
