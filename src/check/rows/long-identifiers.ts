/** Values of information_schema.sql_identifier that are longer than a name: the type was made of varchar before 12, and is of `name` since. */
import { listed } from '../../report/format.js'
import type { Session } from '../../server/index.js'
import { findsRow, identity, isUsersRelation } from '../catalog.js'
import type { Found } from '../check.js'

interface IdentifierTable {
  readonly object: string
  readonly columns: readonly string[]
  /** A condition for the rows with such a value. */
  readonly isLong: string
}

/** Longer names are cut off by the input function of `name`, without a word, and refused by the binary one. */
const longestName = 63

/** Also inside of domains, composite types and one-dimensional arrays of the type itself; smallest tables first, which take no time. */
function readIdentifierTables(session: Session): Promise<IdentifierTable[]> {
  return session.query<IdentifierTable>(
    `with recursive part (relation, number, type, value) as (
       select a.attrelid, a.attnum, a.atttypid, pg_catalog.format('%I', a.attname)
         from pg_catalog.pg_attribute a
         join pg_catalog.pg_class c on c.oid = a.attrelid
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and ${isUsersRelation('c', 'n')}
          and pg_catalog.has_schema_privilege(n.oid, 'usage')
          and pg_catalog.has_table_privilege(c.oid, 'select')
       union all
       select p.relation, p.number, inner_part.type, inner_part.value
         from part p
         join pg_catalog.pg_type t on t.oid = p.type
        cross join lateral (
              select t.typbasetype, p.value where t.typtype = 'd' and t.oid <> $1::pg_catalog.regtype
              union all
              select f.atttypid, pg_catalog.format('(%s).%I', p.value, f.attname)
                from pg_catalog.pg_attribute f
               where t.typtype = 'c' and f.attrelid = t.typrelid and f.attnum > 0 and not f.attisdropped
             ) as inner_part (type, value))
     select ${identity('pg_class', 'p.relation')} as object,
            pg_catalog.array_agg(distinct a.attname::pg_catalog.text) as columns,
            pg_catalog.string_agg(
              case when p.type = $1::pg_catalog.regtype
                   then pg_catalog.format('pg_catalog.octet_length(%s::pg_catalog.text) > ${longestName}', p.value)
                   else pg_catalog.format('exists (select 1 from pg_catalog.unnest(%s) as e (v) where pg_catalog.octet_length(e.v::pg_catalog.text) > ${longestName})', p.value)
                   end, ' or ' order by p.number, p.value) as "isLong"
       from part p
       join pg_catalog.pg_attribute a on a.attrelid = p.relation and a.attnum = p.number
       join pg_catalog.pg_type i on i.oid = $1::pg_catalog.regtype
      where p.type in (i.oid, i.typarray)
      group by p.relation order by pg_catalog.pg_relation_size(p.relation)`,
    ['information_schema.sql_identifier'],
  )
}

const secondsPerTable = 3
/** At most so many are searched. */
const searched = 20
const shown = 10

/** Findings for tables that hold a value that does not fit, and one for those where that could not be seen. */
export async function findLongIdentifiers(session: Session): Promise<Found[]> {
  const found: Found[] = []
  const unknown: IdentifierTable[] = []
  for (const [index, table] of (await readIdentifierTables(session)).entries()) {
    const sql = `${rowsOf(table)} limit 1`
    const isLong = index < searched ? await findsRow(session, secondsPerTable, sql) : undefined
    if (isLong === undefined) unknown.push(table)
    else if (isLong) found.push(tooLong(table))
  }
  return unknown.length === 0 ? found : [...found, notSearched(unknown)]
}

function rowsOf({ object, isLong }: IdentifierTable, what = '1'): string {
  return `select ${what} from only ${object} where ${isLong}`
}

function tooLong(table: IdentifierTable): Found {
  const columns = listed(table.columns, shown)
  return {
    severity: 'blocking',
    object: table.object,
    message: `Rows of ${table.object} hold values of more than ${longestName} bytes of the type information_schema.sql_identifier (${columns}). Since PostgreSQL 12 the type holds no more: the target would refuse them, or cut them off without a word.`,
    remedy: `-- on the source: shorten them, or give the column another type, such as text; this finds them\n${rowsOf(table, '*')};`,
  }
}

function notSearched(tables: readonly IdentifierTable[]): Found {
  const names = tables.map(({ object }) => object)
  return {
    severity: 'warning',
    message: `Whether these tables hold values of more than ${longestName} bytes of the type information_schema.sql_identifier, which the target would refuse or cut off without a word, could not be seen within ${secondsPerTable} seconds: ${listed(names, shown)}.`,
    remedy: `-- on the source, when there is time: shorten what is found, or give the column another type, such as text\n${tables
      .slice(0, shown)
      .map((table) => `${rowsOf(table, '*')};`)
      .join('\n')}`,
  }
}
