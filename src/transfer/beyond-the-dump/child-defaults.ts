/**
 * Columns of children that lack the default of their parent. pg_dump writes DEFAULT NULL, which the server keeps for a column of a
 * domain: the domain's own default would be lost.
 */
import { quoteIdentifier, type Session } from '../../server/index.js'
import type { Statement } from '../administrator/privileges.js'

interface DomainColumn {
  readonly type: string
  readonly table: string
  readonly column: string
  /** `table column` and its name. */
  readonly object: string
}

/** Those of domains, partitions' too, which have a default of their own or have none. */
async function readDomainColumns(session: Session, hasDefault: boolean): Promise<DomainColumn[]> {
  return session.query<DomainColumn>(
    `select i.type, i.identity as table, c.column, k.type || ' ' || k.identity as object
       from (select a.attrelid as relation, a.attnum, a.attname::pg_catalog.text as column
               from pg_catalog.pg_attribute a
               join pg_catalog.pg_type t on t.oid = a.atttypid and t.typtype = 'd'
               join pg_catalog.pg_class r on r.oid = a.attrelid and r.relkind in ('r', 'p', 'f')
               join pg_catalog.pg_namespace n on n.oid = r.relnamespace
              where a.attnum > 0 and not a.attisdropped and a.atthasdef = $1::pg_catalog.bool
                and exists (select from pg_catalog.pg_inherits h where h.inhrelid = r.oid)
                and r.relpersistence <> 't' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
                and not exists (select from pg_catalog.pg_depend e
                                 where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                   and e.objid = r.oid and e.deptype = 'e')
             offset 0) c
      cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, c.relation, 0) i
      cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, c.relation, c.attnum) k
      order by 4`,
    [hasDefault],
  )
}

/** Takes from the target what the source does not have. */
export async function childDefaultStatements(
  source: Session,
  target: Session,
): Promise<Statement[]> {
  const wanted = await readDomainColumns(source, false)
  if (wanted.length === 0) return []
  const present = new Set(
    (await readDomainColumns(target, true)).map((each) => JSON.stringify(each)),
  )
  return wanted
    .filter((each) => present.has(JSON.stringify(each)))
    .map(({ type, table, column, object }) => ({
      sql: `alter ${type} only ${table} alter column ${quoteIdentifier(column)} drop default`,
      what: `that there is no default of ${object}`,
      object,
    }))
}
