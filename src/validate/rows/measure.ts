/** Measures tables of one side: number of rows, and for checksums a sum over the hashes of all rows. */
import { doing } from '../../errors.js'
import type { Span } from '../../report/report.js'
import type { Session } from '../../server/index.js'
import { workOff, type DatabaseSide } from '../sides.js'

/** One statement that measures a table or a part of it. */
export interface Measurement {
  /** The table's name in reports. */
  readonly table: string
  /** Returns one row: `rows`, and `hash`, null where none is wanted. */
  readonly sql: string
}

/** What a table holds. */
export interface Content {
  readonly rows: number
  /** The sum of all rows' hashes modulo 2^64; null where only rows were counted. */
  readonly hash: bigint | null
}

interface MeasureOptions {
  readonly jobs: number
  readonly stop: AbortController
  /** Called when the last part of a table has been measured. */
  readonly onMeasured: (table: string, content: Content) => void
  readonly span?: ((span: Span) => void) | undefined
}

/** Steps shorter than this are too many to draw, and too small to see. */
const shortestSpanMs = 10

/** Runs the measurements in the given order and adds up the parts of each table. */
export async function measure(
  side: DatabaseSide,
  measurements: readonly Measurement[],
  { jobs, stop, onMeasured, span }: MeasureOptions,
): Promise<Map<string, Content>> {
  const contents = new Map<string, Content>()
  const open = new Map<string, number>()
  for (const { table } of measurements) open.set(table, (open.get(table) ?? 0) + 1)
  const work = async (
    session: Session,
    { table, sql }: Measurement,
    worker: number,
  ): Promise<void> => {
    const started = Date.now()
    const part = await doing(`read table ${table} on the ${session.side}`, () => read(session, sql))
    const elapsed = Date.now() - started
    if (elapsed >= shortestSpanMs) {
      span?.({
        worker,
        side: session.side,
        kind: 'validate',
        object: table,
        startedAt: new Date(started).toISOString(),
        durationSeconds: elapsed / 1000,
      })
    }
    const content = add(contents.get(table), part)
    contents.set(table, content)
    const left = (open.get(table) ?? 1) - 1
    open.set(table, left)
    if (left === 0) onMeasured(table, content)
  }
  await workOff(side, { jobs, tasks: measurements, work, stop })
  return contents
}

async function read(session: Session, sql: string): Promise<Content> {
  const [row] = await session.query<{ rows: string; hash: string | null }>(sql)
  if (row === undefined) throw new Error('The server returned no result.')
  return { rows: Number(row.rows), hash: row.hash === null ? null : BigInt(row.hash) }
}

/** Adds two parts of one table. */
export function add(sum: Content | undefined, part: Content): Content {
  if (sum === undefined) return part
  const hash = sum.hash === null || part.hash === null ? null : sum.hash + part.hash
  return { rows: sum.rows + part.rows, hash }
}
