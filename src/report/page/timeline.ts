/** What the page's timeline draws: lanes for the run, each database and each of its workers, with their bars. */
import { formatBytes, formatDuration, visible } from '../format.js'
import type { Phase, Report, Span } from '../report.js'

/** Whether a bar fills its lane, or one half of it: the source's is above, the target's below. */
const halves = { whole: 0, source: 1, target: 2 } as const

/** One bar: lane, seconds from the start, duration in seconds, group, which part of the lane, what it was. */
export type Bar = readonly [number, number, number, number, number, string]

export interface Timeline {
  readonly seconds: number
  readonly lanes: readonly string[]
  /** What the colours mean. */
  readonly groups: readonly string[]
  readonly bars: readonly Bar[]
}

/** The kinds of work that share a colour; whatever else there is belongs to the first group. */
const groups: readonly (readonly [string, readonly string[]])[] = [
  ['preparation', []],
  ['rows', ['copy', 'copy rows, build indexes', 'dump', 'write SQL', 'restore', 'stream', 'flush']],
  [
    'definitions',
    [
      'dump definitions',
      'restore definitions',
      'restore the rest',
      'ownership',
      'fill materialized views',
    ],
  ],
  [
    'indexes and keys',
    ['index', 'index worker', 'constraint', 'restore partitioned indexes', 'build foreign keys'],
  ],
  ['validation', ['validate', 'queries']],
  ['ANALYZE', ['analyze']],
  ['publication', ['publish']],
  ['one database', ['move']],
]

const groupOf = (kind: string): number =>
  Math.max(
    0,
    groups.findIndex(([, kinds]) => kinds.includes(kind)),
  )

interface Work {
  readonly kind: string
  readonly startedAt: string
  readonly durationSeconds: number
  readonly bytes?: number | undefined
}

/** The run's own where there is no database, and a database's own where there is no worker. */
interface Lane {
  readonly database?: string
  readonly worker?: number
}

function labelOf({ database, worker }: Lane): string {
  if (database === undefined) return 'whole run'
  const name = visible(database)
  return worker === undefined ? name : `${name} · worker ${worker + 1}`
}

/** Collects bars lane by lane; a lane is made when its first bar comes. */
class Lanes {
  readonly lanes: string[] = []
  /** A database may be called like the lane of the run, or of another's worker. */
  private readonly indexes = new Map<string, number>()
  readonly bars: Bar[] = []
  private readonly start: number

  constructor(startedAt: string) {
    this.start = Date.parse(startedAt)
  }

  add(lane: Lane, work: Work, what: string, half: number = halves.whole): void {
    const bytes = work.bytes === undefined ? '' : `, ${formatBytes(work.bytes)}`
    this.bars.push([
      this.laneOf(lane),
      (Date.parse(work.startedAt) - this.start) / 1000,
      work.durationSeconds,
      groupOf(work.kind),
      half,
      `${visible(what)}: ${formatDuration(work.durationSeconds)}${bytes}`,
    ])
  }

  private laneOf(lane: Lane): number {
    const key = JSON.stringify([lane.database, lane.worker])
    const known = this.indexes.get(key)
    if (known !== undefined) return known
    const index = this.lanes.push(labelOf(lane)) - 1
    this.indexes.set(key, index)
    return index
  }
}

function finished({ name, startedAt, durationSeconds, bytes }: Phase): Work[] {
  return durationSeconds === null ? [] : [{ kind: name, startedAt, durationSeconds, bytes }]
}

function addSpan(lanes: Lanes, lane: Lane, span: Span): void {
  const side = span.side === 'source' || span.side === 'target' ? span.side : null
  if (side === null) lanes.add(lane, span, `${span.kind} ${span.object}`)
  else lanes.add(lane, span, `${span.kind} ${span.object} on the ${side}`, halves[side])
}

/** The lanes and bars of a report. */
export function timelineOf(report: Report): Timeline {
  const lanes = new Lanes(report.startedAt)
  for (const phase of report.phases) {
    for (const work of finished(phase)) lanes.add({}, work, phase.name)
  }
  for (const database of report.databases) {
    const { name } = database
    for (const phase of database.phases) {
      for (const work of finished(phase)) lanes.add({ database: name }, work, phase.name)
    }
    for (const span of database.spans.toSorted((a, b) => a.worker - b.worker)) {
      addSpan(lanes, { database: name, worker: span.worker }, span)
    }
  }
  const ends = lanes.bars.map(([, from, duration]) => from + duration)
  const seconds = ends.reduce((last, end) => Math.max(last, end), report.durationSeconds)
  return { seconds, lanes: lanes.lanes, groups: groups.map(([name]) => name), bars: lanes.bars }
}
