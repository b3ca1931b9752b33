/** Constraints of tables and foreign tables. */
import { calls } from '../calls.js'
import { isNoMember, isUserSchema, qualified, since, type Kind } from '../kind.js'

/**
 * A check that a child only inherits is as valid as that of the parent it comes from: a dump writes the child without
 * it, and NOT VALID with the parent's. A check of the child's own stays valid below a parent's that is not.
 */
const validated = `case when o.contype <> 'c' or o.conislocal or c.relispartition then o.convalidated
                        else o.convalidated and exists (
                          with recursive above (relation) as (
                            select h.inhparent from pg_catalog.pg_inherits h where h.inhrelid = o.conrelid
                            union
                            select h.inhparent from pg_catalog.pg_inherits h join above on h.inhrelid = relation)
                          select 1 from above
                            join pg_catalog.pg_constraint p
                              on p.conrelid = relation and p.conname = o.conname and p.contype = 'c'
                           where p.conislocal and p.convalidated) end`

/**
 * A NOT NULL of the table's own. A dump makes it one where it holds for all rows, and no parent's does: the child is
 * written with it, and NOT VALID with the parent. Each partition is written with its own name for one that is valid, whether or
 * not it is local, and one that is not comes with that of the partitioned table.
 */
const isOwnNotNull = `case when c.relispartition then o.convalidated or o.coninhcount = 0
        else o.conislocal or o.convalidated
        and exists (select 1 from pg_catalog.pg_constraint u where u.contype = 'n' and not u.convalidated)
        and not exists (
          select 1 from pg_catalog.pg_inherits h
            join pg_catalog.pg_constraint k on k.conrelid = h.inhparent and k.contype = 'n' and k.convalidated
            join pg_catalog.pg_attribute p on p.attrelid = h.inhparent and p.attnum = any (k.conkey)
            join pg_catalog.pg_attribute a on a.attrelid = o.conrelid and a.attnum = any (o.conkey)
           where h.inhrelid = o.conrelid and p.attname = a.attname and not k.connoinherit) end`

/**
 * Left out: what a partition has only because its parent has it (conparentid: 11; the names of those differ from
 * server to server), constraint triggers (they are triggers), and NOT NULL, which has a name and a row here
 * since 18 only: before, and in every comparison with a server before, it is a fact of the column. What an exclusion
 * constraint has besides its operators is its index's.
 */
export const constraints: Kind = {
  kind: 'constraint',
  // conenforced: 18.
  sql: (versions) =>
    `select ${qualified('n.nspname', 'c.relname')} || ': ' || pg_catalog.quote_ident(o.conname) as object,
            pg_catalog.jsonb_build_object(
              'type', o.contype,
              'validated', ${validated},
              'enforced', ${since(versions, 18, 'o.conenforced', 'true')},
              'deferrable', o.condeferrable,
              'initially deferred', o.condeferred,
              'defined locally', case when o.contype = 'c' and o.coninhcount > 0 and not c.relispartition then o.conislocal end,
              'no inherit', o.contype = 'c' and o.connoinherit,
              'calls', case when o.contype = 'c' then ${calls('pg_constraint', 'o.oid')} end,
              'operators', (select pg_catalog.jsonb_agg(e::pg_catalog.regoperator::pg_catalog.text order by position)
                              from pg_catalog.unnest(o.conexclop) with ordinality as x (e, position)),
              'definition', case when o.contype not in ('c', 'x')
                                 then pg_catalog.pg_get_constraintdef(o.oid) end) as facts,
            case when o.contype = 'c'
                 then pg_catalog.jsonb_build_object('check', pg_catalog.pg_get_expr(o.conbin, o.conrelid)) end
              as code,
            ${qualified('n.nspname', 'c.relname')} as within
       from pg_catalog.pg_constraint o
       join pg_catalog.pg_class c on c.oid = o.conrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where o.contype <> 't'
        and ${versions.source >= 18 ? `(o.contype <> 'n' or ${isOwnNotNull})` : `o.contype <> 'n'`}
        and ${since(versions, 11, 'o.conparentid = 0', 'true')}
        and c.relpersistence <> 't'
        and ${isUserSchema}
        and ${isNoMember('pg_class', 'c.oid')}`,
}
