/** The configuration tables of extensions: of their rows, a dump has those that meet a condition. */
import { isMember, regclass } from './members.js'
import type { Session } from '../session/session.js'

/** Of a table `c` in a schema `n`: the role may read it, and sees all of its rows. */
const isReadable = `(pg_catalog.has_schema_privilege(n.oid, 'usage')
  and pg_catalog.has_table_privilege(c.oid, 'select') and not pg_catalog.row_security_active(c.oid))`

/** The condition of the rows that are the user's, possibly empty, by the OIDs of all configuration tables. */
export async function readConfigurationTables(session: Session): Promise<Map<number, string>> {
  const rows = await session.query<{ oid: number; condition: string }>(
    `select config.oid::pg_catalog.int8::pg_catalog.float8 as oid, config.condition
       from pg_catalog.pg_extension e
      cross join lateral unnest(e.extconfig, e.extcondition) as config (oid, condition)`,
  )
  return new Map(rows.map(({ oid, condition }) => [oid, condition]))
}

/** The configuration tables that hold rows of which a dump has a copy; without those that the role may not read. */
export async function readFilledConfigurationTables(session: Session): Promise<number[]> {
  const conditions = await readConfigurationTables(session)
  const tables = await session.query<{ oid: number; name: string }>(
    `select c.oid::pg_catalog.int8::pg_catalog.float8 as oid,
            pg_catalog.format('%I.%I', n.nspname, c.relname) as name
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.oid = any ($1::pg_catalog.oid[]) and c.relkind = 'r' and ${isReadable}`,
    [[...conditions.keys()]],
  )
  const filled: number[] = []
  for (const { oid, name } of tables) {
    const rows = await session.query(
      `select from only ${name} ${conditions.get(oid) ?? ''} limit 1`,
    )
    if (rows.length > 0) filled.push(oid)
  }
  return filled
}

/** Whether there are such rows; a table that the role may not read counts as soon as it has pages. */
export async function mayHoldConfigurationRows(session: Session): Promise<boolean> {
  const [unread] = await session.query(
    `select from pg_catalog.pg_extension e
       join pg_catalog.pg_class c on c.oid = any (e.extconfig) and c.relkind = 'r'
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where not ${isReadable} and pg_catalog.pg_relation_size(c.oid) > 0
      limit 1`,
  )
  return unread !== undefined || (await readFilledConfigurationTables(session)).length > 0
}

/** What was made of an extension's parts, or of a function of the user's, which may call anything: the table that takes rows with it. */
const tablesThatMayLookUp = `
  with recursive dependent (classid, objid) as (
    select d.classid, d.objid
      from pg_catalog.pg_depend d
      join pg_catalog.pg_extension e on e.oid = d.refobjid and e.extconfig && $1::pg_catalog.oid[]
     where d.deptype = 'e' and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
     union
    select 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid, p.oid
      from pg_catalog.pg_proc p
     where p.oid >= 16384
       and not ${isMember(regclass('pg_proc'), 'p.oid')}
     union
    select used.classid, used.objid
      from dependent t
     cross join lateral (
           select d.classid, d.objid
             from pg_catalog.pg_depend d
            where d.refclassid = t.classid and d.refobjid = t.objid and d.deptype <> 'e'
            union all
           select 'pg_catalog.pg_type'::pg_catalog.regclass, k.contypid
             from pg_catalog.pg_constraint k
            where t.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and k.oid = t.objid and k.contypid <> 0
           ) used
  )
  select distinct pg_catalog.format('%I.%I', n.nspname, c.relname) as name
    from dependent t
    left join pg_catalog.pg_attrdef a on t.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and a.oid = t.objid
    left join pg_catalog.pg_attribute g on g.attrelid = a.adrelid and g.attnum = a.adnum
    left join pg_catalog.pg_constraint k on t.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and k.oid = t.objid and k.contype = 'c'
    join pg_catalog.pg_class c
      on c.oid = case when t.classid = 'pg_catalog.pg_class'::pg_catalog.regclass then t.objid
                      when pg_catalog.to_jsonb(g) operator(pg_catalog.->>) 'attgenerated' = 's' then a.adrelid
                      else k.conrelid end
     and c.relkind = 'r' and c.relpersistence <> 't'
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where pg_catalog.pg_relation_size(c.oid) > 0
     and not ${isMember(regclass('pg_class'), 'c.oid')}
   order by 1`

/**
 * The tables of the user for whose rows something may be looked up in those of the configuration tables: a check, a generated column
 * or a type of theirs belongs to such an extension, or calls a function of the user's. None where the configuration tables have no rows.
 */
export async function readTablesAfterConfiguration(session: Session): Promise<string[]> {
  const filled = await readFilledConfigurationTables(session)
  if (filled.length === 0) return []
  const tables = await session.query<{ name: string }>(tablesThatMayLookUp, [filled])
  return tables.map(({ name }) => name)
}
