/** Reads from the source, inside the snapshot, what the engine has to know about tables, their types and the database. */
import { UpgradeError } from '../../../errors.js'
import {
  hashesOids,
  isMember,
  readConfigurationTables,
  regclass,
  type Session,
} from '../../../server/index.js'
import { inSlices } from '../slices.js'
import type { TypeFacts } from './wire-format.js'

export interface SourceColumn {
  readonly name: string
  readonly type: number
  /** The length that a column of char(n) is declared with, in characters; null for every other type. */
  readonly paddedLength: number | null
}

/** A table with rows of its own: neither a partitioned table nor a view. */
export interface SourceTable {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** Without generated columns, which the target computes. */
  readonly columns: readonly SourceColumn[]
  /** Pages of the table itself. */
  readonly pages: number
  /** The table with its TOAST table, in bytes. */
  readonly bytes: number
  readonly isHeap: boolean
  readonly isUnlogged: boolean
  /**
   * The partitioned table that the rows are given to, where they may belong into another partition on the
   * target: hash partitions by an enum and the like, whose hash is that of an OID.
   */
  readonly root: { readonly schema: string; readonly name: string } | null
  /** A configuration table of an extension: the condition of the rows that are the user's, possibly empty. */
  readonly configuration: string | null
}

interface TableRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly pages: string
  readonly bytes: string
  readonly is_heap: boolean
  readonly is_unlogged: boolean
  readonly column_names: string[]
  readonly column_types: number[]
  readonly column_lengths: (number | null)[]
  readonly root_schema: string | null
  readonly root_name: string | null
}

/** All tables that hold rows, apart from those of the system, and of extensions but for their configuration tables. */
export async function readTables(session: Session, major: number): Promise<SourceTable[]> {
  const conditions = await readConfigurationTables(session)
  const all = await session.query<{ oid: number }>(allTablesQuery, [[...conditions.keys()]])
  const oids = all.map(({ oid }) => oid)
  return inSlices(oids, async (slice) => {
    const rows = await session.query<TableRow>(tablesQuery(major), [slice])
    return rows.map((row) => sourceTable(row, conditions))
  })
}

function sourceTable(row: TableRow, conditions: ReadonlyMap<number, string>): SourceTable {
  return {
    oid: row.oid,
    schema: row.schema,
    name: row.name,
    columns: row.column_names.map((name, index) => ({
      name,
      type: row.column_types[index] ?? 0,
      paddedLength: row.column_lengths[index] ?? null,
    })),
    pages: Number(row.pages),
    bytes: Number(row.bytes),
    isHeap: row.is_heap,
    isUnlogged: row.is_unlogged,
    root:
      row.root_schema === null || row.root_name === null
        ? null
        : { schema: row.root_schema, name: row.root_name },
    configuration: conditions.get(row.oid) ?? null,
  }
}

/** What initdb creates has OIDs below 16384 (FirstNormalObjectId). Temporary tables are those of other sessions. */
const allTablesQuery = `
    select c.oid::pg_catalog.int8::pg_catalog.float8 as oid
      from pg_catalog.pg_class c
     where c.relkind = 'r' and c.relpersistence <> 't' and c.oid >= 16384
       and (c.oid = any ($1::pg_catalog.oid[]) or not ${isMember(regclass('pg_class'), 'c.oid')})`

/** Partitioning by hash came with 11, generated columns and table access methods with 12. */
function tablesQuery(major: number): string {
  const notGenerated = major >= 12 ? `and a.attgenerated = ''` : ''
  const isHeap = major >= 12 ? 'c.relam = 2' : 'true'
  return `
    select c.oid::pg_catalog.int8::pg_catalog.float8 as oid,
           n.nspname::pg_catalog.text as schema,
           c.relname::pg_catalog.text as name,
           (pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::pg_catalog.int8) as pages,
           pg_catalog.pg_table_size(c.oid) as bytes,
           ${isHeap} as is_heap,
           c.relpersistence = 'u' as is_unlogged,
           columns.names as column_names,
           columns.types as column_types,
           columns.lengths as column_lengths,
           root.schema as root_schema,
           root.name as root_name
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     cross join lateral (
           select coalesce(pg_catalog.array_agg(a.attname::pg_catalog.text order by a.attnum), '{}') as names,
                  coalesce(pg_catalog.array_agg(a.atttypid::pg_catalog.int8::pg_catalog.float8 order by a.attnum), '{}') as types,
                  coalesce(pg_catalog.array_agg(${paddedLength} order by a.attnum), '{}') as lengths
             from pg_catalog.pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped ${notGenerated}
           ) columns
      left join lateral (${major >= 11 ? rootQuery : noRootQuery}) root on true
     where c.oid = any ($1::pg_catalog.oid[])`
}

