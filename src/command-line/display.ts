/** A terminal that shows bars for what is running below the lines of the log. */
import type { ShownWork } from '../log.js'
import { progressBar, type Clock, type Sample } from '../report/progress.js'
import { fitLines, linesAt } from './bars.js'

/** What is used of a terminal's stream. */
export interface TerminalStream {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

export interface Display {
  /** Writes whole lines of the log, above the bars. */
  readonly write: (text: string) => void
  /** Shows a bar until the returned function is called. */
  readonly show: (work: ShownWork) => () => void
  /** Takes the bars away and gives the cursor back. More work may be shown afterwards. */
  readonly clear: () => void
}

/** Faster would flicker, slower would stutter. */
const FRAME_MS = 200
/** Shorter work would only flash. */
const SHORTEST_MS = 400
const keptSamples = 300
/** The log keeps at least so many lines of the terminal. */
const logRows = 8

const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
const clearLine = '\u001b[K'
const clearBelow = '\u001b[J'

interface Running {
  readonly work: ShownWork
  readonly startedMs: number
  readonly samples: Sample[]
}

/** Bars for a terminal; for everything else, and for a terminal that knows no cursor, nothing but the lines. */
export function createDisplay(
  stream: TerminalStream,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Display {
  if (stream.isTTY !== true || environment['TERM'] === 'dumb') {
    return {
      write: (text) => {
        stream.write(text)
      },
      show: () => () => undefined,
      clear: () => undefined,
    }
  }
  const running = new Set<Running>()
  let drawn: readonly string[] = []
  let stop: (() => void) | undefined

  /** One write for each frame, and every line is overwritten before what is behind it is erased: so nothing flickers. */
  const draw = (above = ''): void => {
    const columns = stream.columns ?? 80
    const lines = fitLines(barsOf(running, clock.now()), columns, (stream.rows ?? 24) - logRows)
    if (drawn.length === 0 && lines.length === 0) {
      if (above !== '') stream.write(above)
      return
    }
    // A terminal that has become narrower has broken what was drawn into more lines.
    const up = drawn.reduce((sum, line) => sum + linesAt(line, columns), 0)
    const back = up > 0 ? `\u001b[${up}A\r` : ''
    const log = above === '' ? '' : `${clearBelow}${above}`
    const bars = lines.map((line) => `${line}${clearLine}\n`).join('')
    stream.write(
      `${lines.length > 0 ? hideCursor : ''}${back}${log}${bars}${clearBelow}${lines.length > 0 ? '' : showCursor}`,
    )
    drawn = lines
  }

  const clear = (): void => {
    stop?.()
    stop = undefined
    running.clear()
    draw()
  }

  return {
    write: draw,
    show(work) {
      const entry: Running = { work, startedMs: clock.now(), samples: [] }
      running.add(entry)
      stop ??= clock.every(FRAME_MS, () => {
        draw()
      })
      return () => {
        running.delete(entry)
        if (running.size === 0) clear()
      }
    },
    clear,
  }
}

function barsOf(running: ReadonlySet<Running>, now: number): string[] {
  return [...running]
    .filter(({ startedMs }) => now - startedMs >= SHORTEST_MS)
    .map(({ work, startedMs, samples }) => {
      const seconds = (now - startedMs) / 1000
      samples.push({ seconds, done: work.done() })
      if (samples.length > keptSamples) samples.shift()
      return progressBar({ work, samples, seconds })
    })
}
