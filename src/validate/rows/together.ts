/** Partitions that are compared together, because a row may be in another one of them on the target. */
import { hashesOids, type Session } from '../../server/index.js'
import { tableName, type UserTable } from './tables.js'

interface Whole {
  readonly partitionSchema: string
  readonly partition: string
  /** Of the partitioned table. */
  readonly schema: string
  readonly name: string
}

/** The partitioned table that stands for each partition, by `"schema"."name"` of the partition. */
async function readWholes(session: Session): Promise<Map<string, Whole>> {
  const rows = await session.query<Whole>(
    `with recursive above (leaf, oid, level) as (
       select i.inhrelid, i.inhparent, 1
         from pg_catalog.pg_inherits i
         join pg_catalog.pg_class c on c.oid = i.inhrelid and c.relispartition and c.relkind = 'r'
        union all
       select a.leaf, i.inhparent, a.level + 1
         from above a
         join pg_catalog.pg_class p on p.oid = a.oid and p.relispartition
         join pg_catalog.pg_inherits i on i.inhrelid = a.oid)
     select distinct on (a.leaf)
            ln.nspname::pg_catalog.text as "partitionSchema", l.relname::pg_catalog.text as partition,
            n.nspname::pg_catalog.text as schema, c.relname::pg_catalog.text as name
       from above a
       join pg_catalog.pg_partitioned_table t on t.partrelid = a.oid and ${hashesOids('t')}
       join pg_catalog.pg_class l on l.oid = a.leaf
       join pg_catalog.pg_namespace ln on ln.oid = l.relnamespace
       join pg_catalog.pg_class c on c.oid = a.oid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      order by a.leaf, a.level desc`,
  )
  return new Map(
    rows.map((row) => [tableName({ schema: row.partitionSchema, name: row.partition }), row]),
  )
}

/** The tables as they are compared: one partitioned table in the place of partitions that may exchange rows. */
export async function togetherWhereMixed(
  session: Session,
  major: number,
  tables: readonly UserTable[],
): Promise<UserTable[]> {
  if (major < 11) return [...tables]
  const wholes = await readWholes(session)
  const compared = new Map<string, UserTable>()
  for (const table of tables) {
    const whole = wholes.get(tableName(table))
    if (whole === undefined) {
      compared.set(tableName(table), table)
      continue
    }
    const { schema, name } = whole
    const bytes = (compared.get(tableName(whole))?.bytes ?? 0) + table.bytes
    compared.set(tableName(whole), {
      schema,
      name,
      bytes,
      pages: 0,
      condition: '',
      inPartitions: true,
    })
  }
  return [...compared.values()]
}
