/** Tells what the scripts of extensions have made from what was done by hand, by the transactions that wrote the catalogs. */

export const xid = (alias: string) => `${alias}.xmin::pg_catalog.text::pg_catalog.int8`

const command = (alias: string) => `${alias}.cmin::pg_catalog.text::pg_catalog.int8`

/** Transactions are counted modulo 2 ^ 32, and the half that lies behind one is older. */
export const isOlder = (one: string, other: string) =>
  `${one} <> ${other} and (${other} - ${one} + 4294967296) % 4294967296 < 2147483648`

/** Catalogs whose objects need not depend on anything; of them the row itself tells, unless it was altered since. */
const independent = ['pg_namespace', 'pg_foreign_data_wrapper']

const ownRow = (catalog: string) => `
  select ${xid('o')} from pg_catalog.${catalog} o
   where d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass and o.oid = d.objid`

/**
 * `member`: each member of an extension, the transaction in which it `joined`, and those that wrote what it depends on
 * (`made`). `script`: the transactions in which a script of the extension was at work. `span`: the command that
 * began the last script of one, and the last in which that created a member. Every script begins by writing the
 * extension's row; what lies before may be another script's, or of a user between the two. ALTER EXTENSION … SET SCHEMA
 * writes the row behind all members, and leaves no span. A script's members join in the command that creates them; those
 * of pg_upgrade, whose transactions hold objects of users as well, join in the next.
 */
export const memberships = `
  member as (
    select d.classid as catalog, d.objid as oid, d.refobjid as extension, ${xid('d')} as joined,
           array(select ${xid('o')} from pg_catalog.pg_depend o
                  where o.classid = d.classid and o.objid = d.objid and o.deptype <> 'e'
                 ${independent.map((catalog) => `union all ${ownRow(catalog)}`).join('\n                 ')}) as made
      from pg_catalog.pg_depend d
     where d.deptype = 'e' and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass),
  script as (
    select m.extension, m.joined as at from member m where m.joined = any (m.made)
    union
    select e.oid, ${xid('e')} from pg_catalog.pg_extension e
    union
    select d.objid, ${xid('d')} from pg_catalog.pg_depend d
     where d.classid = 'pg_catalog.pg_extension'::pg_catalog.regclass
       and d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass),
  work as (
    select d.refobjid as extension, ${xid('d')} as at, ${command('d')} as command
      from pg_catalog.pg_depend d
     where d.deptype = 'e' and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.xmax = '0'
       and exists (select from pg_catalog.pg_depend o
                    where o.classid = d.classid and o.objid = d.objid and o.deptype <> 'e'
                      and o.xmin = d.xmin and ${command('o')} = ${command('d')})),
  start as (
    select e.oid as extension, ${xid('e')} as at, ${command('e')} as command
      from pg_catalog.pg_extension e where e.xmax = '0'
    union all
    select d.objid, ${xid('d')}, ${command('d')} from pg_catalog.pg_depend d
     where d.classid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.xmax = '0'
       and d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
       and not exists (select from pg_catalog.pg_extension e where e.oid = d.objid and e.xmin = d.xmin)),
  span as (
    select s.extension, s.at, s.command as first, pg_catalog.max(w.command) as last
      from start s join work w on w.extension = s.extension and w.at = s.at
     group by 1, 2, 3)`

/** True where a script made what has this dependency: what users create in its transaction comes before or after it. */
export const isWithin = (dependency: string, span: string) => `
  ${xid(dependency)} = ${span}.at and ${dependency}.xmax = '0'
  and ${command(dependency)} > ${span}.first and ${command(dependency)} < ${span}.last`

/** `dependent`: what needs an object of the query `objects` (or a part of it) and is neither that nor a member of an extension. */
export const dependentsOf = (objects: string) => `
  part as (
    select o.catalog as of_catalog, o.oid as of, o.catalog, o.oid from ${objects} o
    union
    select p.of_catalog, p.of, d.classid, d.objid
      from part p join pg_catalog.pg_depend d on d.refclassid = p.catalog and d.refobjid = p.oid
     where d.deptype in ('a', 'i')),
  dependent as (
    select distinct p.of_catalog, p.of, i.type, i.identity
      from part p join pg_catalog.pg_depend d on d.refclassid = p.catalog and d.refobjid = p.oid
      left join pg_catalog.pg_rewrite r
        on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid
      left join pg_catalog.pg_amop o
        on d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass and o.oid = d.objid
      left join pg_catalog.pg_amproc f
        on d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass and f.oid = d.objid
     cross join lateral (
       select case when r.oid is not null then 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
                   when o.oid is not null or f.oid is not null
                     then 'pg_catalog.pg_opfamily'::pg_catalog.regclass::pg_catalog.oid
                   else d.classid end as catalog,
              coalesce(r.ev_class, o.amopfamily, f.amprocfamily, d.objid) as oid) u
     cross join lateral pg_catalog.pg_identify_object(u.catalog, u.oid, 0) i
     where d.deptype = 'n'
       and not exists (select from part q where (q.catalog, q.oid) in ((d.classid, d.objid), (u.catalog, u.oid)))
       and not exists (select from member m where m.catalog = u.catalog and m.oid = u.oid))`

/** The dependents of one row of `objects`, as JSON. */
export const dependentsOfRow = (alias: string) => `
  coalesce((select pg_catalog.json_agg(pg_catalog.json_build_object('type', t.type, 'identity', t.identity)
                                       order by t.type, t.identity)
              from dependent t where t.of_catalog = ${alias}.catalog and t.of = ${alias}.oid), '[]')`
