/** Tables WITH OIDS, which 12 removed, and what is built on their hidden column. */
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'
import { removalRemedy, removalStatement } from '../definitions/removal-statements.js'

interface Use {
  /** As pg_identify_object says. */
  readonly type: string
  readonly object: string
  readonly table: string
}

/** The attribute number of the hidden column. */
const oidColumn = -2

/** A view depends by its rule; the other rules stand for themselves. What hangs on a unique index comes before it. */
const usesSql = `
  select i.type, i.identity as object, ${identity('pg_class', 'c.oid')} as table
    from pg_catalog.pg_depend d
    join pg_catalog.pg_class c on c.oid = d.refobjid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_rewrite r
      on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid and r.rulename = '_RETURN'
   cross join lateral pg_catalog.pg_identify_object(
           case when r.oid is null then d.classid else 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid end,
           coalesce(r.ev_class, d.objid), 0) i
   where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid = ${oidColumn}
     and ${isUsersRelation('c', 'n')}
   group by 1, 2, 3
   order by pg_catalog.max(d.deptype) desc, 2`

const tablesSql = `
  select ${identity('pg_class', 'c.oid')} as object
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relhasoids and c.relkind in ('r', 'p') and ${isUsersRelation('c', 'n')} order by 1`

export const removedOids: DatabaseCheck = {
  name: 'removed-oids',
  scope: 'database',
  subject: 'tables WITH OIDS',
  worst: 'blocking',
  async run({ source, target, sourceSession }) {
    if (source.facts.major >= 12 || target.facts.major < 12) return []
    const uses = await sourceSession.query<Use>(usesSql)
    const tables = await sourceSession.query<{ object: string }>(tablesSql)
    return [...uses.map(describeUse), ...tables.map(describeTable)]
  },
}

function describeUse({ type, object, table }: Use): Found {
  return {
    severity: 'blocking',
    object,
    message: `The ${type} ${object} is built on the hidden column oid of ${table}, which is WITH OIDS. PostgreSQL 12 removed those: the restore would fail on it.`,
    remedy: remedyOf(type, object),
  }
}

function remedyOf(type: string, object: string): string {
  // A key may be of any kind, and goes as a check does.
  if (type === 'table constraint') return removalRemedy('check constraint', object, 'oid')
  if (type === 'rule') return `-- on the source; create it again without oid\ndrop rule ${object};`
  return removalStatement(type, object) === undefined
    ? `On the source, drop the ${type} ${object}, or define it without oid.`
    : removalRemedy(type, object, 'oid')
}

function describeTable({ object }: { readonly object: string }): Found {
  return {
    severity: 'warning',
    object,
    message: `The table ${object} is WITH OIDS, which PostgreSQL 12 removed. Its rows are moved, the values of its hidden column oid are lost.`,
    remedy: `-- on the source: keep the values in a column, if anything uses them\nalter table ${object} add column old_oid bigint;\nupdate ${object} set old_oid = oid::bigint;\n-- then, when nothing asks for the hidden column any more\nalter table ${object} set without oids;`,
  }
}
