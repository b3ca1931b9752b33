/** Which tables hold rows of their own: leaf partitions, plain tables and inheritance parents, each once. */
import { quoteQualified, type Session } from '../../server/index.js'

export interface UserTable {
  readonly schema: string
  readonly name: string
  /** Size on disk without indexes. */
  readonly bytes: number
  /** Pages of the table itself. */
  readonly pages: number
  /**
   * `where …` for an extension's configuration table, of which a dump carries only those rows
   * (pg_extension_config_dump); otherwise empty.
   */
  readonly condition: string
  /** True for an extension's configuration table. */
  readonly isConfiguration?: boolean
  /** A partitioned table, with the rows of its partitions; absent for one that has rows of its own. */
  readonly inPartitions?: boolean
}

/**
 * Lists the session's user tables. A partitioned table has no rows of its own, so its leaves stand for it. Tables
 * that an extension made belong to the extension, except for the configuration that a dump carries.
 * Materialized views are left out: a restore computes them anew.
 */
export async function listTables(session: Session): Promise<UserTable[]> {
  const rows = await session.query<Omit<UserTable, 'bytes' | 'pages'> & Sizes>(
    `select n.nspname as schema, c.relname as name,
            coalesce(pg_catalog.pg_table_size(c.oid), 0)::pg_catalog.text as bytes,
            (coalesce(pg_catalog.pg_relation_size(c.oid), 0)
              / pg_catalog.current_setting('block_size')::pg_catalog.int8)::pg_catalog.text as pages,
            coalesce(e.extcondition[pg_catalog.array_position(e.extconfig, c.oid)], '') as condition,
            e.oid is not null as "isConfiguration"
       from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       left join pg_catalog.pg_depend d
         on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
        and d.objsubid = 0 and d.deptype = 'e'
       left join pg_catalog.pg_extension e on e.oid = d.refobjid
      where c.relkind = 'r'
        and c.relpersistence <> 't'
        and n.nspname not like 'pg\\_%'
        and n.nspname <> 'information_schema'
        and (e.oid is null or c.oid = any (e.extconfig))`,
  )
  return rows.map((row) => ({ ...row, bytes: Number(row.bytes), pages: Number(row.pages) }))
}

interface Sizes {
  readonly bytes: string
  readonly pages: string
}

/** `"schema"."name"`, by which tables of both sides are matched and named in reports. */
export function tableName({ schema, name }: Pick<UserTable, 'schema' | 'name'>): string {
  return quoteQualified(schema, name)
}
