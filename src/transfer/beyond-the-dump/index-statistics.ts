/**
 * Statistics targets of the columns of indexes. pg_dump does not write all of them: none of a source before 11, and from 18 on
 * none of an index behind a constraint.
 */
import type { Session } from '../../server/index.js'
import type { Statement } from '../administrator/privileges.js'

interface ColumnTarget {
  readonly index: string
  readonly column: number
  readonly target: number
}

/** ALTER INDEX names columns by their numbers since this major. */
const namesColumns = 11

/** Those that somebody has set; 17 made "not set" null. */
async function readTargets(session: Session): Promise<ColumnTarget[]> {
  return session.query<ColumnTarget>(
    `select i.identity as index, c.column, c.target
       from (select a.attrelid as oid, a.attnum::pg_catalog.int4 as column, a.attstattarget::pg_catalog.int4 as target
               from pg_catalog.pg_attribute a
               join pg_catalog.pg_class x on x.oid = a.attrelid and x.relkind in ('i', 'I')
               join pg_catalog.pg_namespace n on n.oid = x.relnamespace
              where a.attstattarget >= 0 and x.relpersistence <> 't' and x.oid >= 16384
                and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
             offset 0) c
      cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0) i
      order by 1, 2`,
  )
}

/** What the target lacks. */
export async function indexStatisticsStatements(
  source: Session,
  target: Session,
  targetMajor: number,
): Promise<Statement[]> {
  const wanted = targetMajor >= namesColumns ? await readTargets(source) : []
  if (wanted.length === 0) return []
  const present = new Set((await readTargets(target)).map((each) => JSON.stringify(each)))
  return wanted
    .filter((each) => !present.has(JSON.stringify(each)))
    .map(({ index, column, target }) => ({
      sql: `alter index ${index} alter column ${column} set statistics ${target}`,
      what: `the statistics target of column ${column} of index ${index}`,
      object: `index ${index}`,
    }))
}
