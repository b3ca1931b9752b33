/**
 * What is computed by functions of users while rows arrive and while indexes are built. Whatever such a function is declared as, it
 * may look into other tables. Those of extensions look at most into tables of their own.
 */
import { isMember, regclass } from './members.js'
import type { Session } from '../session/session.js'

/** The OIDs of indexes with such functions, also as those of operators and operator classes, and of the constraints that they belong to. */
export async function readIndexesOfUserFunctions(session: Session): Promise<number[]> {
  const rows = await session.query<{ oid: number }>(
    `select distinct o.oid::pg_catalog.int8::pg_catalog.float8 as oid
       from pg_catalog.pg_depend d
       left join pg_catalog.pg_constraint k on k.conindid = d.objid and k.contype in ('p', 'u', 'x')
       left join pg_catalog.pg_type t on d.refclassid = ${regclass('pg_type')} and t.oid = d.refobjid
       join pg_catalog.pg_index i on i.indexrelid = d.objid
      cross join lateral (values (d.objid), (k.oid)) o (oid)
      where d.classid = ${regclass('pg_class')} and o.oid is not null
        and (d.refclassid in (${['pg_proc', 'pg_operator', 'pg_opclass'].map(regclass).join(', ')}) or t.typtype = 'd')
        and not ${isMember('d.refclassid', 'd.refobjid')}`,
  )
  return rows.map(({ oid }) => oid)
}

/** Checks, defaults, partition keys and, before 15, columns that call such functions. */
const called = `called as (
       select d.classid, d.objid, d.objsubid from pg_catalog.pg_depend d
        where d.classid in (${['pg_constraint', 'pg_attrdef', 'pg_class'].map(regclass).join(', ')})
          and d.refclassid in (${['pg_proc', 'pg_operator'].map(regclass).join(', ')})
          and not ${isMember('d.refclassid', 'd.refobjid')})`

/**
 * Of 12 and later, the generated columns (`a`) among them, with their expressions (`f`). Before 15, what a generated column needs is a
 * dependency of the column, and not of its expression.
 */
const generated = `called c
       left join pg_catalog.pg_attrdef f on c.classid = ${regclass('pg_attrdef')} and f.oid = c.objid
       join pg_catalog.pg_attribute a
         on (a.attrelid, a.attnum::pg_catalog.int4) = (coalesce(f.adrelid, c.objid), coalesce(f.adnum, c.objsubid))
        and c.classid <> ${regclass('pg_constraint')} and a.attgenerated = 's'`

/**
 * The OIDs of tables that compute with such functions when a row arrives: for a check, a domain, a generated column, or the partition
 * key of a table above. The row of a partition is held against that key also when it is given to the partition itself.
 */
export async function readTablesOfUserFunctions(
  session: Session,
  major: number,
): Promise<number[]> {
  const rows = await session.query<{ oid: number }>(
    `with recursive ${called},
     ruled as (
       select k.conrelid, k.contypid from called c join pg_catalog.pg_constraint k on k.oid = c.objid
        where c.classid = ${regclass('pg_constraint')} and k.contype = 'c'),
     holding (type) as (
       select r.contypid from ruled r where r.contypid <> 0
        union
       select t.oid from holding h join pg_catalog.pg_type t on h.type in (t.typbasetype, t.typelem)),
     divided (oid) as (
       select p.partrelid from called c join pg_catalog.pg_partitioned_table p on p.partrelid = c.objid
        where c.classid = ${regclass('pg_class')} and c.objsubid = 0
        union
       select i.inhrelid from divided d join pg_catalog.pg_inherits i on i.inhparent = d.oid)
     select r.conrelid::pg_catalog.int8::pg_catalog.float8 as oid from ruled r where r.conrelid <> 0
      union
     select a.attrelid::pg_catalog.int8::pg_catalog.float8
       from holding h join pg_catalog.pg_attribute a on a.atttypid = h.type and a.attnum > 0 and not a.attisdropped
      union
     select d.oid::pg_catalog.int8::pg_catalog.float8 from divided d
     ${major < 12 ? '' : `union select a.attrelid::pg_catalog.int8::pg_catalog.float8 from ${generated}`}`,
  )
  return rows.map(({ oid }) => oid)
}

/** A stored generated column that calls such a function. */
export interface ColumnOfUserFunctions {
  readonly schema: string
  readonly table: string
  readonly column: string
  /** A column that it is computed from, and only on whose update anew; null where it is computed from none. */
  readonly from: string | null
}

/** The stored generated columns that call such functions, of all tables. */
export async function readColumnsOfUserFunctions(
  session: Session,
  major: number,
): Promise<ColumnOfUserFunctions[]> {
  if (major < 12) return []
  return session.query<ColumnOfUserFunctions>(
    `with ${called}
     select distinct n.nspname::pg_catalog.text as schema, t.relname::pg_catalog.text as table,
            a.attname::pg_catalog.text as column,
            (select x.attname::pg_catalog.text
               from pg_catalog.pg_depend d
               join pg_catalog.pg_attribute x on x.attrelid = a.attrelid and x.attnum = d.refobjsubid
              where d.refclassid = ${regclass('pg_class')} and d.refobjid = a.attrelid and x.attnum > 0
                and x.attgenerated = '' and x.attidentity <> 'a'
                and (d.classid, d.objid, d.objsubid) = (c.classid, c.objid, c.objsubid)
              order by x.attnum limit 1) as from
       from ${generated}
       join pg_catalog.pg_class t on t.oid = a.attrelid
       join pg_catalog.pg_namespace n on n.oid = t.relnamespace
      order by 1, 2, 3`,
  )
}
