/** The operator class and the collation of a key of an index or of a partitioned table. */
import { collation, derivedCollation, qualified, type Versions } from './kind.js'

/** Where a key is found: SQL for the identifiers of its class, its collation, its table, and its column's number, which is 0 for an expression. */
export interface Key {
  readonly operatorClass: string
  readonly collation: string
  readonly relation: string
  readonly column: string
}

/** The name of the operator class. */
export function keyClass(versions: Versions, key: Key): string {
  return `(select ${className(versions)}
             from pg_catalog.pg_opclass oc
             join pg_catalog.pg_namespace cn on cn.oid = oc.opcnamespace
            where oc.oid = ${key.operatorClass})`
}

/**
 * Since 12 the type information_schema.sql_identifier is made of `name`, and was of varchar before: the class that nobody has named is
 * another one, also for an expression over it. An index over addresses for which nobody has named a class gets btree_gist's before
 * 19 and the system's own since (btree_gist 1.9).
 */
function className({ source, target }: Versions): string {
  const name = qualified('cn.nspname', 'oc.opcname')
  const cases = [
    ...(source < 12 && target >= 12
      ? [
          `when oc.opcdefault and oc.opcname like 'name\\_%' and cn.nspname = 'pg_catalog'
             then pg_catalog.format('pg_catalog.%I', pg_catalog.regexp_replace(oc.opcname::pg_catalog.text, '^name', 'text'))`,
        ]
      : []),
    ...(source < 19 && target >= 19
      ? [
          `when oc.opcdefault and oc.opcname in ('gist_inet_ops', 'gist_cidr_ops') then 'pg_catalog.inet_ops'`,
        ]
      : []),
  ]
  return cases.length === 0 ? name : `case ${cases.join(' ')} else ${name} end`
}

/** Null where it is the one of the column, or of the type of an expression: since 12 domains of information_schema have the collation C. */
export function keyCollation(versions: Versions, key: Key): string {
  const name = collation(key.collation, 'oc.opcintype')
  return `(select ${derivedCollation(versions, `${key.column} = 0`, name)}
             from pg_catalog.pg_opclass oc
            where oc.oid = ${key.operatorClass}
              and not exists (select 1 from pg_catalog.pg_attribute ka
                               where ka.attrelid = ${key.relation} and ka.attnum = ${key.column}
                                 and ka.attcollation = ${key.collation}))`
}
