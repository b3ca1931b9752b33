/** Members of extensions that were altered by hand: a dump leaves them to CREATE EXTENSION, which makes them as they were. */
import type { Session } from '../../server/index.js'
import type { Found } from '../check.js'
import { namedDependents, type Dependent } from '../definitions/dependents.js'
import { additions } from './additions.js'
import { dependentsOf, dependentsOfRow, isOlder, memberships, xid } from './scripts.js'

interface Alteration extends Dependent {
  readonly extension: string
  /** Where the extension has it; null where something else than its schema was altered. */
  readonly home: string | null
  /** Of a text search dictionary, as ALTER takes them; null for all else. */
  readonly options: string | null
  /** What the dump carries, and names it by. */
  readonly dependents: readonly Dependent[]
}

/**
 * All members of an extension that can be relocated are in its schema, because it could not be relocated otherwise.
 *
 * What ALTER writes anew is younger than its membership. That is told of functions, types, text search dictionaries and
 * foreign-data wrappers: rows of pg_class are written anew by much else, those of operators by updates, and rules of views
 * by pg_upgrade. Privileges are carried by a dump, and an owner is whoever creates the extension, so
 * that what has others is left out; so is what was written anew together with its dependencies, as CREATE OR REPLACE
 * in a script does; a wrapper's own row counts among these.
 */
const alterations = `
  with recursive ${memberships}, ${additions},
  altered as (
    select m.catalog, m.oid, m.extension, case when f.is_moved then f.home end as home
      from member m
      join pg_catalog.pg_extension e on e.oid = m.extension
      left join pg_catalog.pg_proc p on m.catalog = 'pg_catalog.pg_proc'::pg_catalog.regclass and p.oid = m.oid
      left join pg_catalog.pg_type t on m.catalog = 'pg_catalog.pg_type'::pg_catalog.regclass and t.oid = m.oid
      left join pg_catalog.pg_ts_dict d on m.catalog = 'pg_catalog.pg_ts_dict'::pg_catalog.regclass and d.oid = m.oid
      left join pg_catalog.pg_foreign_data_wrapper w
        on m.catalog = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass and w.oid = m.oid
      left join pg_catalog.pg_class c on m.catalog = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid = m.oid
     cross join lateral pg_catalog.pg_identify_object(m.catalog, m.oid, 0) i
     cross join lateral (
       select pg_catalog.quote_ident(n.nspname) as home,
              e.extrelocatable and i.schema <> pg_catalog.quote_ident(n.nspname) as is_moved,
              coalesce(${xid('p')}, ${xid('t')}, ${xid('d')}, ${xid('w')}) as written
         from pg_catalog.pg_namespace n where n.oid = e.extnamespace) f
     where not exists (select from addition a where a.catalog = m.catalog and a.oid = m.oid)
       -- What extension-table tells.
       and (c.relkind is null or c.relkind not in ('r', 'p', 'm', 'S') or m.joined = ${xid('e')})
       and not exists (select from pg_catalog.pg_depend i
                        where i.classid = m.catalog and i.objid = m.oid and i.deptype = 'i')
       and (f.is_moved
            or (${isOlder('m.joined', 'f.written')}
                and (w.oid is not null or f.written <> all (m.made))
                and not exists (select from script s where s.extension = m.extension and s.at = f.written)
                and coalesce(p.proacl, t.typacl, w.fdwacl) is null
                and coalesce(t.typrelid, 0) = 0
                and coalesce(p.proowner, t.typowner, d.dictowner, w.fdwowner, e.extowner) in (e.extowner, 10)))),
  ${dependentsOf('altered')}
  select i.type, i.identity, pg_catalog.quote_ident(e.extname) as extension, a.home,
         (select d.dictinitoption from pg_catalog.pg_ts_dict d
           where a.catalog = 'pg_catalog.pg_ts_dict'::pg_catalog.regclass and d.oid = a.oid) as options,
         ${dependentsOfRow('a')} as dependents
    from altered a
    join pg_catalog.pg_extension e on e.oid = a.extension
   cross join lateral pg_catalog.pg_identify_object(a.catalog, a.oid, 0) i
   order by 1, 2`

/** The members that somebody has moved to another schema, renamed, or altered in another way. */
export async function findAlterations(session: Session): Promise<Found[]> {
  return (await session.query<Alteration>(alterations)).map(describe)
}

function describe(alteration: Alteration): Found {
  const { type, identity, extension, home, options, dependents } = alteration
  const needing = namedDependents(dependents)
  if (home === null && options !== null) return describeOptions(alteration, options)
  if (home === null) {
    const failure =
      needing === '' ? '' : `, and the restore would fail, because it is named by ${needing}`
    return {
      severity: 'warning',
      object: identity,
      message: `The ${type} ${identity} was altered after the extension ${extension} had made it (ALTER ${type.toUpperCase()}, as … RENAME). A dump leaves it to CREATE EXTENSION, which makes it as it was. If it was renamed, its new name does not arrive${failure}.`,
      remedy: `If it was renamed, give it its own name again on the source (ALTER ${type.toUpperCase()} … RENAME TO …), which what needs it follows, and rename it on the target after the upgrade. If something else was altered, alter that on the target.`,
    }
  }
  const named = type === 'aggregate' ? identity.replace(/\(\)$/, '(*)') : identity
  const consequence =
    needing === ''
      ? 'there it is in the schema of the extension'
      : `the restore would fail, because it is needed by ${needing}`
  return {
    severity: needing === '' ? 'warning' : 'blocking',
    object: identity,
    message: `The ${type} ${identity} belongs to the extension ${extension}, which is in the schema ${home}. It was moved out of there (ALTER … SET SCHEMA), or added to the extension by hand. A dump leaves it to CREATE EXTENSION, which does not make it there on the target: ${consequence}.`,
    remedy: `-- on the source; move it again after the upgrade\nalter ${type} ${named} set schema ${home};`,
  }
}

/** What is made with it during the restore knows the options of CREATE EXTENSION alone. */
function describeOptions({ identity, extension, dependents }: Alteration, options: string): Found {
  const needing = namedDependents(dependents)
  return {
    severity: 'warning',
    object: identity,
    message: `The text search dictionary ${identity} was altered after the extension ${extension} had made it. A dump leaves it to CREATE EXTENSION, which makes it as it was: its options (${options}) do not arrive${needing === '' ? '' : `, and ${needing} finds other words`}. If it was renamed, its new name does not arrive either.`,
    remedy: `-- on the target, in the database, after the upgrade; then reindex what finds words with it, and refresh what stores them\nalter text search dictionary ${identity} (${options});`,
    remedyInDatabase: false,
  }
}
