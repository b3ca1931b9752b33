/** Triggers of partitions that have another name than they get on the target, where a dump has to name them. */
import { quoteIdentifier } from '../server/index.js'
import { identity, isUsersRelation } from './catalog.js'
import type { DatabaseCheck, Found } from './check.js'

interface Renamed {
  readonly object: string
  readonly relation: string
  readonly name: string
  /** The name of the trigger of the partitioned table, which all of its partitions get. */
  readonly given: string
  readonly parent: string
}

/**
 * Up to 14 ALTER TRIGGER … RENAME leaves a partition's trigger alone, and can rename it alone. Where it is enabled
 * otherwise than its parent, pg_dump writes ALTER TABLE … TRIGGER with its name. 13 brought tgparentid; 11 and 12 have the
 * parent in pg_depend only. Constraints have triggers of their own (`constraint-disabled`).
 */
const renamed = (major: number) => `
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
    select l.oid, c.parent from line l join clone c on c.oid = l.ancestor)
  select ${identity('pg_trigger', 't.oid')} as object, ${identity('pg_class', 'r.oid')} as relation, t.tgname::pg_catalog.text as name,
         a.tgname::pg_catalog.text as given, ${identity('pg_class', 'a.tgrelid')} as parent
    from clone c
    join pg_catalog.pg_trigger t on t.oid = c.oid
    join pg_catalog.pg_trigger p on p.oid = c.parent and p.tgenabled <> t.tgenabled
    join line l on l.oid = t.oid and not exists (select from clone n where n.oid = l.ancestor)
    join pg_catalog.pg_trigger a on a.oid = l.ancestor and a.tgname <> t.tgname and not a.tgisinternal
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
    return (await sourceSession.query<Renamed>(renamed(facts.major))).map(describe)
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
