/** Columns of tables, views and composite types. */
import { calls } from '../calls.js'
import {
  collation,
  columnOptions,
  derivedCollation,
  isNoMember,
  isUserSchema,
  qualified,
  since,
  sorted,
  type Kind,
  type Versions,
} from '../kind.js'
import { toldDefault, toldOptions } from '../told.js'

/**
 * The order of columns of an inheriting table is not compared: a restore puts the inherited ones first. A column
 * whose parent's is NOT NULL, and not for itself alone, counts as NOT NULL too, also where somebody took that from the
 * child alone: no dump can say so, and since 18 no server allows it.
 */
const position = `case when c.relispartition
                         or not exists (select 1 from pg_catalog.pg_inherits h where h.inhrelid = c.oid)
                       then pg_catalog.row_number() over (partition by a.attrelid order by a.attnum) end`

/** NO INHERIT: 18. */
const notNull = (versions: Versions) =>
  `(a.attnotnull or exists (
                    select 1 from pg_catalog.pg_inherits h
                      join pg_catalog.pg_attribute p on p.attrelid = h.inhparent
                     where h.inhrelid = a.attrelid and p.attname = a.attname and p.attnotnull
                       and not p.attisdropped
                       and ${since(
                         versions,
                         18,
                         `not exists (select 1 from pg_catalog.pg_constraint k
                                       where k.conrelid = p.attrelid and k.contype = 'n'
                                         and k.conkey = array[p.attnum] and k.connoinherit)`,
                         'true',
                       )}))`

/**
 * Since 17 a partition's column is an identity when its partitioned table's is; before, the partition's own said nothing.
 * Asked of each column, the partitions of a large table would be read over and over: these are all of them.
 */
const identitiesOfPartitions = `
  select relation, name, pg_catalog.max(identity) as identity
    from (with recursive identities (relation, name, identity) as (
            select p.attrelid, p.attname, p.attidentity::pg_catalog.text
              from pg_catalog.pg_attribute p where p.attidentity <> '' and not p.attisdropped
            union
            select h.inhrelid, i.name, i.identity
              from identities i
              join pg_catalog.pg_inherits h on h.inhparent = i.relation
              join pg_catalog.pg_class l on l.oid = h.inhrelid and l.relispartition)
          select relation, name, identity from identities) as each
   group by relation, name`

const identity = `case when c.relispartition then coalesce(ofpartition.identity, '')
                       else a.attidentity::pg_catalog.text end`

/**
 * A child that lacks its parent's default gets DEFAULT NULL from a dump. Of a type with a length, or a domain, the server
 * keeps that, as NULL with a cast. It means what no default means, unless the domain or what is below a view has one.
 */
const defaultOf = `case when e.sql is null then null
                        when e.sql not like 'NULL::%' or t.typdefault is not null or c.relkind = 'v'
                             or e.sql <> 'NULL::' || pg_catalog.format_type(a.atttypid, a.atttypmod)
                                and e.sql <> all (
                                  with recursive base (type) as (
                                    select a.atttypid
                                    union all
                                    select b.typbasetype from base join pg_catalog.pg_type b on b.oid = type
                                     where b.typtype = 'd')
                                  select 'NULL::' || pg_catalog.format_type(type, -1) from base)
                        then e.sql end`

const ofTheType = ' (of the type)'
const storage = `case when c.relkind in ('r', 'p', 'm', 'f')
                      then a.attstorage::pg_catalog.text || case a.attstorage when t.typstorage then '${ofTheType}' else '' end end`

/**
 * A dump says it only where it is not the type's. That is another one where the type is: since 12 information_schema.sql_identifier is
 * made of `name`, and a newer version of an extension may store its types otherwise.
 */
function agreesInStorage(source: string, target: string): boolean {
  if (source.endsWith(ofTheType) && target.endsWith(ofTheType)) return true
  return source.replace(ofTheType, '') === target.replace(ofTheType, '')
}

/** Until 14 it is a generated column that depends on what its expression calls, and not the expression. */
const called = (versions: Versions) =>
  since(
    versions,
    15,
    calls('pg_attrdef', 'd.oid'),
    `coalesce(${calls('pg_attrdef', 'd.oid')}, ${calls('pg_class', 'a.attrelid', 'a.attnum')})`,
  )

/**
 * What columns of the system's catalogs became: of pg_database and pg_collation in 15, counters of pg_attribute and
 * pg_constraint in 16, and substream of pg_subscription in 16. Columns of views on them follow.
 */
const becameInCatalogs = new Map([
  ['name', 'text'],
  ['integer', 'smallint'],
  ['boolean', '"char"'],
])

/**
 * `pg_attribute` with types, defaults, identity, generation, storage and statistics targets. A foreign table compresses nothing, and
 * no statement changes what it has of a parent.
 */
export const columns: Kind = {
  kind: 'column',
  // attgenerated: 12. attcompression: 14. attstattarget: null instead of -1 since 17.
  sql: (versions) =>
    `select ${qualified('n.nspname', 'c.relname')} || '.' || pg_catalog.quote_ident(a.attname) as object,
            pg_catalog.jsonb_build_object(
              case when c.relkind in ('v', 'm') then 'type of the result' else 'type' end,
              pg_catalog.format_type(a.atttypid, a.atttypmod),
              'collation', ${derivedCollation(versions, `c.relkind in ('v', 'm')`, collation('a.attcollation', 'a.atttypid'))},
              'not null', ${notNull(versions)},
              'identity', ${identity},
              'generated', ${since(versions, 12, 'a.attgenerated', `''`)},
              'storage', ${storage},
              'compression', ${since(versions, 14, `case when c.relkind <> 'f' then a.attcompression else '' end`, `''`)},
              'statistics target', coalesce(a.attstattarget, -1),
              'calls', case when d.oid is not null then ${called(versions)} end,
              'options', ${columnOptions('a.attoptions')},
              'foreign options', ${sorted('a.attfdwoptions')},
              'defined locally', case when a.attinhcount > 0 and not c.relispartition then a.attislocal end,
              'position', ${position}) as facts,
            pg_catalog.jsonb_build_object('default', ${defaultOf}) as code,
            case when c.relkind <> 'c' then ${qualified('n.nspname', 'c.relname')} end as within
       from pg_catalog.pg_attribute a
       join pg_catalog.pg_class c on c.oid = a.attrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       join pg_catalog.pg_type t on t.oid = a.atttypid
       left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
       left join (${identitiesOfPartitions}) as ofpartition on ofpartition.relation = a.attrelid and ofpartition.name = a.attname
      cross join lateral pg_catalog.pg_get_expr(d.adbin, d.adrelid) as e (sql)
      where a.attnum > 0
        and not a.attisdropped
        and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
        and c.relpersistence <> 't'
        and ${isUserSchema}
        and ${isNoMember('pg_class', 'c.oid')}
        and (c.relkind <> 'c' or ${isNoMember('pg_type', 'c.reltype')})`,
  told: (fact, value, object) =>
    fact === 'foreign options' ? toldOptions(fact, value) : toldDefault(fact, value, object),
  agree: (fact, source, target) =>
    (fact === 'storage' && agreesInStorage(String(source), String(target))) ||
    (fact === 'type of the result' && becameInCatalogs.get(String(source)) === target),
}
