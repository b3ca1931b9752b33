/** Compares the rows of every table of both sides, biggest first, both sides at once. */
import type { Difference, Span, TableReport } from '../../report/report.js'
import type { Both, DatabaseSide } from '../sides.js'
import { onBothSides, withReader } from '../sides.js'
import { columnsName, readComputed, type ComputedColumn, type ComputedTable } from './computed.js'
import { computedTheSame } from './compute-again.js'
import { hashStatement, readHashedPair, type HashedPair } from './hash.js'
import { countStatement, measure, type Content, type Measurement } from './measure.js'
import { conditionOf, pair, relationOf, type Pair } from './pairs.js'
import { partConditions } from './parts.js'
import { listTables, type UserTable } from './tables.js'
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
  /** Tables whose generated columns differ, where their other columns, or at least their numbers of rows, do not. */
  readonly computedOtherwise: ComputedTable[]
}

/** Counts, or hashes, all rows, and hashes generated columns apart; with a count, those that call functions of users. A table that only one side has is a difference of the inventory, not of rows. */
export async function compareRows(comparison: RowComparison): Promise<RowResult> {
  const { sides } = comparison
  const tables = await onBothSides(sides, readCompared)
  const pairs = pair(tables, await readComparedColumns(comparison))
  const shared = pairs.filter(({ source, target }) => source !== undefined && target !== undefined)
  const contents = await measureBoth(comparison, shared)
  const results: RowResult = { tables: [], differences: [], computedOtherwise: [] }
  for (const each of pairs) {
    const content = {
      source: contents.source.get(each.table),
      target: contents.target.get(each.table),
    }
    const computed = await compareComputed(comparison, each, content)
    const differences = [
      ...differencesOf(each.table, content),
      ...computed
        .filter(({ isByMajor }) => !isByMajor)
        .map((lost) => computedDifference(each, lost, content)),
    ]
    results.tables.push(reportTable(each, content, differences.length === 0))
    results.differences.push(...differences)
    results.computedOtherwise.push(...computed)
  }
  return results
}

/** Of a count, those that call functions of users. */
async function readComparedColumns({
  sides,
  level,
}: RowComparison): Promise<Map<string, ComputedColumn[]>> {
  const all = await withReader(sides.source, (session) =>
    readComputed(session, sides.source.server.facts.major),
  )
  if (level === 'checksums') return all
  return new Map(
    [...all].map(([table, columns]) => [table, columns.filter(({ isOfUsers }) => isOfUsers)]),
  )
}

/** The generated columns of a table that differ, where nothing else does; those that are computed by the target's major as it should be come first. */
async function compareComputed(
  { sides, jobs }: RowComparison,
  compared: Pair,
  content: Both<Content | undefined>,
): Promise<ComputedTable[]> {
  const { source, target } = content
  if (differencesOf(compared.table, content).length > 0) return []
  // Where a side does not have the column, that is a difference of the inventory.
  const differing = compared.computed.filter((_, index) => {
    const [before, after] = [source?.apart[index], target?.apart[index]]
    return before != null && after != null && before !== after
  })
  const isUnsettled = differing.some(({ isOfUsers }) => isOfUsers)
  const same = isUnsettled
    ? await computedTheSame(sides, jobs, compared, content)
    : new Set<string>()
  const isByMajor = ({ name, isOfUsers }: ComputedColumn) => !isOfUsers || same.has(name)
  return [true, false].flatMap((byMajor) => {
    const columns = differing.filter((column) => isByMajor(column) === byMajor)
    const from = new Set(columns.flatMap((column) => column.from ?? []))
    const { table } = compared
    return columns.length === 0
      ? []
      : [{ table, columns: columns.map(({ name }) => name), from: [...from], isByMajor: byMajor }]
  })
}

function readCompared(side: DatabaseSide): Promise<UserTable[]> {
  return withReader(side, async (session) =>
    togetherWhereMixed(session, side.server.facts.major, await listTables(session)),
  )
}

async function measureBoth(
  comparison: RowComparison,
  pairs: readonly Pair[],
): Promise<Both<Map<string, Content>>> {
  const { sides, jobs, onTable, span } = comparison
  const hashed = pairs.some((each) => isHashed(comparison, each))
    ? await readHashedPair(sides)
    : undefined
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
    const measurements = await planMeasurements(comparison, side, pairs, hashed)
    return measure(side, measurements, { jobs, stop, onMeasured, span })
  })
}

function isHashed({ level }: RowComparison, { computed }: Pair): boolean {
  return level === 'checksums' || computed.length > 0
}

/** `hashed` is undefined where no table is hashed. */
async function planMeasurements(
  comparison: RowComparison,
  side: DatabaseSide,
  pairs: readonly Pair[],
  hashed: HashedPair | undefined,
): Promise<Measurement[]> {
  const { level, jobs } = comparison
  const { major } = side.server.facts
  const columns =
    hashed === undefined
      ? new Map<string, Field[]>()
      : await withReader(side, (session) => readColumns(session, major))
  return pairs.flatMap((each) => {
    const { table, computed } = each
    const relation = relationOf(each)
    const { pages = 0, bytes = 0 } = each[side.server.side] ?? {}
    if (hashed === undefined || !isHashed(comparison, each)) {
      return [{ table, sql: countStatement(relation, conditionOf(each)), bytes }]
    }
    const fields = columns.get(table) ?? []
    const apart = computed.map(({ name }) => fields.find((field) => field.name === name))
    const together =
      level === 'counts' ? undefined : fields.filter((field) => !apart.includes(field))
    return partConditions(pages, jobs, major, conditionOf(each)).map((condition) => {
      const sql = hashStatement(relation, { together, apart }, hashed, condition)
      return { table, sql, bytes }
    })
  })
}

function reportTable(
  { table, source, target }: Pair,
  { source: before, target: after }: Both<Content | undefined>,
  isSame: boolean,
): TableReport {
  const { schema, name } = source ?? target ?? { schema: '', name: table }
  const checksum =
    before?.hash == null || after?.hash == null
      ? null
      : { source: checksumText(before.hash), target: checksumText(after.hash) }
  return {
    schema,
    name,
    sourceRows: before?.rows ?? null,
    targetRows: after?.rows ?? null,
    equal: before !== undefined && after !== undefined && isSame,
    checksum,
    ...(source === undefined ? {} : { bytes: source.bytes }),
  }
}

function checksumText(hash: bigint): string {
  return BigInt.asUintN(64, hash).toString(16).padStart(16, '0')
}

function differencesOf(
  object: string,
  { source, target }: Both<Content | undefined>,
): Difference[] {
  if (source === undefined || target === undefined) return []
  if (source.rows !== target.rows) {
    return [{ kind: 'rows', object, source: String(source.rows), target: String(target.rows) }]
  }
  const sumOf = ({ hash }: Content) => (hash === null ? null : checksumText(hash))
  const [before, after] = [sumOf(source), sumOf(target)]
  return before === after ? [] : [{ kind: 'checksum', object, source: before, target: after }]
}

/** With the sum over all columns that it names. */
function computedDifference(
  { computed }: Pair,
  lost: ComputedTable,
  { source, target }: Both<Content | undefined>,
): Difference {
  const sumOf = (content: Content | undefined) => {
    const hashes = computed.map(({ name }, index) =>
      lost.columns.includes(name) ? (content?.apart[index] ?? 0n) : 0n,
    )
    return checksumText(hashes.reduce((sum, hash) => sum + hash, 0n))
  }
  return {
    kind: 'generated column',
    object: columnsName(lost),
    source: sumOf(source),
    target: sumOf(target),
  }
}
