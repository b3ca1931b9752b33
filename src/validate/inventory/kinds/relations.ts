/** Tables, partitioned tables, views, materialized views, foreign tables: what belongs to them as a whole. */
import { calls } from '../calls.js'
import { keyClass, keyCollation, type Key } from '../keys.js'
import {
  byName,
  isNoMember,
  isUserSchema,
  qualified,
  role,
  since,
  sorted,
  type Kind,
  type Versions,
} from '../kind.js'
import { toldOptions } from '../told.js'

const kindOf = `case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
                               when 'm' then 'materialized view' when 'f' then 'foreign table' end`

const indexMarked = (mark: string) =>
  `(select i.relname from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid
     where x.indrelid = c.oid and x.${mark})`

/** Where the index has been dropped, the table has none. */
const replicaIdentity = `case when c.relreplident = 'i' and ${indexMarked('indisreplident')} is null
                                   then 'n' else c.relreplident end`

const key: Key = {
  operatorClass: 'p.partclass[k.i]',
  collation: 'p.partcollation[k.i]',
  relation: 'p.partrelid',
  column: 'p.partattrs[k.i]',
}

/** The strategy, and one entry for each key in order. Where it is an expression, that is compared as such. */
const partitionKey = (versions: Versions) => `(
  select pg_catalog.jsonb_build_object(
           'strategy', p.partstrat,
           'keys', (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                             'column', case when p.partattrs[k.i] = 0 then '(expression)' else
                                         (select a.attname::pg_catalog.text from pg_catalog.pg_attribute a
                                           where a.attrelid = p.partrelid and a.attnum = p.partattrs[k.i]) end,
                             'operator class', ${keyClass(versions, key)},
                             'collation', ${keyCollation(versions, key)}) order by k.i)
                      from pg_catalog.generate_series(0, p.partnatts - 1) as k (i)))
    from pg_catalog.pg_partitioned_table p where p.partrelid = c.oid)`

/** What makes a table with the columns and the key of a partition's parent. */
const parentForm = `(
  select pg_catalog.format('(like %s) partition by %s', h.inhparent::pg_catalog.regclass,
                           pg_catalog.pg_get_partkeydef(h.inhparent))
    from pg_catalog.pg_inherits h where c.relispartition and h.inhrelid = c.oid)`

/** Without a TOAST table there are no options of one: a restore passes over those of a table that has come to need none. */
const noToast = ''

/** Of the query of a view, and of the key and the bound of a partitioned table. */
const called = `case when c.relkind in ('v', 'm')
                           then (select ${calls('pg_rewrite', 'r.oid')} from pg_catalog.pg_rewrite r
                                  where r.ev_class = c.oid and r.rulename = '_RETURN')
                           else ${calls('pg_class', 'c.oid')} end`

/** `pg_class` with storage options, inheritance, partitioning, row-level security and replica identity. */
export const relations: Kind = {
  kind: 'table',
  // A partitioned table holds no rows: since 18 it cannot be unlogged. relam of tables: 12 brought table access methods. inhdetachpending: 14.
  sql: (versions) =>
    `select ${qualified('n.nspname', 'c.relname')} as object,
            ${kindOf} as kind,
            pg_catalog.jsonb_build_object(
              'kind', ${kindOf},
              'owner', ${role('c.relowner')},
              'persistence', case c.relkind when 'p' then 'p' else c.relpersistence end,
              'options', ${sorted('c.reloptions')},
              'toast options', case when c.reltoastrelid = 0 then '""'::pg_catalog.jsonb else ${sorted('toast.reloptions')} end,
              'access method', ${since(
                versions,
                12,
                `(select am.amname from pg_catalog.pg_am am where am.oid = c.relam)`,
                `case when c.relkind in ('r', 'm') then 'heap' end`,
              )},
              'of type', case when c.reloftype <> 0 then pg_catalog.format_type(c.reloftype, null) end,
              'replica identity', ${replicaIdentity},
              'replica identity index', ${indexMarked('indisreplident')},
              'clustered on', ${indexMarked('indisclustered')},
              'row security', c.relrowsecurity,
              'forced row security', c.relforcerowsecurity,
              'populated', c.relispopulated,
              'partition key', ${partitionKey(versions)},
              'calls', ${called},
              'inherits', (select pg_catalog.jsonb_agg(p.parent order by ${byName('p.parent')})
                             from (select h.inhparent::pg_catalog.regclass::pg_catalog.text
                                     from pg_catalog.pg_inherits h where h.inhrelid = c.oid) p (parent)),
              'detach pending', ${since(
                versions,
                14,
                `exists (select 1 from pg_catalog.pg_inherits h
                          where h.inhrelid = c.oid and h.inhdetachpending)`,
                'false',
              )},
              'foreign server', (select s.srvname from pg_catalog.pg_foreign_table t
                                   join pg_catalog.pg_foreign_server s on s.oid = t.ftserver
                                  where t.ftrelid = c.oid),
              'foreign options', (select ${sorted('t.ftoptions')} from pg_catalog.pg_foreign_table t
                                   where t.ftrelid = c.oid)) as facts,
            case when c.relkind in ('v', 'm')
                 then pg_catalog.jsonb_build_object('query', pg_catalog.pg_get_viewdef(c.oid))
                 else pg_catalog.jsonb_build_object(
                        'partition key', (select pg_catalog.pg_get_expr(p.partexprs, p.partrelid)
                                            from pg_catalog.pg_partitioned_table p where p.partrelid = c.oid),
                        'partition bound', pg_catalog.pg_get_expr(c.relpartbound, c.oid)) end as code,
            pg_catalog.jsonb_build_object(
              'partition key', ${qualified('n.nspname', 'c.relname')},
              'partition bound', ${parentForm}) as within
       from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       left join pg_catalog.pg_class toast on toast.oid = c.reltoastrelid
      where c.relkind in ('r', 'p', 'v', 'm', 'f')
        and c.relpersistence <> 't'
        and ${isUserSchema}
        and ${isNoMember('pg_class', 'c.oid')}`,
  told: (fact, value) => (fact === 'foreign options' ? toldOptions(fact, value) : value),
  agree: (fact, source, target) =>
    fact === 'toast options' && (target === noToast || (source === noToast && target === null)),
}
