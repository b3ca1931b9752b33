/** Columns that several parents store differently: a table that has such a column already stays, but none can be created. */
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'
import { findForeignCompression } from './foreign-compression.js'

interface InheritedColumn {
  readonly table: string
  /** Quoted. */
  readonly column: string
  /** One for each way in which parents differ. */
  readonly ways: string[]
  /** What gives the parents the storage of the type, and the compression of the server. */
  readonly statements: string[]
}

/** STORAGE and COMPRESSION of the parents' columns; MergeAttributes() looks at no others, and takes no compression for any. */
const columnsSql = (major: number) => `
  with parent (child, place, name, attname, way, value, usual, statement) as (
    select i.inhrelid, i.inhseqno, ${identity('pg_class', 'i.inhparent')}, a.attname, w.*
      from pg_catalog.pg_inherits i
      join pg_catalog.pg_attribute a on a.attrelid = i.inhparent and a.attnum > 0 and not a.attisdropped
      join pg_catalog.pg_type t on t.oid = a.atttypid
     cross join lateral (
       values ('STORAGE', case a.attstorage when 'p' then 'PLAIN' when 'e' then 'EXTERNAL' when 'm' then 'MAIN' else 'EXTENDED' end,
               a.attstorage = t.typstorage,
               'storage ' || case t.typstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end)
       ${major >= 14 ? `, ('COMPRESSION', case a.attcompression when 'p' then 'PGLZ' when 'l' then 'LZ4' end, false, 'compression default')` : ''}
     ) w (way, value, usual, statement)
     where w.value is not null
  ), conflict (child, attname, way, text, statements) as (
    select child, attname, way,
           way || ' ' || pg_catalog.string_agg(value || ' in ' || name, ', ' order by place),
           pg_catalog.string_agg(pg_catalog.format('alter table only %s alter column %I set %s;', name, attname, statement),
                                 E'\\n' order by place) filter (where not usual)
      from parent group by 1, 2, 3 having pg_catalog.count(distinct value) > 1
  )
  select ${identity('pg_class', 'c.oid')} as table, pg_catalog.quote_ident(f.attname) as column,
         pg_catalog.array_agg(f.text order by f.way desc) as ways,
         pg_catalog.array_agg(f.statements order by f.way desc) as statements
    from conflict f
    join pg_catalog.pg_class c on c.oid = f.child
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where ${isUsersRelation('c', 'n')}
   group by c.oid, f.attname order by 1, 2`

export const inheritedStorage: DatabaseCheck = {
  name: 'inherited-storage',
  scope: 'database',
  subject: 'how parents of a table store the columns that they share',
  worst: 'blocking',
  async run({ source, sourceSession }) {
    const rows = await sourceSession.query<InheritedColumn>(columnsSql(source.facts.major))
    return [
      ...rows.map(describe),
      // 14 brought COMPRESSION.
      ...(source.facts.major >= 14 ? await findForeignCompression(sourceSession) : []),
    ]
  },
}

function describe({ table, column, ways, statements }: InheritedColumn): Found {
  return {
    severity: 'blocking',
    object: `${table}.${column}`,
    message: `The table ${table} inherits the column ${column} from several parents that store it differently: ${ways.join('; ')}. PostgreSQL creates no such table: the restore would fail on it.`,
    remedy: `-- on the source; values that are stored stay as they are, and each parent can be set again after the upgrade\n${statements.join('\n')}`,
  }
}
