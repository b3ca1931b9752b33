/** What a server computes while a database is restored, and the functions that it calls for it. */
import { QueryError } from '../../errors.js'
import { filledViews, identity, isUsersRelation } from '../catalog.js'
import type { DatabaseContext } from '../check.js'

/** Something that is computed while a database is restored, and the functions that it calls. */
export interface Computed {
  readonly kind: string
  readonly object: string
  readonly functions: readonly string[]
  /** True when an empty table means that nothing is computed. */
  readonly needsRows: boolean
  /** The table, as it can be written in a query. */
  readonly table: string
}

/** What stands in a node tree in front of a function or an operator; 10 has elemfuncid, for the cast of an array's elements. */
export const callKeys = 'funcid|elemfuncid|aggfnoid|winfnoid|opno|eqop|sortop'
const calls = `:(${callKeys}) `

/** The functions of users that a tree calls, as an array. */
export const calledOids = (tree: string) => `
  array(select distinct f.oid::pg_catalog.text
          from pg_catalog.regexp_matches(${tree}, '${calls}(\\d+)', 'g') m (ids)
          left join pg_catalog.pg_operator o
            on m.ids[1] in ('opno', 'eqop', 'sortop') and o.oid = m.ids[2]::pg_catalog.oid
          join pg_catalog.pg_proc f
            on f.oid = coalesce(o.oprcode::pg_catalog.oid, m.ids[2]::pg_catalog.oid)
         where f.oid >= 16384)`

/** A domain is checked inside of other domains, arrays, ranges and rows too. Most call nothing of users, and are left out. */
const heldDomains = (major: number) => `
  edge (holder, held) as (
    select t.oid, t.typbasetype from pg_catalog.pg_type t where t.typbasetype >= 16384
    union all
    select t.oid, t.typelem from pg_catalog.pg_type t where t.typelem >= 16384
    union all
    select r.rngtypid, r.rngsubtype from pg_catalog.pg_range r where r.rngsubtype >= 16384
    ${major >= 14 ? 'union all select r.rngmultitypid, r.rngtypid from pg_catalog.pg_range r where r.rngtypid >= 16384' : ''}
    union all
    select c.reltype, a.atttypid
      from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid
     where c.reltype <> 0 and a.attnum > 0 and not a.attisdropped and a.atttypid >= 16384),
  held (type, domain) as (
    select k.contypid, k.contypid from pg_catalog.pg_constraint k
     where k.contypid >= 16384 and k.conbin::text ~ '${calls}\\d{5}'
    union
    select e.holder, h.domain from held h join edge e on e.held = h.type)`

/** The functions of operator classes that a user can have written in SQL or PL/pgSQL: to sort, to hash, and of operators. */
const classFunctions = `
  support (class, function) as (
    select o.oid, f.oid
      from pg_catalog.pg_opclass o
     cross join lateral (
       select p.amproc::pg_catalog.oid from pg_catalog.pg_amproc p
        where p.amprocfamily = o.opcfamily and p.amproclefttype = o.opcintype
       union
       select r.oprcode::pg_catalog.oid
         from pg_catalog.pg_amop m join pg_catalog.pg_operator r on r.oid = m.amopopr
        where m.amopfamily = o.opcfamily and m.amoplefttype = o.opcintype) s (function)
      join pg_catalog.pg_proc f on f.oid = s.function
      join pg_catalog.pg_language l on l.oid = f.prolang
     where o.oid >= 16384 and l.lanname in ('sql', 'plpgsql'))`

/** Calls of those functions as a node tree would write them. */
const callsOf = (classes: string) =>
  `(select pg_catalog.string_agg(' :funcid ' || s.function, '') from support s where s.class = any (${classes}))`

/** Checks, indexes, generated columns (12), partition keys, materialized views, and domains in use. */
export function readComputed({ source, sourceSession }: DatabaseContext): Promise<Computed[]> {
  const { major } = source.facts
  const relation = `pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace`
  const users = isUsersRelation('c', 'n')
  const branches = [
    `select 'check constraint', ${identity('pg_constraint', 'k.oid')}, k.conbin::text, true, c.oid
       from ${relation} join pg_catalog.pg_constraint k on k.conrelid = c.oid
      where k.contype = 'c' and ${users}`,
    `select 'domain', ${identity('pg_type', 'h.domain')}, k.conbin::text, true, c.oid
       from ${relation} join pg_catalog.pg_attribute a on a.attrelid = c.oid and not a.attisdropped
       join held h on h.type = a.atttypid
       join pg_catalog.pg_constraint k on k.contypid = h.domain
      where k.conbin is not null and c.relkind in ('r', 'p') and ${users}`,
    `select 'index', ${identity('pg_class', 'x.indexrelid')},
            pg_catalog.concat(x.indexprs::text, x.indpred::text, k.calls), false, c.oid
       from ${relation} join pg_catalog.pg_index x on x.indrelid = c.oid
      cross join lateral ${callsOf('x.indclass')} k (calls)
      where (x.indexprs is not null or x.indpred is not null or k.calls is not null) and ${users}`,
    `select 'partition key', ${identity('pg_class', 'c.oid')},
            pg_catalog.concat(p.partexprs::text, k.calls), true, c.oid
       from ${relation} join pg_catalog.pg_partitioned_table p on p.partrelid = c.oid
      cross join lateral ${callsOf('p.partclass')} k (calls)
      where (p.partexprs is not null or k.calls is not null) and ${users}`,
    `select 'materialized view', ${identity('pg_class', 'u.view')},
            pg_catalog.string_agg(w.ev_action::text, ''), false, u.view
       from used u join pg_catalog.pg_rewrite w on w.ev_class = u.relation and w.ev_type = '1'
      group by u.view`,
    ...(major >= 12
      ? [
          `select 'generated column', ${identity('pg_class', 'c.oid', 'a.attnum')}, d.adbin::text, true, c.oid
             from ${relation} join pg_catalog.pg_attribute a on a.attrelid = c.oid
             join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
            where a.attgenerated <> '' and ${users}`,
        ]
      : []),
  ]
  return sourceSession.query<Computed>(
    `${filledViews}, ${heldDomains(major)}, ${classFunctions}
     select distinct e.kind, e.object, e.rows as "needsRows", ${identity('pg_class', 'e.relation')} as table,
            ${calledOids('e.tree')} as functions
       from (${branches.join('\nunion all\n')}) e (kind, object, tree, rows, relation)
      order by 1, 2`,
  )
}

/**
 * Where the key of the partitions is what needs the search_path, the table cannot even be read without one
 * (42: names that are not found), and so may hold rows.
 */
export async function isTableEmpty(
  { sourceSession }: DatabaseContext,
  table: string,
): Promise<boolean> {
  try {
    return (await sourceSession.query(`select 1 from ${table} limit 1`)).length === 0
  } catch (error) {
    if (error instanceof QueryError && error.sqlState?.startsWith('42') === true) return false
    throw error
  }
}
