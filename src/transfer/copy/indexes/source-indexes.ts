/** Reads what the source knows of the indexes of tables, inside the snapshot. */
import type { Session } from '../../../server/index.js'
import { inSlices } from '../slices.js'

/** What the source knows of an index that its build depends on. */
export interface IndexFacts {
  readonly bytes: number
  /** `btree`, `gin`, … */
  readonly method: string
  /** How far the rows lie in the order of its first column, from -1 to 1; null where that is not known, or does not matter. */
  readonly correlation: number | null
}

/** From here on the rows lie in the order of the keys, forwards or backwards: a build has nothing to sort. */
const inOrder = 0.99

/** False where the order is not known. */
export function isInOrder({ correlation }: Pick<IndexFacts, 'correlation'>): boolean {
  return Math.abs(correlation ?? 0) >= inOrder
}

/** Smaller indexes are built in no time, whatever the order of their rows. */
const leastOrderedBytes = 16 * 1024 * 1024

interface IndexRow {
  readonly index: number
  readonly constraint: number | null
  readonly bytes: string
  readonly method: string
  readonly correlation: number | null
}

/** The facts of every index of the given tables, by the OID of the index, and of the constraint that it belongs to. */
export async function readIndexes(
  session: Session,
  tables: readonly number[],
): Promise<Map<number, IndexFacts>> {
  const facts = await inSlices(tables, async (slice) => {
    const rows = await session.query<IndexRow>(indexesQuery, [slice])
    return rows.flatMap(({ index, constraint, bytes, method, correlation }) => {
      const facts = { bytes: Number(bytes), method, correlation }
      return [
        [index, facts] as const,
        ...(constraint === null ? [] : [[constraint, facts] as const]),
      ]
    })
  })
  return new Map(facts)
}

const indexesQuery = `
     select i.indexrelid::pg_catalog.int8::pg_catalog.float8 as index,
            k.oid::pg_catalog.int8::pg_catalog.float8 as constraint,
            size.bytes,
            m.amname::pg_catalog.text as method,
            case when size.bytes >= ${leastOrderedBytes} then
              (select s.correlation::pg_catalog.float8
                 from pg_catalog.pg_class t
                 join pg_catalog.pg_namespace n on n.oid = t.relnamespace
                 join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
                 join pg_catalog.pg_stats s
                   on s.schemaname = n.nspname and s.tablename = t.relname
                  and s.attname = a.attname and not s.inherited
                where t.oid = i.indrelid)
            end as correlation
       from pg_catalog.pg_index i
       join pg_catalog.pg_class c on c.oid = i.indexrelid
       join pg_catalog.pg_am m on m.oid = c.relam
      cross join lateral (select pg_catalog.pg_relation_size(i.indexrelid) as bytes) size
       left join pg_catalog.pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
      where i.indrelid = any ($1::pg_catalog.oid[])`
