/** Rows that do not fit into a page any more, because a column was set to STORAGE PLAIN after long values had been stored. */
import { listed } from '../../report/format.js'
import type { Session } from '../../server/index.js'
import { findsRow, identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'

interface PlainTable {
  readonly object: string
  /** An expression for the fewest bytes that the columns of a row take where each is as its storage says. */
  readonly rowBytes: string
  /** What gives the columns the storage of their types back. */
  readonly remedy: string
}

/** An array holds its elements neither compressed nor apart; of text and bytea the length is known without the value. */
const plainBytes = `case when a.atttypid in ('pg_catalog.text'::pg_catalog.regtype, 'pg_catalog.varchar'::pg_catalog.regtype,
    'pg_catalog.bpchar'::pg_catalog.regtype, 'pg_catalog.bytea'::pg_catalog.regtype)
  then 'pg_catalog.octet_length(%1$I)'
  when t.typarray <> 0 or t.typcategory = 'A' then 'pg_catalog.pg_column_size(array[%1$I]) - 24'
  else 'pg_catalog.pg_column_size(%1$I)' end`

/** Smallest first, which take no time. */
function readPlainTables(session: Session): Promise<PlainTable[]> {
  const isPlain = `a.attstorage = 'p' and a.attlen = -1 and t.typstorage <> 'p'`
  return session.query<PlainTable>(
    `select ${identity('pg_class', 'c.oid')} as object,
            pg_catalog.string_agg(
              pg_catalog.format('case when %1$I is null then 0 else '
                || case when ${isPlain} then ${plainBytes}
                        else greatest(a.attlen, 1)::pg_catalog.text end || ' end', a.attname),
              ' + ' order by a.attnum) as "rowBytes",
            pg_catalog.string_agg(
              pg_catalog.format('alter %s %s alter column %I set storage %s;',
                case c.relkind when 'm' then 'materialized view' else 'table only' end,
                ${identity('pg_class', 'c.oid')}, a.attname,
                case t.typstorage when 'x' then 'extended' when 'e' then 'external' else 'main' end),
              E'\\n' order by a.attnum) filter (where ${isPlain}) as remedy
       from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       join pg_catalog.pg_type t on t.oid = a.atttypid
      where c.relkind in ('r', 'm') and (c.relkind = 'r' or c.relispopulated) and ${isUsersRelation('c', 'n')}
        and pg_catalog.has_schema_privilege(n.oid, 'usage')
        and pg_catalog.has_table_privilege(c.oid, 'select')
      group by c.oid having pg_catalog.bool_or(${isPlain}) order by pg_catalog.pg_relation_size(c.oid)`,
  )
}

/** What a page holds besides a row (MaxHeapTupleSize), and a row besides its columns. */
const pageHeader = 32
const rowHeader = 24

async function readRowLimit(session: Session): Promise<number> {
  const [row] = await session.query<{ size: number }>(
    `select pg_catalog.current_setting('block_size')::pg_catalog.int4 as size`,
  )
  return (row?.size ?? 8192) - pageHeader
}

const secondsPerTable = 3
/** At most so many are searched. */
const searched = 20
const shown = 10

/** What a table has when it holds a row that does not fit. */
function longRows({ object, rowBytes }: PlainTable, limit: number): string {
  return `select 1 from only ${object} where ${rowHeader}::pg_catalog.int8 + ${rowBytes} > ${limit} limit 1`
}

export const rowTooBig: DatabaseCheck = {
  name: 'row-too-big',
  scope: 'database',
  subject: 'columns with STORAGE PLAIN',
  worst: 'blocking',
  async run({ sourceSession, targetSession }) {
    const tables = await readPlainTables(sourceSession)
    if (tables.length === 0) return []
    const limit = await readRowLimit(targetSession)
    const found: Found[] = []
    const unknown: PlainTable[] = []
    for (const [index, table] of tables.entries()) {
      const isLong =
        index < searched
          ? await findsRow(sourceSession, secondsPerTable, longRows(table, limit))
          : undefined
      if (isLong === undefined) unknown.push(table)
      else if (isLong) found.push(tooBig(table, limit))
    }
    return unknown.length === 0 ? found : [...found, notSearched(unknown)]
  },
}

function tooBig({ object, remedy }: PlainTable, limit: number): Found {
  return {
    severity: 'blocking',
    object,
    message: `Rows of ${object} hold values that were stored compressed or apart before their column was set to STORAGE PLAIN. On the target they would have to fit into a page as they are, which takes ${limit} bytes, and would be refused (row is too big).`,
    remedy: `-- on the source; it can be set back after the upgrade\n${remedy}`,
  }
}

function notSearched(tables: readonly PlainTable[]): Found {
  const names = tables.map(({ object }) => object)
  return {
    severity: 'note',
    message: `Columns of these tables are set to STORAGE PLAIN. Whether they hold values from before that, which the target would refuse (row is too big), could not be seen within ${secondsPerTable} seconds: ${listed(names, shown)}.`,
    remedy: `-- on the source, to be sure; it can be set back after the upgrade\n${tables
      .slice(0, shown)
      .map(({ remedy }) => remedy)
      .join('\n')}`,
  }
}
