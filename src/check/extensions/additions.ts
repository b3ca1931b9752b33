/** What was put into an extension by hand, other than tables: a dump leaves the members of extensions to CREATE EXTENSION. */
import type { Session } from '../../server/index.js'
import type { Found } from '../check.js'
import { namedDependents, type Dependent } from '../definitions/dependents.js'
import { dependentsOf, dependentsOfRow, isOlder, isWithin, memberships } from './scripts.js'
import { removalStatement } from '../definitions/removal-statements.js'

interface Addition extends Dependent {
  readonly extension: string
  /** What the dump carries and cannot create without it. */
  readonly dependents: readonly Dependent[]
}

/**
 * A script writes the membership of what it creates in one transaction with the other dependencies of that; what is
 * added by hand is older than its membership. The extension's own row says little: each ALTER EXTENSION … UPDATE writes
 * it anew, and most members are older. What CREATE OR REPLACE writes anew is younger than its membership.
 *
 * A script may add what is older too (`FROM unpackaged`), and so a transaction is left out that wrote the extension, or
 * created another member of it. VACUUM FREEZE keeps the transactions' numbers. pg_upgrade creates each member and adds
 * it in one transaction: nothing is found that is not so, nor what had been added before it.
 *
 * What a script made and somebody has taken out and added again is the extension's own.
 *
 * Types of rows, arrays and multiranges come and go with what they belong to (deptype i). A partitioned table belongs to its own key.
 */
export const additions = `
  addition as (
    select m.catalog, m.oid, m.extension from member m
     where exists (select from pg_catalog.unnest(m.made) o (at) where ${isOlder('o.at', 'm.joined')})
       and not exists (select from script s where s.extension = m.extension and s.at = m.joined)
       and not exists (select from span s
                         join pg_catalog.pg_depend o on o.classid = m.catalog and o.objid = m.oid and o.deptype <> 'e'
                        where s.extension = m.extension and ${isWithin('o', 's')})
       and not exists (select from pg_catalog.pg_depend i
                        where i.classid = m.catalog and i.objid = m.oid and i.deptype = 'i'
                          and (i.refclassid, i.refobjid) <> (m.catalog, m.oid)))`

/** Tables and sequences are told by `extension-table`. */
const toldAdditions = `
  with recursive ${memberships}, ${additions}, ${dependentsOf('addition')}
  select i.type, i.identity, pg_catalog.quote_ident(e.extname) as extension,
         ${dependentsOfRow('a')} as dependents
    from addition a
    join pg_catalog.pg_extension e on e.oid = a.extension
    left join pg_catalog.pg_class c on a.catalog = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid = a.oid
   cross join lateral pg_catalog.pg_identify_object(a.catalog, a.oid, 0) i
   where c.oid is null or c.relkind in ('v', 'f')
   order by 1, 2`

/** The functions, types, views and others that somebody added to an extension. */
export async function findAdditions(session: Session): Promise<Found[]> {
  return (await session.query<Addition>(toldAdditions)).map(describe)
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
