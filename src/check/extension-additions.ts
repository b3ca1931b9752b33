/** What was put into an extension by hand, other than tables: a dump leaves the members of extensions to CREATE EXTENSION. */
import type { Session } from '../server/index.js'
import type { Found } from './check.js'
import { namedDependents, type Dependent } from './dependents.js'
import { removalStatement } from './removal-statements.js'

interface Addition extends Dependent {
  readonly extension: string
  /** What the dump carries and cannot create without it. */
  readonly dependents: readonly Dependent[]
}

const xid = (alias: string) => `${alias}.xmin::pg_catalog.text::pg_catalog.int8`

/** Transactions are counted modulo 2 ^ 32, and the half that lies behind one is older. */
const isOlder = (one: string, other: string) =>
  `${one} <> ${other} and (${other} - ${one} + 4294967296) % 4294967296 < 2147483648`

/** Catalogs whose objects need not depend on anything; of them the row itself tells, unless it was altered since. */
const independent = ['pg_namespace', 'pg_foreign_data_wrapper']

const ownRow = (catalog: string) => `
  select ${xid('o')} from pg_catalog.${catalog} o
   where d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass and o.oid = d.objid`

/**
 * A script writes the membership of what it creates in one transaction with the other dependencies of that; what is
 * added by hand is older than its membership. The extension's own row says little: each ALTER EXTENSION … UPDATE writes
 * it anew, and most members are older. What CREATE OR REPLACE writes anew is younger than its membership.
 *
 * A script may add what is older too (`FROM unpackaged`), and so a transaction is left out that wrote the extension, or
 * created another member of it. VACUUM FREEZE keeps the transactions' numbers. pg_upgrade creates each member and adds
 * it in one transaction: nothing is found that is not so, nor what had been added before it.
 *
 * Types of rows, arrays and multiranges come and go with what they belong to (deptype i).
 */
const additions = `
  with recursive member as (
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
  addition as (
    select m.catalog, m.oid, m.extension from member m
     where exists (select from pg_catalog.unnest(m.made) o (at) where ${isOlder('o.at', 'm.joined')})
       and not exists (select from script s where s.extension = m.extension and s.at = m.joined)
       and not exists (select from pg_catalog.pg_depend i
                        where i.classid = m.catalog and i.objid = m.oid and i.deptype = 'i')),
  part as (
    select a.catalog as of_catalog, a.oid as of, a.catalog, a.oid from addition a
    union
    select p.of_catalog, p.of, d.classid, d.objid
      from part p join pg_catalog.pg_depend d on d.refclassid = p.catalog and d.refobjid = p.oid
     where d.deptype in ('a', 'i')),
  dependent as (
    select distinct p.of_catalog, p.of, i.type, i.identity
      from part p join pg_catalog.pg_depend d on d.refclassid = p.catalog and d.refobjid = p.oid
      left join pg_catalog.pg_rewrite r
        on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid
     cross join lateral (
       select case when r.oid is null then d.classid else 'pg_catalog.pg_class'::pg_catalog.regclass end as catalog,
              coalesce(r.ev_class, d.objid) as oid) u
     cross join lateral pg_catalog.pg_identify_object(u.catalog, u.oid, 0) i
     where d.deptype = 'n'
       and not exists (select from part q where (q.catalog, q.oid) in ((d.classid, d.objid), (u.catalog, u.oid)))
       and not exists (select from member m where m.catalog = u.catalog and m.oid = u.oid))
  select i.type, i.identity, pg_catalog.quote_ident(e.extname) as extension,
         coalesce((select pg_catalog.json_agg(pg_catalog.json_build_object('type', t.type, 'identity', t.identity)
                                              order by t.type, t.identity)
                     from dependent t where t.of_catalog = a.catalog and t.of = a.oid), '[]') as dependents
    from addition a
    join pg_catalog.pg_extension e on e.oid = a.extension
    left join pg_catalog.pg_class c on a.catalog = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid = a.oid
   cross join lateral pg_catalog.pg_identify_object(a.catalog, a.oid, 0) i
   where c.oid is null or c.relkind in ('v', 'f')
   order by 1, 2`

/** The functions, types, views and others that somebody added to an extension; tables and sequences are told by `extension-table`. */
export async function findAdditions(session: Session): Promise<Found[]> {
  return (await session.query<Addition>(additions)).map(describe)
}

function describe({ type, identity, extension, dependents }: Addition): Found {
  const statement = removalStatement(type, identity) ?? `drop ${type} ${identity};`
  const isNeeded = dependents.length > 0
  const consequence = isNeeded
    ? `the restore would fail, because it is needed by ${namedDependents(dependents)}`
    : 'it does not arrive'
  return {
    severity: isNeeded ? 'blocking' : 'warning',
    object: identity,
    message: `The ${type} ${identity} was added to the extension ${extension} (ALTER EXTENSION … ADD). A dump leaves it to CREATE EXTENSION, which does not make it on the target: ${consequence}.`,
    remedy: `-- on the source\nalter extension ${extension} ${statement}`,
  }
}
