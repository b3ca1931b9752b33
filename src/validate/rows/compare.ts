/** Compares the rows of every table of both sides, biggest first, both sides at once. */
import type { Difference, Span, TableReport } from '../../report/report.js'
import type { Both, DatabaseSide } from '../sides.js'
import { majorsOf, onBothSides, withReader } from '../sides.js'
import { columnsName, readComputedTables, type ComputedTable } from './computed.js'
import { hashStatement } from './hash.js'
import { countStatement, measure, type Content, type Measurement } from './measure.js'
import { partConditions } from './parts.js'
import { listTables, tableName, type UserTable } from './tables.js'
import { togetherWhereMixed } from './together.js'
import { readColumns, type Field } from './types.js'

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
  /** Tables whose generated columns that call functions of users differ, where the numbers of rows do not. */
  readonly computedOtherwise: ComputedTable[]
}

interface Pair {
  readonly table: string
  readonly source: UserTable | undefined
  readonly target: UserTable | undefined
  /** Columns that are hashed though rows are only counted. */
  readonly computed: ComputedTable | undefined
}

/** Counts, or hashes, all rows; of those counted, generated columns that call functions of users are hashed. A table that only one side has is a difference of the inventory, not of rows. */
export async function compareRows(comparison: RowComparison): Promise<RowResult> {
  const { sides, level } = comparison
  const tables = await onBothSides(sides, readCompared)
  const computed = level === 'counts' ? await readComputed(sides.source) : new Map()
  const pairs = pair(tables, computed)
  const shared = pairs.filter(({ source, target }) => source !== undefined && target !== undefined)
  const contents = await measureBoth(comparison, shared)
  const compared = pairs.map((each) => ({ pair: each, report: reportTable(each, contents) }))
  const differing = compared.filter(({ report }) => !report.equal)
  const inValues = differing.flatMap(({ pair: each, report }) =>
    report.sourceRows !== null && report.sourceRows === report.targetRows ? [each] : [],
  )
  return {
    tables: compared.map(({ report }) => report),
    differences: differing.flatMap(({ pair: each, report }) =>
      differencesOf(each, report, contents),
    ),
    computedOtherwise:
      level === 'counts'
        ? inValues.flatMap((each) => each.computed ?? [])
        : await hashComputedAlone(comparison, inValues),
  }
}

/** A checksum says of no column whether it differs. */
async function hashComputedAlone(
  { sides, jobs }: RowComparison,
  pairs: readonly Pair[],
): Promise<ComputedTable[]> {
  if (pairs.length === 0) return []
  const all = await readComputed(sides.source)
  const computing = pairs.flatMap((each) => {
    const computed = all.get(each.table)
    return computed === undefined ? [] : [{ ...each, computed }]
  })
  if (computing.length === 0) return []
  const { source, target } = await measureBoth({ sides, level: 'counts', jobs }, computing)
  return computing.flatMap(({ table, computed }) =>
    source.get(table)?.hash === target.get(table)?.hash ? [] : [computed],
  )
}

function readComputed(side: DatabaseSide): Promise<Map<string, ComputedTable>> {
  return withReader(side, (session) => readComputedTables(session, side.server.facts.major))
}

function readCompared(side: DatabaseSide): Promise<UserTable[]> {
  return withReader(side, async (session) =>
    togetherWhereMixed(session, side.server.facts.major, await listTables(session)),
  )
}

/** Matches the tables of both sides by name, biggest on the source first. */
function pair(
  tables: Both<readonly UserTable[]>,
  computed: ReadonlyMap<string, ComputedTable>,
): Pair[] {
  const pairs = new Map<string, Pair>()
  for (const source of tables.source) {
    const table = tableName(source)
    pairs.set(table, { table, source, target: undefined, computed: computed.get(table) })
  }
  for (const target of tables.target) {
    const table = tableName(target)
    const { source } = pairs.get(table) ?? {}
    pairs.set(table, { table, source, target, computed: computed.get(table) })
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
  const { major } = side.server.facts
  const majors = majorsOf(sides)
  const isHashed = ({ computed }: Pair) => level === 'checksums' || computed !== undefined
  const columns = pairs.some(isHashed)
    ? await withReader(side, (session) => readColumns(session, major))
    : new Map<string, Field[]>()
  return pairs.flatMap((each) => {
    const { table, computed } = each
    const relation = relationOf(each)
    const bytes = bytesOf(each)
    if (!isHashed(each)) {
      return [{ table, sql: countStatement(relation, conditionOf(each)), bytes }]
    }
    const { pages = 0 } = each[side.server.side] ?? {}
    const hashed = (columns.get(table) ?? []).filter(
      ({ name }) => computed?.columns.includes(name) !== false,
    )
    return partConditions(pages, jobs, major, conditionOf(each)).map((condition) => {
      const sql = hashStatement(relation, hashed, majors, condition)
      return { table, sql, bytes }
    })
  })
}

/** As FROM takes it. */
function relationOf({ table, source }: Pair): string {
  return source?.inPartitions === true ? table : `only ${table}`
}

function reportTable(
  { table, source, target, computed }: Pair,
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
    // Of some columns alone it says nothing about the others.
    checksum: computed === undefined ? checksum : null,
    ...(source === undefined ? {} : { bytes: source.bytes }),
  }
}

function checksumText(hash: bigint): string {
  return BigInt.asUintN(64, hash).toString(16).padStart(16, '0')
}

function differencesOf(
  { table, computed }: Pair,
  { sourceRows, targetRows }: TableReport,
  contents: Both<Map<string, Content>>,
): Difference[] {
  if (sourceRows === null || targetRows === null) return []
  if (sourceRows !== targetRows) {
    return [{ kind: 'rows', object: table, source: String(sourceRows), target: String(targetRows) }]
  }
  const hashOf = (content: Content | undefined) =>
    content?.hash == null ? null : checksumText(content.hash)
  return [
    {
      ...(computed === undefined
        ? { kind: 'checksum', object: table }
        : { kind: 'generated column', object: columnsName(computed) }),
      source: hashOf(contents.source.get(table)),
      target: hashOf(contents.target.get(table)),
    },
  ]
}
