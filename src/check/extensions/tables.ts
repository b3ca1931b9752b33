/** Tables that were put into an extension by hand: a dump leaves the extension's own tables to CREATE EXTENSION. */
import type { Session } from '../../server/index.js'
import { identity } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'
import { namedDependents, type Dependent } from '../definitions/dependents.js'
import { additions } from './additions.js'
import { findLateConfiguration } from './configuration-rows.js'
import { findMemberRows } from './member-rows.js'
import { dependentsOf, memberships } from './scripts.js'

interface Member {
  readonly kind: string
  readonly object: string
  readonly extension: string
  /** What the dump carries and cannot create without it, where it was certainly added by hand. */
  readonly dependents: readonly Dependent[]
  /** Those of its columns, which are no members, where it was certainly added by hand. */
  readonly sequences: readonly string[]
}

/** Partitions and children depend on a table as its parts do. */
const membersSql = `
  with recursive ${memberships}, ${additions}, ${dependentsOf('addition')},
  needy as (
    select t.of as oid, t.type, t.identity from dependent t
     where t.of_catalog = 'pg_catalog.pg_class'::pg_catalog.regclass
    union
    select h.inhparent, i.type, i.identity
      from addition a
      join pg_catalog.pg_inherits h on h.inhparent = a.oid
     cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, h.inhrelid, 0) i
     where a.catalog = 'pg_catalog.pg_class'::pg_catalog.regclass
       and not exists (select from member o where o.catalog = a.catalog and o.oid = h.inhrelid))
  select case c.relkind when 'S' then 'sequence' when 'm' then 'materialized view' else 'table' end as kind,
         ${identity('pg_class', 'c.oid')} as object, pg_catalog.quote_ident(e.extname) as extension,
         coalesce((select pg_catalog.json_agg(pg_catalog.json_build_object('type', y.type, 'identity', y.identity)
                                              order by y.type, y.identity)
                     from needy y where y.oid = c.oid), '[]') as dependents,
         array(select ${identity('pg_class', 's.oid')}
                 from addition a
                 join pg_catalog.pg_depend d on d.refclassid = a.catalog and d.refobjid = a.oid
                  and d.classid = a.catalog and d.deptype in ('a', 'i')
                 join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
                where a.catalog = m.catalog and a.oid = c.oid
                  and not exists (select from member o where o.catalog = a.catalog and o.oid = s.oid)
                order by 1) as sequences
    from member m
    join pg_catalog.pg_class c on c.oid = m.oid and c.relkind in ('r', 'p', 'm', 'S')
    join pg_catalog.pg_extension e on e.oid = m.extension
   where m.catalog = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid <> all (coalesce(e.extconfig, '{}'))
     and not exists (select from script s where s.extension = m.extension and s.at = m.joined)
   order by 1, 2`

/**
 * What CREATE or ALTER EXTENSION … UPDATE made became a member in the transaction of a script; the extension's own row knows the last one
 * alone. Of a configuration table (extconfig) the rows are dumped, and the extension makes it.
 */
async function findMembers(session: Session): Promise<Found[]> {
  return (await session.query<Member>(membersSql)).map((member) => {
    const { kind, object, extension } = member
    const remedy = `alter extension ${extension} drop ${kind} ${object};`
    const failure = failureOf(member)
    return failure === undefined
      ? {
          severity: 'warning',
          object,
          message: `The ${kind} ${object} belongs to the extension ${extension}, so it is left to CREATE EXTENSION on the target. If it was added to the extension by hand (ALTER EXTENSION … ADD), it does not arrive, nor do its rows.`,
          remedy: `-- on the source, if it was added by hand\n${remedy}`,
        }
      : {
          severity: 'blocking',
          object,
          message: `The ${kind} ${object} was added to the extension ${extension} (ALTER EXTENSION … ADD). A dump leaves it to CREATE EXTENSION, which does not make it on the target: ${failure}.`,
          remedy: `-- on the source\n${remedy}`,
        }
  })
}

/** A dump leaves the sequence of an identity column out, and writes that of a serial column without the column. */
function failureOf({ kind, dependents, sequences }: Member): string | undefined {
  if (dependents.length > 0) {
    return `the restore would fail, because it is needed by ${namedDependents(dependents)}`
  }
  return sequences.length > 0
    ? `the database would not be published, because the ${kind}'s own ${sequences.length === 1 ? 'sequence' : 'sequences'} ${sequences.join(', ')} would differ`
    : undefined
}

export const extensionTable: DatabaseCheck = {
  name: 'extension-table',
  scope: 'database',
  subject: 'tables that were added to extensions, and rows that were written into theirs',
  worst: 'blocking',
  async run({ sourceSession, method }) {
    return [
      ...(await findMembers(sourceSession)),
      ...(await findMemberRows(sourceSession)),
      ...(await findLateConfiguration(sourceSession, method)),
    ]
  },
}
