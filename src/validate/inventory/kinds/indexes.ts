/** Indexes, those behind constraints included. */
import { calls } from '../calls.js'
import { keyClass, keyCollation, type Key } from '../keys.js'
import {
  isNoMember,
  isUserSchema,
  qualified,
  since,
  sorted,
  type Versions,
  type Kind,
} from '../kind.js'

const key: Key = {
  operatorClass: 'x.indclass[k.i]',
  collation: 'x.indcollation[k.i]',
  relation: 'x.indrelid',
  column: 'x.indkey[k.i]',
}

/** One entry for each key or included column, in order. indoption, indclass and indcollation cover keys only. */
const columnsOf = (versions: Versions) =>
  `(select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
             'column', case when x.indkey[k.i] = 0 then '(expression)' else
                         (select a.attname::pg_catalog.text from pg_catalog.pg_attribute a
                           where a.attrelid = x.indrelid and a.attnum = x.indkey[k.i]) end,
             'operator class', ${keyClass(versions, key)},
             'collation', ${keyCollation(versions, key)},
             'order', x.indoption[k.i],
             'options', (select ${sorted(since(versions, 13, 'a.attoptions', `null::pg_catalog.text[]`))}
                           from pg_catalog.pg_attribute a
                          where a.attrelid = x.indexrelid and a.attnum = k.i + 1),
             'statistics target', (select coalesce(a.attstattarget, -1) from pg_catalog.pg_attribute a
                                    where a.attrelid = x.indexrelid and a.attnum = k.i + 1)) order by k.i)
     from pg_catalog.generate_series(0, x.indnatts - 1) as k (i))`

/**
 * True where every partition below that can have an index has one attached, down to leaves whose own is valid. A foreign
 * table has none: CREATE INDEX passes over it, but ATTACH, which a dump uses, leaves the index above invalid because of it.
 * A unique index cannot have such a partition, and no other of a partitioned table is used by the planner.
 */
const isAttachedThroughout = `not exists (
  with recursive part (oid) as (
    select h.inhrelid from pg_catalog.pg_inherits h where h.inhparent = x.indrelid
    union all
    select h.inhrelid from part join pg_catalog.pg_inherits h on h.inhparent = part.oid),
  attached (oid) as (
    select h.inhrelid from pg_catalog.pg_inherits h where h.inhparent = i.oid
    union all
    select h.inhrelid from attached join pg_catalog.pg_inherits h on h.inhparent = attached.oid)
  select 1 from part join pg_catalog.pg_class p on p.oid = part.oid
   where p.relkind <> 'f'
     and not exists (select 1 from attached join pg_catalog.pg_index a on a.indexrelid = attached.oid
                      where a.indrelid = p.oid and (a.indisvalid or p.relkind = 'p')))`

/**
 * An invalid index of a plain table is left out of every dump, so it may be missing. An index of a partitioned
 * table is invalid for as long as a partition lacks it, and is carried so.
 */
export const indexes: Kind = {
  kind: 'index',
  // indnullsnotdistinct: 15; of a primary key it says nothing, and no dump has it. Options of operator classes: 13. Indexes have parents since 11.
  sql: (versions) =>
    `select ${qualified('n.nspname', 'i.relname')} as object,
            pg_catalog.jsonb_build_object(
              'table', x.indrelid::pg_catalog.regclass::pg_catalog.text,
              'method', (select am.amname from pg_catalog.pg_am am where am.oid = i.relam),
              'unique', x.indisunique,
              'nulls not distinct', ${since(versions, 15, 'x.indnullsnotdistinct and not x.indisprimary', 'false')},
              'primary', x.indisprimary,
              'exclusion', x.indisexclusion,
              'immediate', x.indimmediate,
              'valid', x.indisvalid or i.relkind = 'I' and ${isAttachedThroughout},
              'columns', ${columnsOf(versions)},
              'options', ${sorted('i.reloptions')},
              'calls', ${calls('pg_class', 'i.oid')},
              'attached to', (select h.inhparent::pg_catalog.regclass::pg_catalog.text
                                from pg_catalog.pg_inherits h where h.inhrelid = i.oid)) as facts,
            pg_catalog.jsonb_build_object(
              'expressions', pg_catalog.pg_get_expr(x.indexprs, x.indrelid),
              'predicate', pg_catalog.pg_get_expr(x.indpred, x.indrelid)) as code,
            x.indrelid::pg_catalog.regclass::pg_catalog.text as within,
            x.indisvalid or i.relkind = 'I' as carried
       from pg_catalog.pg_index x
       join pg_catalog.pg_class i on i.oid = x.indexrelid
       join pg_catalog.pg_class c on c.oid = x.indrelid
       join pg_catalog.pg_namespace n on n.oid = i.relnamespace
      where c.relkind in ('r', 'p', 'm', 'f')
        and c.relpersistence <> 't'
        and ${isUserSchema}
        and ${isNoMember('pg_class', 'i.oid')}
        and ${isNoMember('pg_class', 'c.oid')}`,
}
