/** Tells what would break if objects of a database were left out of it. */
import type { Session } from '../../server/index.js'
import { listed } from '../../report/format.js'

/** An object as pg_depend names it. */
export interface ObjectAddress {
  readonly catalog: string
  readonly oid: string
}

/** An object as pg_identify_object names it. */
export interface Dependent {
  readonly type: string
  readonly identity: string
}

/** What goes with the object that it depends on, and is left out with it (see `restore-list.ts`). */
const followers = [
  'pg_amop',
  'pg_amproc',
  'pg_cast',
  'pg_event_trigger',
  'pg_foreign_data_wrapper',
  'pg_language',
  'pg_opclass',
  'pg_operator',
  'pg_opfamily',
  'pg_proc',
  'pg_publication_namespace',
  'pg_publication_rel',
  'pg_transform',
  'pg_ts_config',
  'pg_ts_dict',
  'pg_ts_parser',
  'pg_ts_template',
  'pg_user_mapping',
]

/** True for a row of one of those catalogs, of which older majors do not have every one. */
const isFollower = `d.classid = any (array(
  select c.oid from pg_catalog.pg_class c
   where c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace and c.relname::pg_catalog.text = any ($3::pg_catalog.text[])))`

/** A function depends on whatever transform there was for one of its types, and needs it only where it says so. */
const usesTransform = `(g.catalog <> 'pg_catalog.pg_transform'::pg_catalog.regclass
  or exists (select 1 from pg_catalog.pg_proc f where f.oid = d.objid and f.protrftypes is not null))`

/**
 * For each of the objects that cannot be left out by itself: the tables, indexes, views and others that need it, or
 * need something that would be left out with it. The order is that of the objects.
 */
export async function readDependents(
  session: Session,
  objects: readonly ObjectAddress[],
): Promise<Dependent[][]> {
  const rows = await session.query<Dependent & { position: string }>(
    `with recursive gone (position, catalog, oid) as (
       select o.position, o.catalog, o.oid
         from rows from (pg_catalog.unnest($1::pg_catalog.oid[]), pg_catalog.unnest($2::pg_catalog.oid[]))
                with ordinality o (catalog, oid, position)
        union
       select g.position, d.classid, d.objid
         from gone g
         join pg_catalog.pg_depend d on d.refclassid = g.catalog and d.refobjid = g.oid
        where ${isFollower} and ${usesTransform}
     )
     select distinct g.position::pg_catalog.text as position, i.type, i.identity
       from gone g
       join pg_catalog.pg_depend d on d.refclassid = g.catalog and d.refobjid = g.oid
       left join pg_catalog.pg_rewrite r
         on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid
      cross join lateral pg_catalog.pg_identify_object(
        case when r.oid is null then d.classid else 'pg_catalog.pg_class'::pg_catalog.regclass end,
        coalesce(r.ev_class, d.objid), 0) i
      where not ${isFollower} and i.identity is not null
      order by 1, 2, 3`,
    [objects.map(({ catalog }) => catalog), objects.map(({ oid }) => oid), followers],
  )
  const found = objects.map((): Dependent[] => [])
  for (const { position, type, identity } of rows) {
    found[Number(position) - 1]?.push({ type, identity })
  }
  return found
}

/** Dependents that a message names; of the others their number. */
const shown = 3

/** `view public.v, table public.t and 2 more`. */
export function namedDependents(dependents: readonly Dependent[]): string {
  return listed(
    dependents.map(({ type, identity }) => `${type} ${identity}`),
    shown,
  )
}
