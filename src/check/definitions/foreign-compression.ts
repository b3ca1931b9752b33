/** Foreign tables that have inherited the COMPRESSION of a column, which a dump gives them in a statement that no server takes for them. */
import { identity, isUsersRelation } from '../catalog.js'
import type { Found } from '../check.js'
import type { Session } from '../../server/index.js'

interface ForeignTable {
  readonly table: string
  /** Quoted. */
  readonly columns: readonly string[]
  /** They take the table from its parents, forget the compression, and give it back to them. */
  readonly leave: readonly string[]
  readonly forget: readonly string[]
  readonly comeBack: readonly string[]
}

const parent = identity('pg_class', 'i.inhparent')

/** Creating it below such a parent copies the compression; ALTER COLUMN … TYPE is all that takes it away there. */
const foreignSql = `
  select t.name as table, t.columns, t.forget,
         array(select case when t.relispartition then pg_catalog.format('alter table %s detach partition %s;', ${parent}, t.name)
                           else pg_catalog.format('alter foreign table %s no inherit %s;', t.name, ${parent}) end
                 from pg_catalog.pg_inherits i where i.inhrelid = t.oid order by i.inhseqno) as leave,
         array(select case when t.relispartition then pg_catalog.format('alter table %s attach partition %s %s;', ${parent}, t.name, t.bound)
                           else pg_catalog.format('alter foreign table %s inherit %s;', t.name, ${parent}) end
                 from pg_catalog.pg_inherits i where i.inhrelid = t.oid order by i.inhseqno) as "comeBack"
    from (select c.oid, c.relispartition, ${identity('pg_class', 'c.oid')} as name, pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound,
                 pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) order by a.attnum) as columns,
                 pg_catalog.array_agg(pg_catalog.format('alter foreign table %s alter column %I type %s%s;', ${identity('pg_class', 'c.oid')},
                     a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
                     ' collate ' || case when a.attcollation <> y.typcollation then ${identity('pg_collation', 'a.attcollation')} end)
                   order by a.attnum) as forget
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            join pg_catalog.pg_type y on y.oid = a.atttypid
           where c.relkind = 'f' and a.attcompression <> '' and ${isUsersRelation('c', 'n')}
           group by c.oid, c.relispartition, c.relpartbound) t
   order by 1`

export async function findForeignCompression(session: Session): Promise<Found[]> {
  const tables = await session.query<ForeignTable>(foreignSql)
  return tables.map(({ table, columns, leave, forget, comeBack }) => ({
    severity: 'blocking',
    object: table,
    message: `The foreign table ${table} has inherited the COMPRESSION of ${columns.length === 1 ? 'the column' : 'the columns'} ${columns.join(', ')} from its parent. A dump sets it with a statement that PostgreSQL refuses for foreign tables: the restore would fail on it.`,
    remedy: `-- on the source; it reads no rows\nbegin;\n${[...leave, ...forget, ...comeBack].join('\n')}\ncommit;`,
  }))
}
