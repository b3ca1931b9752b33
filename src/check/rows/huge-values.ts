/** Values that are too big for the text form in which pg_dump reads them, or for their type on the target. */
import { listed } from '../../report/format.js'
import type { Session } from '../../server/index.js'
import { identity, isUsersRelation, withinSeconds } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'
import { findLongIdentifiers } from './long-identifiers.js'

/** One row of COPY must fit into a buffer of a gigabyte (MaxAllocSize). */
const rowLimitBytes = 2 ** 30 - 1
/** The compression of TOAST seldom makes a value smaller than a 500th. */
const compression = 500
const secondsPerTable = 3

interface WideTable {
  readonly object: string
  /** An expression for the bytes of a row's widest columns as COPY writes them: bytea as hexadecimal digits. */
  readonly rowBytes: string
}

/** Tables whose TOAST could hold such a row; jsonb and arrays are not measured, which would mean to read them. */
function readWideTables(session: Session, limitBytes: number): Promise<WideTable[]> {
  return session.query<WideTable>(
    `select ${identity('pg_class', 'c.oid')} as object,
            pg_catalog.string_agg(
              pg_catalog.format('coalesce(%s * pg_catalog.octet_length(%I)::int8, 0)',
                                case t.typname when 'bytea' then 2 else 1 end, a.attname),
              ' + ' order by a.attnum) as "rowBytes"
       from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       join pg_catalog.pg_type t on t.oid = a.atttypid and t.typname in ('bytea', 'text', 'varchar')
      where c.relkind = 'r' and c.reltoastrelid <> 0 and ${isUsersRelation('c', 'n')}
        and pg_catalog.pg_relation_size(c.reltoastrelid) >= $1::int8
        and pg_catalog.has_schema_privilege(n.oid, 'usage')
        and pg_catalog.has_table_privilege(c.oid, 'select')
      group by c.oid order by pg_catalog.pg_relation_size(c.oid)`,
    [Math.floor(limitBytes / compression)],
  )
}

/** The table's widest row in bytes, or null when it cannot be told in time. Sizes are read without the values. */
async function readWidestRow(session: Session, table: WideTable): Promise<number | null> {
  const rows = await withinSeconds(session, secondsPerTable, () =>
    session.query<{ widest: string | null }>(
      `select pg_catalog.max(${table.rowBytes}) as widest from only ${table.object}`,
    ),
  )
  return rows === undefined ? null : Number(rows[0]?.widest ?? 0)
}

/** At most so many tables are measured; the smallest first, which take no time. */
const measured = 20
const shown = 10

/** Findings for rows above the limit. `canMoveThem` says that the method does not go through text. */
export async function findHugeValues(
  session: Session,
  canMoveThem: boolean,
  limitBytes: number,
): Promise<Found[]> {
  const found: Found[] = []
  const unknown: WideTable[] = []
  for (const [index, table] of (await readWideTables(session, limitBytes)).entries()) {
    const widest = index < measured ? await readWidestRow(session, table) : null
    if (widest === null) unknown.push(table)
    else if (widest >= limitBytes) found.push(tooWide(table.object, widest, canMoveThem))
  }
  return unknown.length === 0 ? found : [...found, notMeasured(unknown)]
}

function tooWide(object: string, widest: number, canMoveThem: boolean): Found {
  return {
    severity: canMoveThem ? 'note' : 'blocking',
    object,
    message: `A row of ${object} is ${Math.round(widest / 2 ** 20)} MB as text, and pg_dump cannot read rows of a gigabyte or more.`,
    remedy: canMoveThem
      ? 'The method "copy" moves it in binary form; keep to it.'
      : 'Set "method" to "copy", which moves it in binary form.',
  }
}

function notMeasured(tables: readonly WideTable[]): Found {
  const names = tables.map(({ object }) => object)
  return {
    severity: 'note',
    message: `Whether a row is too big for pg_dump could not be told in time for: ${listed(names, shown)}.`,
    remedy: `-- on the source, when there is time; from ${rowLimitBytes} on, only the method "copy" moves the row\n${tables
      .slice(0, shown)
      .map(({ object, rowBytes }) => `select max(${rowBytes}) from only ${object};`)
      .join('\n')}`,
  }
}

export const hugeValue: DatabaseCheck = {
  name: 'huge-value',
  scope: 'database',
  subject: 'values that are too big for pg_dump, or for their type on the target',
  worst: 'blocking',
  async run({ source, sourceSession, target, method }) {
    const found = await findHugeValues(sourceSession, method === 'copy', rowLimitBytes)
    if (source.facts.major >= 12 || target.facts.major < 12) return found
    return [...found, ...(await findLongIdentifiers(sourceSession))]
  },
}
