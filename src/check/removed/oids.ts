/** Tables WITH OIDS, which servers and client tools of 12 no longer have, and what is built on their hidden column. */
import { freeName, identity, isUsersRelation } from '../catalog.js'
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

interface Table {
  readonly object: string
  /** Those of its parents that are WITH OIDS, from which it has the hidden column. */
  readonly parents: readonly string[]
  /** The table and those below it that keep the column when their parents lose it, parents first. */
  readonly own: readonly string[]
  /** Quoted; no table has a column of this name. */
  readonly column: string
}

/** The values go into a column of the same name in all tables, so that it is one in a child of several. */
const tablesSql = `
  with recursive tree (root, oid, depth) as (
    select c.oid, c.oid, 0
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relhasoids and c.relkind in ('r', 'p') and ${isUsersRelation('c', 'n')}
    union
    select t.root, i.inhrelid, t.depth + 1 from tree t join pg_catalog.pg_inherits i on i.inhparent = t.oid
  ),
  own (root, tables) as (
    select w.root, pg_catalog.array_agg(${identity('pg_class', 'w.oid')} order by w.depth, w.oid)
      from (select t.root, t.oid, pg_catalog.max(t.depth) as depth from tree t group by 1, 2) w
      join pg_catalog.pg_attribute a on a.attrelid = w.oid and a.attnum = ${oidColumn} and a.attislocal
     group by 1
  )
  select ${identity('pg_class', 't.oid')} as object,
         array(select ${identity('pg_class', 'p.oid')} from pg_catalog.pg_inherits i
                 join pg_catalog.pg_class p on p.oid = i.inhparent
                where i.inhrelid = t.oid and p.relhasoids order by i.inhseqno) as parents,
         coalesce(w.tables, '{}') as own,
         ${freeName(`'old_oid'`, 'select from pg_catalog.pg_attribute a where a.attname = f.name')} as column
    from tree t left join own w on w.root = t.root
   where t.depth = 0 order by 1`

export const removedOids: DatabaseCheck = {
  name: 'removed-oids',
  scope: 'database',
  subject: 'tables WITH OIDS',
  worst: 'blocking',
  async run({ source, target, toolsMajor = target.facts.major, sourceSession }) {
    if (source.facts.major >= withoutOids) return []
    const fate = fateOf(target.facts.major, toolsMajor)
    const uses = fate.isGone ? await sourceSession.query<Use>(usesSql) : []
    const tables = await sourceSession.query<Table>(tablesSql)
    return [
      ...uses.map((use) => describeUse(use, fate)),
      ...tables.map((table) => describeTable(table, fate)),
    ]
  },
}

/** What becomes of the hidden column. */
interface Fate {
  readonly isGone: boolean
  /** The end of a sentence about a table WITH OIDS. */
  readonly why: string
}

const withoutOids = 12

function fateOf(targetMajor: number, toolsMajor: number): Fate {
  if (targetMajor >= withoutOids) return { isGone: true, why: ', which PostgreSQL 12 removed' }
  return toolsMajor >= withoutOids
    ? { isGone: true, why: ', which client tools since 12 do not dump' }
    : { isGone: false, why: '' }
}

function describeUse({ type, object, table }: Use, { why }: Fate): Found {
  return {
    severity: 'blocking',
    object,
    message: `The ${type} ${object} is built on the hidden column oid of ${table}, which is WITH OIDS${why}: the restore would fail on it.`,
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

function describeTable({ object, parents, own, column }: Table, { isGone, why }: Fate): Found {
  const values = isGone
    ? 'are lost'
    : 'are new ones, unless "pg-dump-args" holds "--oids", which the method "copy" does not take'

  const without = own.map((table) => `alter table ${table} set without oids;`)
  return {
    severity: 'warning',
    object,
    message: `The table ${object} is WITH OIDS${why}. Its rows are moved, the values of its hidden column oid ${values}.`,
    // ALTER TYPE … USING reads the values without triggers, rules and policies, of children as well.
    remedy:
      parents.length > 0
        ? `On the source, do what is said of ${parents.join(', ')}: the hidden column comes from there, and its values are kept and removed with those of the parent.`
        : `-- on the source: keep the values in a column, and remove the hidden one, when nothing asks for it any more\nbegin;\nalter table ${object} add column ${column} bigint;\nalter table ${object} alter column ${column} type bigint using oid::bigint;\n${without.join('\n')}\ncommit;`,
  }
}
