/** Measures tables of one side: number of rows, and for checksums a sum over the hashes of all rows. */
import { doing } from '../../errors.js'
import { shortestSpanMs, type Span } from '../../report/report.js'
import { inBatches, type Session } from '../../server/index.js'
import { withReader, withoutEarlierLocks, workOff, type DatabaseSide } from '../sides.js'

/** One statement that measures a table or a part of it. */
export interface Measurement {
  /** The table's name in reports. */
  readonly table: string
  /** Returns one row: `rows`; `hash`, null where none is wanted; and the hashes of columns `apart`. */
  readonly sql: string
  /** The table's size on disk. */
  readonly bytes: number
}

/** What a table holds. */
export interface Content {
  readonly rows: number
  /** The sum of all rows' hashes modulo 2^64; null where only rows were counted. */
  readonly hash: bigint | null
  /** Such sums for single columns; null for one that the side does not have. */
  readonly apart: readonly (bigint | null)[]
}

interface MeasureOptions {
  readonly jobs: number
  readonly stop: AbortController
  /** Called when the last part of a table has been measured. */
  readonly onMeasured?: (table: string, content: Content) => void
  readonly span?: ((span: Span) => void) | undefined
}

export function countStatement(relation: string, condition: string): string {
  return `select pg_catalog.count(*) as rows, null::pg_catalog.text as hash, '{}'::pg_catalog.text[] as apart from ${relation} ${condition}`
}

/** Runs the measurements in the given order and adds up the parts of each table. */
export async function measure(
  side: DatabaseSide,
  measurements: readonly Measurement[],
  { jobs, stop, onMeasured, span }: MeasureOptions,
): Promise<Map<string, Content>> {
  const contents = new Map<string, Content>()
  const open = new Map<string, number>()
  for (const { table } of measurements) open.set(table, (open.get(table) ?? 0) + 1)
  const keep = (table: string, part: Content) => {
    const content = add(contents.get(table), part)
    contents.set(table, content)
    const left = (open.get(table) ?? 1) - 1
    open.set(table, left)
    if (left === 0) onMeasured?.(table, content)
  }
  const work = async (session: Session, batch: Batch, worker: number): Promise<void> => {
    const started = Date.now()
    const parts = await readBatch(session, side, batch, stop.signal)
    const elapsed = Date.now() - started
    if (elapsed >= shortestSpanMs) {
      span?.({
        worker,
        side: session.side,
        kind: 'validate',
        object: nameOfBatch(batch),
        startedAt: new Date(started).toISOString(),
        durationSeconds: elapsed / 1000,
      })
    }
    parts.forEach((part, index) => {
      keep(batch[index]?.table ?? '', part)
    })
  }
  const { big, small } = inBatches(measurements, ({ bytes }) => bytes)
  await workOff(side, { jobs, tasks: [...big.map((each) => [each]), ...small], work, stop })
  return contents
}

/** Measurements that one query makes. */
type Batch = readonly Measurement[]

function nameOfBatch(batch: Batch): string {
  return batch.length === 1 ? (batch[0]?.table ?? '') : `${batch.length} small tables`
}

async function readBatch(
  session: Session,
  side: DatabaseSide,
  batch: Batch,
  stopped: AbortSignal,
): Promise<Content[]> {
  try {
    return await readTogether(session, side, batch)
  } catch (error) {
    if (batch.length > 1 && !stopped.aborted) await readEach(side, batch)
    throw error
  }
}

/** Reads tables one by one, and so fails with the name of the one that cannot be read. */
async function readEach(side: DatabaseSide, batch: Batch): Promise<void> {
  await withReader(side, async (session) => {
    for (const each of batch) await readTogether(session, side, [each])
  })
}

function readTogether(session: Session, side: DatabaseSide, batch: Batch): Promise<Content[]> {
  const what = batch.length === 1 ? `table ${nameOfBatch(batch)}` : nameOfBatch(batch)
  return doing(`read ${what} on the ${session.side}`, () => read(session, side, batch))
}

interface ContentRow {
  readonly rows: string
  readonly hash: string | null
  readonly apart: readonly (string | null)[]
}

async function read(session: Session, side: DatabaseSide, batch: Batch): Promise<Content[]> {
  const numbered = batch.map(
    ({ sql }, number) => `select ${number} as number, m.* from (${sql}) as m`,
  )
  const sql = `${numbered.join(' union all ')} order by number`
  const rows = await session.query<ContentRow>(withoutEarlierLocks(side, sql))
  if (rows.length !== batch.length) throw new Error('The server returned no result.')
  return rows.map(({ rows: count, hash, apart }) => ({
    rows: Number(count),
    hash: numberOf(hash),
    apart: apart.map(numberOf),
  }))
}

function numberOf(hash: string | null): bigint | null {
  return hash === null ? null : BigInt(hash)
}

/** Adds two parts of one table. */
export function add(sum: Content | undefined, part: Content): Content {
  if (sum === undefined) return part
  return {
    rows: sum.rows + part.rows,
    hash: addHash(sum.hash, part.hash),
    apart: sum.apart.map((hash, index) => addHash(hash, part.apart[index] ?? null)),
  }
}

function addHash(sum: bigint | null, part: bigint | null): bigint | null {
  return sum === null || part === null ? null : sum + part
}
