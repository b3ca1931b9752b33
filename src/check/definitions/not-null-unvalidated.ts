/**
 * NOT NULL that is NOT VALID in a table and in its parent, under different names (18): a dump adds each after the tables, and a parent's that
 * comes first gives the table the parent's, next to which its own is refused.
 */
import { identity, isUsersRelation } from '../catalog.js'
import type { Found } from '../check.js'
import type { Session } from '../../server/index.js'

interface Unvalidated {
  readonly table: string
  /** Quoted. */
  readonly name: string
  /** The parents' names, each with its table. */
  readonly others: string
  /** They drop the constraint in all that are above, beginning at the top, and in the table. */
  readonly drops: readonly string[]
  /** They add those at the top again, which gives them to all below. */
  readonly adds: readonly string[]
}

const unvalidatedSql = `
  with recursive own as (
    select k.oid, k.conrelid, k.conname, c.oid as relation, a.attname
      from pg_catalog.pg_constraint k
      join pg_catalog.pg_class c on c.oid = k.conrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1]
     where k.contype = 'n' and k.conislocal and not k.convalidated and k.coninhcount > 0 and ${isUsersRelation('c', 'n')}
  ), above (own, relation, attname, distance) as (
    select oid, relation, attname, 0 from own
    union
    select b.own, i.inhparent, b.attname, b.distance + 1
      from above b join pg_catalog.pg_inherits i on i.inhrelid = b.relation
  ), holder as (
    select b.own, ${identity('pg_class', 'b.relation')} as table, b.attname, k.conname, k.conislocal, k.coninhcount,
           pg_catalog.max(b.distance) as farthest, pg_catalog.min(b.distance) as nearest
      from above b
      join pg_catalog.pg_attribute a on a.attrelid = b.relation and a.attname = b.attname
      join pg_catalog.pg_constraint k
        on k.conrelid = b.relation and k.contype = 'n' and k.conkey[1] = a.attnum and not k.connoinherit
     group by b.own, b.relation, b.attname, k.oid
  )
  select ${identity('pg_class', 'o.relation')} as table, pg_catalog.quote_ident(o.conname) as name,
         pg_catalog.string_agg(pg_catalog.format('%I in %s', h.conname, h.table), ', ' order by h.table)
           filter (where h.nearest = 1 and h.conname <> o.conname) as others,
         pg_catalog.array_agg(pg_catalog.format('alter table %s drop constraint %s%I;', h.table,
                                                case when h.coninhcount > 0 then 'if exists ' end, h.conname)
                              order by h.farthest desc, h.table) filter (where h.conislocal) as drops,
         pg_catalog.array_agg(pg_catalog.format('alter table %s add constraint %I not null %I not valid;', h.table, h.conname, h.attname)
                              order by h.table) filter (where h.coninhcount = 0) as adds
    from own o join holder h on h.own = o.oid
   group by o.oid, o.relation, o.conname
  having pg_catalog.bool_or(h.nearest = 1 and h.conname <> o.conname)
   order by pg_catalog.max(h.farthest), 1, 2`

/** Whether the restore fails depends on the order in which it adds them, which nobody can rely on. */
export async function findUnvalidated(session: Session): Promise<Found[]> {
  const rows = await session.query<Unvalidated>(unvalidatedSql)
  return rows.map(describe)
}

function describe({ table, name, others, drops, adds }: Unvalidated): Found {
  const leave = `begin;\n${[...drops, ...adds].join('\n')}\ncommit;`
  // Once it holds for all rows, pg_dump writes its name without quotes.
  const remedy = name.startsWith('"')
    ? `-- on the source; it leaves the constraint to the parent, and reads no rows\n${leave}`
    : `-- on the source: either, where the column holds no nulls\nalter table ${table} validate constraint ${name};\n-- or, which leaves the constraint to the parent, and reads no rows\n${leave}`
  return {
    severity: 'blocking',
    object: `${name} on ${table}`,
    message: `The NOT NULL ${name} of ${table} is NOT VALID, and so is that of its parent, which has another name: ${others}. A restore adds them one after the other, and fails on ${name} once the table has that of the parent.`,
    remedy,
  }
}
