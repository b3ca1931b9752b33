/** Reads what is in a database, to compare two of them with nothing of the product. */
import type { Place } from '../../support/independent-check.js'
import { runSql } from '../../support/servers.js'

/**
 * Rows and a hash of all rows of every table, by name; a partitioned one as a whole, since the hash of an enum
 * differs from server to server. Floats have 15 digits, as 11 and 12 agree on.
 */
export function readTableHashes({ server, database }: Place): Promise<unknown> {
  return runSql(
    server,
    database,
    `set extra_float_digits = 0; set timezone = 'UTC';
     select c.oid::regclass::text as name, query_to_xml(format(
              'select count(*) as rows, md5(string_agg("The row"::text, chr(10) order by "The row"::text collate "C")) as hash from %s %s as "The row"',
              case when c.relkind = 'r' then 'only' end, c.oid::regclass), false, true, '')::text as content
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'm') and not c.relispartition
        and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
        and (c.relkind <> 'm' or c.relispopulated)
      order by 1`,
  )
}

/** What neither the schema nor the rows of tables show: sequences, large objects, and the state of constraints and indexes. */
export function readState({ server, database }: Place): Promise<unknown> {
  return runSql(server, database, stateQuery)
}

const stateQuery = `
  select 'sequence' as kind, s.schemaname || '.' || s.sequencename as name,
         (xpath('/row/v/text()', query_to_xml(format('select last_value || '' '' || is_called as v from %I.%I', s.schemaname, s.sequencename), false, true, '')))[1]::text as state
    from pg_sequences s
  union all
  select 'large object', m.oid::text, concat_ws(' ', pg_get_userbyid(lomowner), lomacl, obj_description(m.oid, 'pg_largeobject'), md5(lo_get(m.oid)))
    from pg_largeobject_metadata m
  union all
  select 'constraint', conrelid::regclass || '.' || conname, concat_ws(' ', convalidated, condeferrable, condeferred)
    from pg_constraint where connamespace <> 'information_schema'::regnamespace
  union all
  select 'index', indexrelid::regclass::text, concat_ws(' ', indisvalid, indisready, indisclustered, indisreplident, indimmediate, indisprimary)
    from pg_index where indexrelid >= 16384 and indexrelid::regclass::text not like 'pg_toast.%'
  order by 1, 2`