/** The typmod counts the four bytes of a varlena header (manual section 52.7). */
const paddedLength = `case when a.atttypid = 'pg_catalog.bpchar'::pg_catalog.regtype and a.atttypmod > 4
                                                              then a.atttypmod - 4 end`

const rootQuery = `
           with recursive ancestors (oid, level) as (
             select i.inhparent, 1 from pg_catalog.pg_inherits i where i.inhrelid = c.oid and c.relispartition
             union all
             select i.inhparent, level + 1
               from ancestors a
               join pg_catalog.pg_class p on p.oid = a.oid and p.relispartition
               join pg_catalog.pg_inherits i on i.inhrelid = a.oid
           )
           select n.nspname::pg_catalog.text as schema, p.relname::pg_catalog.text as name
             from ancestors a
             join pg_catalog.pg_class p on p.oid = a.oid
             join pg_catalog.pg_namespace n on n.oid = p.relnamespace
            where exists (select
                            from ancestors h
                            join pg_catalog.pg_partitioned_table t on t.partrelid = h.oid
                           where ${hashesOids('t')})
            order by level desc
            limit 1`

const noRootQuery = `select null::pg_catalog.text as schema, null::pg_catalog.text as name limit 0`

/** Every type that a column of these types is made of. */
export async function readTypes(
  session: Session,
  major: number,
  oids: readonly number[],
): Promise<Map<number, TypeFacts>> {
  const rows = await session.query<{
    oid: number
    name: string
    schema: string
    kind: string
    inner: number[]
    language: string | null
    symbol: string | null
  }>(typesQuery(major), [[...new Set(oids)]])
  return new Map(
    rows.map(({ oid, name, schema, kind, inner, language, symbol }) => [
      oid,
      {
        oid,
        name,
        schema,
        kind: readKind(kind, name),
        inner,
        send: language === null || symbol === null ? null : { language, symbol },
      },
    ]),
  )
}

function readKind(kind: string, name: string): TypeFacts['kind'] {
  switch (kind) {
    case 'a':
    case 'b':
    case 'c':
    case 'd':
    case 'e':
    case 'm':
    case 'p':
    case 'r':
      return kind
    default:
      throw new UpgradeError(`The type ${JSON.stringify(name)} is of an unknown kind, "${kind}".`, {
        code: 'unknown-type-kind',
        side: 'source',
        hint: 'Use another method than "copy".',
      })
  }
}

/** Multiranges came with 14. int2vector and oidvector have elements, but are not arrays. */
function typesQuery(major: number): string {
  const multirange =
    major >= 14
      ? `union all select r.rngtypid from pg_catalog.pg_range r where r.rngmultitypid = t.oid`
      : ''
  return `
    with recursive used (oid) as (
      select o.oid from unnest($1::pg_catalog.oid[]) as o (oid)
      union
      select i.oid
        from used u
        join pg_catalog.pg_type t on t.oid = u.oid
       cross join lateral (${innerQuery} ${multirange}) i
    )
    select t.oid::pg_catalog.int8::pg_catalog.float8 as oid,
           t.typname::pg_catalog.text as name,
           n.nspname::pg_catalog.text as schema,
           case when ${isArray} then 'a' else t.typtype::pg_catalog.text end as kind,
           array(select i.oid::pg_catalog.int8::pg_catalog.float8 from (${innerQuery} ${multirange}) i) as inner,
           l.lanname::pg_catalog.text as language,
           p.prosrc as symbol
      from used u
      join pg_catalog.pg_type t on t.oid = u.oid
      join pg_catalog.pg_namespace n on n.oid = t.typnamespace
      left join pg_catalog.pg_proc p on p.oid = t.typsend
      left join pg_catalog.pg_language l on l.oid = p.prolang`
}

const isArray = `(t.typtype = 'b' and t.typlen = -1 and t.typelem <> 0
                 and exists (select from pg_catalog.pg_type e where e.oid = t.typelem and e.typarray = t.oid))`

const innerQuery = `
      select t.typbasetype as oid where t.typtype = 'd'
      union all select t.typelem where ${isArray}
      union all select r.rngsubtype from pg_catalog.pg_range r where r.rngtypid = t.oid
      union all select a.atttypid from pg_catalog.pg_attribute a
                 where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped`
