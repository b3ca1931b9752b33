/** Triggers of partitions that have another name than they get on the target, where a dump has to name them. */
import { quoteIdentifier } from '../../server/index.js'
import { identity, isUsersRelation, longestName } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'

interface Renamed {
  readonly object: string
  readonly relation: string
  readonly name: string
  /** The name of the trigger of the partitioned table, which all of its partitions get. */
  readonly given: string
  readonly parent: string
}

/** Triggers that partitions have from the table above them, each with the one that it comes from in the end. */
const lines = (major: number) => `
  with recursive clone (oid, parent) as (
    ${
      major >= 13
        ? `select t.oid, t.tgparentid from pg_catalog.pg_trigger t where t.tgparentid <> 0`
        : `select d.objid, d.refobjid from pg_catalog.pg_depend d
            where d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and d.refclassid = d.classid`
    }),
  line (oid, ancestor) as (
    select c.oid, c.parent from clone c
    union
    select l.oid, c.parent from line l join clone c on c.oid = l.ancestor),
  origin (oid, ancestor) as (
    select l.oid, l.ancestor from line l where not exists (select from clone n where n.oid = l.ancestor))`

/**
 * Up to 14 ALTER TRIGGER … RENAME leaves a partition's trigger alone, and can rename it alone. Where it is enabled
 * otherwise than its parent, pg_dump writes ALTER TABLE … TRIGGER with its name. 13 brought tgparentid; 11 and 12 have the
 * parent in pg_depend only. Constraints have triggers of their own (`constraint-disabled`).
 */
const renamed = (major: number) => `
  ${lines(major)}
  select ${identity('pg_trigger', 't.oid')} as object, ${identity('pg_class', 'r.oid')} as relation, t.tgname::pg_catalog.text as name,
         a.tgname::pg_catalog.text as given, ${identity('pg_class', 'a.tgrelid')} as parent
    from clone c
    join pg_catalog.pg_trigger t on t.oid = c.oid
    join pg_catalog.pg_trigger p on p.oid = c.parent and p.tgenabled <> t.tgenabled
    join origin o on o.oid = t.oid
    join pg_catalog.pg_trigger a on a.oid = o.ancestor and a.tgname <> t.tgname and not a.tgisinternal
    join pg_catalog.pg_class r on r.oid = t.tgrelid
    join pg_catalog.pg_namespace n on n.oid = r.relnamespace
   where ${isUsersRelation('r', 'n')}
   order by 1, 2`

interface Taken {
  readonly object: string
  readonly relation: string
  readonly name: string
  /** The trigger that gets this name on the target. */
  readonly other: string
  readonly parent: string
}

/** A partition's own triggers with the name that one from above gets on the target: here that one has its old name still. */
const taken = (major: number) => `
  ${lines(major)}
  select ${identity('pg_trigger', 't.oid')} as object, ${identity('pg_class', 'r.oid')} as relation, t.tgname::pg_catalog.text as name,
         c.tgname::pg_catalog.text as other, ${identity('pg_class', 'a.tgrelid')} as parent
    from origin o
    join pg_catalog.pg_trigger a on a.oid = o.ancestor and not a.tgisinternal
    join pg_catalog.pg_trigger c on c.oid = o.oid
    join pg_catalog.pg_trigger t on t.tgrelid = c.tgrelid and t.tgname = a.tgname and t.oid <> c.oid
     and not exists (select from clone n where n.oid = t.oid)
    join pg_catalog.pg_class r on r.oid = t.tgrelid
    join pg_catalog.pg_namespace n on n.oid = r.relnamespace
   where ${isUsersRelation('r', 'n')}
   order by 1, 2`

export const triggerRenamed: DatabaseCheck = {
  name: 'trigger-renamed',
  scope: 'database',
  subject: 'triggers of partitions that were renamed',
  worst: 'blocking',
  async run({ source: { facts }, sourceSession }) {
    if (facts.major < 11 || facts.major > 14) return []
    return [
      ...(await sourceSession.query<Renamed>(renamed(facts.major))).map(describe),
      ...(await sourceSession.query<Taken>(taken(facts.major))).map(describeTaken),
    ]
  },
}

function describe({ object, relation, name, given, parent }: Renamed): Found {
  const [here, there] = [quoteIdentifier(name), quoteIdentifier(given)]
  return {
    severity: 'blocking',
    object,
    message: `The trigger ${here} of the partition ${relation} comes from the trigger ${there} of ${parent}, but has another name and is enabled otherwise. A dump says so by its name, and on the target it is called ${there}: the restore would fail at its end.`,
    remedy: `-- on the source\nalter trigger ${here} on ${relation} rename to ${there};`,
  }
}

function describeTaken({ object, relation, name, other, parent }: Taken): Found {
  const own = Buffer.byteLength(`${name}_own`) <= longestName ? `${name}_own` : 'own'
  const [here, there] = [quoteIdentifier(name), quoteIdentifier(other)]
  return {
    severity: 'blocking',
    object,
    message: `The partition ${relation} has a trigger ${here} of its own, and another, ${there}, that comes from ${parent} and on the target gets the name ${here} as well, because it was renamed there: the restore would fail at its end.`,
    remedy: `-- on the source; triggers of one event run in the order of their names\nalter trigger ${here} on ${relation} rename to ${quoteIdentifier(own)};`,
  }
}
