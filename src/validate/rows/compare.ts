/** Compares the rows of every table of both sides, biggest first, both sides at once. */
import type { Difference, Span, TableReport } from '../../report/report.js'
import type { Both, DatabaseSide } from '../sides.js'
import { majorsOf, onBothSides, withReader } from '../sides.js'
import { hashStatement } from './hash.js'
import { countStatement, measure, type Content, type Measurement } from './measure.js'
import { partConditions } from './parts.js'
import { listTables, tableName, type UserTable } from './tables.js'
import { togetherWhereMixed } from './together.js'
import { readColumns } from './types.js'

export interface RowComparison {
  readonly sides: Both<DatabaseSide>
  readonly level: 'counts' | 'checksums'
  readonly jobs: number
  readonly onTable?: ((done: number, total: number, table: string) => void) | undefined
  readonly span?: ((span: Span) => void) | undefined
}

export interface RowResult {
  readonly tables: TableReport[]
  readonly differences: Difference[]
}

interface Pair {
  readonly table: string
  readonly source: UserTable | undefined
  readonly target: UserTable | undefined
}

/** Counts, or hashes, all rows. A table that only one side has is a difference of the inventory, not of rows. */
export async function compareRows(comparison: RowComparison): Promise<RowResult> {
  const { sides } = comparison
  const tables = await onBothSides(sides, readCompared)
  const pairs = pair(tables)
  const shared = pairs.filter(({ source, target }) => source !== undefined && target !== undefined)
  const contents = await measureBoth(comparison, shared)
  const reports = pairs.map((each) => reportTable(each, contents))
  return { tables: reports, differences: reports.flatMap(differencesOf) }
}

function readCompared(side: DatabaseSide): Promise<UserTable[]> {
  return withReader(side, async (session) =>
    togetherWhereMixed(session, side.server.facts.major, await listTables(session)),
  )
}

/** Matches the tables of both sides by name, biggest on the source first. */
function pair(tables: Both<readonly UserTable[]>): Pair[] {
  const pairs = new Map<string, Pair>()
  for (const source of tables.source) {
    const table = tableName(source)
    pairs.set(table, { table, source, target: undefined })
  }
  for (const target of tables.target) {
    const table = tableName(target)
    pairs.set(table, { table, source: pairs.get(table)?.source, target })
  }
  const bytes = ({ source, target }: Pair) => source?.bytes ?? target?.bytes ?? 0
  return [...pairs.values()].sort((a, b) => bytes(b) - bytes(a) || (a.table < b.table ? -1 : 1))
}

async function measureBoth(
  comparison: RowComparison,
  pairs: readonly Pair[],
): Promise<Both<Map<string, Content>>> {
  const { sides, jobs, onTable, span } = comparison
  const stop = new AbortController()
  const measuredOnce = new Set<string>()
  let done = 0
  const onMeasured = (table: string): void => {
    if (!measuredOnce.has(table)) {
      measuredOnce.add(table)
      return
    }
    done += 1
    onTable?.(done, pairs.length, table)
  }
  return onBothSides(sides, async (side) => {
    const measurements = await planMeasurements(comparison, side, pairs)
    return measure(side, measurements, { jobs, stop, onMeasured, span })
  })
}

/** The condition of an extension's configuration table is the source's on both sides: that is what the dump carried. */
async function planMeasurements(
  { sides, level, jobs }: RowComparison,
  side: DatabaseSide,
  pairs: readonly Pair[],
): Promise<Measurement[]> {
  const conditionOf = ({ source }: Pair) => source?.condition ?? ''
  const bytesOf = (each: Pair) => each[side.server.side]?.bytes ?? 0
  if (level === 'counts') {
    return pairs.map((each) => ({
      table: each.table,
      sql: countStatement(relationOf(each), conditionOf(each)),
      bytes: bytesOf(each),
    }))
  }
  const { major } = side.server.facts
  const majors = majorsOf(sides)
  const columns = await withReader(side, (session) => readColumns(session, major))
  return pairs.flatMap((each) => {
    const { table } = each
    const { pages = 0 } = each[side.server.side] ?? {}
    return partConditions(pages, jobs, major, conditionOf(each)).map((condition) => {
      const sql = hashStatement(relationOf(each), columns.get(table) ?? [], majors, condition)
      return { table, sql, bytes: bytesOf(each) }
    })
  })
}

/** As FROM takes it. */
function relationOf({ table, source }: Pair): string {
  return source?.inPartitions === true ? table : `only ${table}`
}

function reportTable(
  { table, source, target }: Pair,
  contents: Both<Map<string, Content>>,
): TableReport {
  const { schema, name } = source ?? target ?? { schema: '', name: table }
  const before = contents.source.get(table)
  const after = contents.target.get(table)
  const checksum =
    before?.hash == null || after?.hash == null
      ? null
      : { source: checksumText(before.hash), target: checksumText(after.hash) }
  return {
    schema,
    name,
    sourceRows: before?.rows ?? null,
    targetRows: after?.rows ?? null,
    equal:
      before !== undefined && before.rows === after?.rows && checksum?.source === checksum?.target,
    checksum,
    ...(source === undefined ? {} : { bytes: source.bytes }),
  }
}

function checksumText(hash: bigint): string {
  return BigInt.asUintN(64, hash).toString(16).padStart(16, '0')
}

function differencesOf(report: TableReport): Difference[] {
  const { sourceRows, targetRows, checksum, equal } = report
  if (equal || sourceRows === null || targetRows === null) return []
  const object = tableName(report)
  if (sourceRows !== targetRows) {
    return [{ kind: 'rows', object, source: String(sourceRows), target: String(targetRows) }]
  }
  return [
    {
      kind: 'checksum',
      object,
      source: checksum?.source ?? null,
      target: checksum?.target ?? null,
    },
  ]
}
