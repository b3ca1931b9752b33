/** Statements that hash the rows of a table on the server: one number for each row, and their sum. */
import { quoteIdentifier } from '../../server/index.js'
import { readNaming } from '../inventory/naming.js'
import { majorsOf, type Both, type DatabaseSide, type Majors } from '../sides.js'
import { canonical, type Form } from './canonical.js'
import type { DataType, Field } from './types.js'

/**
 * Integers at the start of the chain, each one cheap function call; for more columns record_send() is cheaper,
 * and an expression must not nest too deeply.
 */
const chainedColumns = 16
const seed = '42::pg_catalog.int8'
/** What the second half of a hash for 10 adds to a row. */
const salt = `'\\x9e3779b97f4a7c15'::pg_catalog.bytea`

/**
 * The expression that hashes one row `t`, or makes its bytes for a pair with 10. From 11 on there are 64-bit hash functions, whose seed is the hash of the
 * columns before; hash_array_extended() is how SQL can call the one for bytea. 10 has 32-bit ones only, so for
 * a pair with 10 two of those make a number. They are Jenkins' lookup3 on every major; none of them is md5.
 */
function rowHash(columns: readonly Field[], { majors, quotedByOne }: HashedPair): string {
  const oldest = Math.min(majors.source, majors.target)
  const form = { floatsDiffer: oldest < 12, quotedByOne }
  return oldest >= 11 ? extendedHash(columns, form) : recordOf(columns, form)
}

/** The two databases whose hashes are to be the same for the same rows. */
export interface HashedPair {
  readonly majors: Majors
  readonly quotedByOne: Form['quotedByOne']
}

/** Asks both servers for their keywords. */
export async function readHashedPair(sides: Both<DatabaseSide>): Promise<HashedPair> {
  const { quotedByOne } = await readNaming(sides)
  return { majors: majorsOf(sides), quotedByOne }
}

/** What is hashed of a relation. */
export interface Hashed {
  /** Of which each row makes one hash; undefined where rows are only counted. */
  readonly together: readonly Field[] | undefined
  /** Of which each makes a hash of its own; undefined for one that this side does not have. */
  readonly apart: readonly (Field | undefined)[]
}

/** The statement that hashes `relation`, as FROM takes it, or a part of it; `condition` starts with `where` or is empty. */
export function hashStatement(
  relation: string,
  { together, apart }: Hashed,
  compared: HashedPair,
  condition: string,
): string {
  const from = `from ${relation} as t ${condition}`
  const hashOf = (columns: readonly Field[] | undefined) =>
    columns === undefined ? 'null::pg_catalog.text' : sumOf(rowHash(columns, compared))
  const { source, target } = compared.majors
  if (Math.min(source, target) >= 11) {
    const sums = apart.map((column) => hashOf(column === undefined ? undefined : [column]))
    return `select pg_catalog.count(*) as rows, ${hashOf(together)} as hash,
                   array[${sums.join(', ')}]::pg_catalog.text[] as apart ${from}`
  }
  // 10 has no generated columns. OFFSET keeps the row's bytes from being made twice.
  return `select pg_catalog.count(*) as rows, ${sumOf('h.hash')} as hash, '{}'::pg_catalog.text[] as apart
            from (select (pg_catalog.hash_array(array[b.bytes])::pg_catalog.int8 << 32)
                         # (pg_catalog.hash_array(array[b.bytes || ${salt}])::pg_catalog.int8 & 4294967295) as hash
                    from (select ${rowHash(together ?? [], compared)} as bytes ${from} offset 0) as b) as h`
}

function sumOf(hash: string): string {
  return `coalesce(pg_catalog.sum(${hash}), 0)::pg_catalog.text`
}

function extendedHash(columns: readonly Field[], form: Form): string {
  const integers = columns.filter(({ type }) => isInteger(type)).slice(0, chainedColumns)
  const others = columns.filter((column) => !integers.includes(column))
  const start = integers.reduce(chainInteger, seed)
  if (others.length === 0) return start
  const [only] = others
  const bytes = others.length === 1 && only !== undefined ? bytesOf(only, form) : undefined
  if (bytes === undefined) {
    return `pg_catalog.hash_array_extended(array[${recordOf(others, form)}], ${start})`
  }
  return `pg_catalog.hash_array_extended(array[coalesce(${bytes.sql}, '')], ${withNull(start, bytes.value)})`
}

function isInteger({ schema, name }: DataType): boolean {
  return schema === 'pg_catalog' && (name === 'int4' || name === 'int2')
}

function chainInteger(before: string, { name, type }: Field): string {
  const value = `t.${quoteIdentifier(name)}`
  const hash = type.name === 'int2' ? 'hashint2extended' : 'hashint4extended'
  return `pg_catalog.${hash}(coalesce(${value}, 0::pg_catalog.${type.name}), ${withNull(before, value)})`
}

/** Null and the value that stands for it differ by the seed. */
function withNull(before: string, value: string): string {
  return `(${before}) # case when ${value} is null then 1::pg_catalog.int8 else 0 end`
}

function recordOf(columns: readonly Field[], form: Form): string {
  const values = columns.map(({ name, type }) =>
    canonical(type, `t.${quoteIdentifier(name)}`, form),
  )
  return `pg_catalog.record_send(row(${values.join(', ')}))`
}

/** The functions that make bytes of the types that are most often alone beside integers. */
const sends: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    text: 'textsend',
    varchar: 'varcharsend',
    bpchar: 'bpcharsend',
    int8: 'int8send',
    numeric: 'numeric_send',
    timestamptz: 'timestamptz_send',
    timestamp: 'timestamp_send',
    float8: 'float8send',
    uuid: 'uuid_send',
    jsonb: 'jsonb_send',
  }),
)

/** A single column as bytes, without the record around it; undefined where it is not one of the plain types. */
function bytesOf(
  { name, type }: Field,
  form: Form,
): { readonly sql: string; readonly value: string } | undefined {
  if (type.schema !== 'pg_catalog') return undefined
  const value = `t.${quoteIdentifier(name)}`
  if (type.name === 'bytea') return { sql: value, value }
  const send = sends.get(type.name)
  if (send === undefined) return undefined
  return { sql: `pg_catalog.${send}(${canonical(type, value, form)})`, value }
}
