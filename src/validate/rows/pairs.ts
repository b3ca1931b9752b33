/** The tables of both sides, matched by name, and how each is measured. */
import type { Both } from '../sides.js'
import type { ComputedColumn } from './computed.js'
import { tableName, type UserTable } from './tables.js'

/** One table of both sides. */
export interface Pair {
  /** `"schema"."name"`. */
  readonly table: string
  readonly source: UserTable | undefined
  readonly target: UserTable | undefined
  /** The source's generated columns that are compared, apart from the others. */
  readonly computed: readonly ComputedColumn[]
}

/**
 * Matches them, biggest on the source first. A configuration table that the target alone has is that of another version of the
 * extension there: the source had nothing to move into it.
 */
export function pair(
  tables: Both<readonly UserTable[]>,
  computed: ReadonlyMap<string, readonly ComputedColumn[]>,
): Pair[] {
  const pairs = new Map<string, Pair>()
  const columnsOf = (table: string) => computed.get(table) ?? []
  for (const source of tables.source) {
    const table = tableName(source)
    pairs.set(table, { table, source, target: undefined, computed: columnsOf(table) })
  }
  for (const target of tables.target) {
    const table = tableName(target)
    const { source } = pairs.get(table) ?? {}
    if (source === undefined && target.isConfiguration === true) continue
    pairs.set(table, { table, source, target, computed: columnsOf(table) })
  }
  const bytes = ({ source, target }: Pair) => source?.bytes ?? target?.bytes ?? 0
  return [...pairs.values()].sort((a, b) => bytes(b) - bytes(a) || (a.table < b.table ? -1 : 1))
}

/** As FROM takes it. */
export function relationOf({ table, source }: Pair): string {
  return source?.inPartitions === true ? table : `only ${table}`
}

/** The condition of an extension's configuration table is the source's on both sides: that is what the dump carried. */
export function conditionOf({ source }: Pair): string {
  return source?.condition ?? ''
}
