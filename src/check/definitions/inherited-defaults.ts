/** Columns that a table has only of several parents with different defaults: a table that has such a column already stays, but none can be created. */
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'

interface InheritedColumn {
  readonly table: string
  /** Quoted. */
  readonly column: string
  /** Those that have a default or a generation expression for it. */
  readonly parents: string[]
  /** All parents of the table, in order. */
  readonly all: string[]
}

/** pg_dump writes a column that is not the table's own without its default, and sets that when the table is there. */
const columnsSql = `
  select ${identity('pg_class', 'c.oid')} as table, pg_catalog.quote_ident(a.attname) as column,
         pg_catalog.array_agg(${identity('pg_class', 'i.inhparent')} order by i.inhseqno) as parents,
         array(select ${identity('pg_class', 'h.inhparent')}
                 from pg_catalog.pg_inherits h where h.inhrelid = c.oid order by h.inhseqno) as all
    from pg_catalog.pg_inherits i
    join pg_catalog.pg_class c on c.oid = i.inhrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attinhcount > 1 and not a.attislocal and not a.attisdropped
    join pg_catalog.pg_attribute p on p.attrelid = i.inhparent and p.attname = a.attname
    join pg_catalog.pg_attrdef d on d.adrelid = p.attrelid and d.adnum = p.attnum
   where ${isUsersRelation('c', 'n')}
   group by c.oid, a.attname
  having pg_catalog.count(distinct pg_catalog.pg_get_expr(d.adbin, d.adrelid)) > 1
   order by 1, 2`

export const inheritedDefault: DatabaseCheck = {
  name: 'inherited-default',
  scope: 'database',
  subject: 'defaults of columns that parents of a table share',
  worst: 'blocking',
  async run({ sourceSession }) {
    return (await sourceSession.query<InheritedColumn>(columnsSql)).map(describe)
  },
}

function describe({ table, column, parents, all }: InheritedColumn): Found {
  const leave = all.map((parent) => `alter table ${table} no inherit ${parent};`)
  const comeBack = all.map((parent) => `alter table ${table} inherit ${parent};`)
  return {
    severity: 'blocking',
    object: `${table}.${column}`,
    message: `The table ${table} has the column ${column} only from its parents, and these have different defaults or generation expressions for it (${parents.join(', ')}). PostgreSQL creates no such table: the restore would fail on it.`,
    remedy: [
      "-- on the source; the inherited columns become the table's own as well, with the defaults that they have in it",
      'begin;',
      ...leave,
      ...comeBack,
      'commit;',
    ].join('\n'),
  }
}
