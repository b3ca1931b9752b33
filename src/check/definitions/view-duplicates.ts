/** Materialized views whose own query has come to yield what their unique indexes forbid: no restore can fill them. */
import { messageOf, QueryError } from '../../errors.js'
import { listed } from '../../report/format.js'
import { filledViews, findsRow, identity } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'
import { callKeys } from './computed.js'

interface UniqueIndex {
  readonly view: string
  readonly index: string
  /** The view's query. */
  readonly definition: string
  /** An expression for each column of the key. */
  readonly keys: string[]
  readonly predicate: string | null
  readonly nullsAreEqual: boolean
  readonly mayBeTried: boolean
}

/**
 * True of a tree that runs no code but the system's, and none that runs what it is told to, as table_to_xml does, or the
 * casts and domains of users, as to_json and jsonb_populate_record do: the owner of a view would have it run as whoever checks.
 */
const runsOnlySystem = (tree: string) => `
  (${tree} !~ '\\{(TABLEFUNC|JSON\\w+) ' and not exists (
    select from pg_catalog.regexp_matches(${tree},
                  ':(${callKeys}|resulttype) ([1-9]\\d*)', 'g') m (ids)
      left join pg_catalog.pg_operator o
        on m.ids[1] in ('opno', 'eqop', 'sortop') and o.oid = m.ids[2]::pg_catalog.oid
      left join pg_catalog.pg_proc f
        on m.ids[1] <> 'resulttype' and f.oid = coalesce(o.oprcode::pg_catalog.oid, m.ids[2]::pg_catalog.oid)
     where coalesce(f.oid::pg_catalog.int8, m.ids[2]::pg_catalog.int8) >= 16384 or f.provolatile = 'v'
        or f.provolatile = 's' and exists (
             select from pg_catalog.unnest(f.proargtypes::pg_catalog.oid[] || f.prorettype) a (type)
               join pg_catalog.pg_type t on t.oid = a.type
              where t.typtype = 'p' or t.oid = 'pg_catalog.xml'::pg_catalog.regtype)))`

/**
 * `needed`: for each view of `used`, all that its query is made of, down to the checks of domains and to the schemas, whose
 * owners may put something else in the place of what is in them.
 */
const neededObjects = `
  needed (view, class, object) as (
    select u.view, 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, u.relation from used u
    union
    select n.view, s.class, s.object
      from needed n
     cross join lateral (
       select d.refclassid, d.refobjid from pg_catalog.pg_depend d
        where d.classid = n.class and d.objid = n.object and d.deptype <> 'e'
       union all
       select w.tableoid, w.oid from pg_catalog.pg_rewrite w
        where n.class = 'pg_catalog.pg_class'::pg_catalog.regclass and w.ev_class = n.object and w.ev_type = '1'
       union all
       select n.class, i.inhrelid from pg_catalog.pg_inherits i
        where n.class = 'pg_catalog.pg_class'::pg_catalog.regclass and i.inhparent = n.object
       union all
       select n.class, x.indexrelid from pg_catalog.pg_index x
        where n.class = 'pg_catalog.pg_class'::pg_catalog.regclass and x.indrelid = n.object
       union all
       select k.tableoid, k.oid from pg_catalog.pg_constraint k
        where n.class = 'pg_catalog.pg_type'::pg_catalog.regclass and k.contypid = n.object
       union all
       select b.tableoid, b.oid
         from pg_catalog.pg_namespace p
         join pg_catalog.pg_roles r on r.oid = p.nspowner and r.rolname = 'pg_database_owner'
         join pg_catalog.pg_database b on b.datname = pg_catalog.current_database()
        where n.class = 'pg_catalog.pg_namespace'::pg_catalog.regclass and p.oid = n.object) s (class, object))`

/**
 * Whoever else owns a part could change it after it has been looked at. What the server was set up with, and what its first
 * superuser owns, is in no pg_shdepend.
 */
const isOfTrusted = (view: string) => `
  not exists (
    select from needed n
      join pg_catalog.pg_shdepend s on s.classid = n.class and s.objid = n.object and s.deptype = 'o'
       and s.dbid in (0, (select b.oid from pg_catalog.pg_database b where b.datname = pg_catalog.current_database()))
      join pg_catalog.pg_roles r on r.oid = s.refobjid
     where n.view = ${view} and not r.rolsuper and r.rolname <> current_user)`

/** Policies may hide from a view's owner what we would see, and another materialized view is filled anew as well. */
function readUniqueIndexes({ source, sourceSession }: DatabaseContext): Promise<UniqueIndex[]> {
  const { major } = source.facts
  return sourceSession.query<UniqueIndex>(
    `${filledViews}, ${neededObjects}, tree (view, text) as (
       select u.view, w.ev_action::text
         from used u join pg_catalog.pg_rewrite w on w.ev_class = u.relation and w.ev_type = '1'
        where u.kind = 'v' or u.relation = u.view)
     select ${identity('pg_class', 'x.indrelid')} as view, ${identity('pg_class', 'x.indexrelid')} as index,
            pg_catalog.rtrim(pg_catalog.pg_get_viewdef(x.indrelid), ';') as definition,
            array(select '(' || pg_catalog.pg_get_indexdef(x.indexrelid, k.n, false) || ')' || coalesce(' collate '
                           || (select ${identity('pg_collation', 'l.oid')} from pg_catalog.pg_collation l
                                where l.oid = x.indcollation[k.n - 1]), '')
                    from pg_catalog.generate_series(1, ${major >= 11 ? 'x.indnkeyatts' : 'x.indnatts'}) k (n)
                   order by k.n) as keys,
            pg_catalog.pg_get_expr(x.indpred, x.indrelid) as predicate,
            ${major >= 15 ? 'x.indnullsnotdistinct' : 'false'} as "nullsAreEqual",
            not exists (select from used u join pg_catalog.pg_class c on c.oid = u.relation
                         where u.view = x.indrelid and u.relation <> u.view
                           and (c.relkind not in ('r', 'p', 'v') or c.relrowsecurity))
            and ${isOfTrusted('x.indrelid')}
            -- What another class of operators takes for equal may not be what GROUP BY does.
            and not exists (select from pg_catalog.pg_opclass o
                             where o.oid = any (x.indclass) and not o.opcdefault and o.opcname not like '%\\_pattern\\_ops')
            and ${runsOnlySystem(`pg_catalog.concat(x.indexprs::text, x.indpred::text)`)}
            and (select pg_catalog.bool_and(${runsOnlySystem('t.text')}) from tree t where t.view = x.indrelid) as "mayBeTried"
       from pg_catalog.pg_index x
      where x.indisunique and x.indisvalid and x.indrelid in (select u.view from used u where u.relation = u.view)
      order by 1, 2`,
  )
}

/** The rows of the view as they would be now, by the key. OFFSET 0 keeps the predicate from being asked of rows that the view does not have. */
function duplicatesOf({ definition, keys, predicate, nullsAreEqual }: UniqueIndex): string {
  const names = keys.map((_, position) => `k${position}`)
  const selected = keys.map((key, position) => `${key} as k${position}`)
  const filled = names.map((name) => `${name} is not null`).join(' and ')
  return `select 1 from (
      select ${selected.join(', ')} from (select * from (${definition}) d offset 0) v where ${predicate ?? 'true'}
    ) k where ${nullsAreEqual ? 'true' : filled}
    group by ${names.join(', ')} having pg_catalog.count(*) > 1 limit 1`
}

const secondsPerIndex = 3
/** At most so many are tried. */
const tried = 20
const shown = 10

type Outcome = 'unique' | 'unknown' | 'duplicates' | Error

async function tryIndex({ sourceSession }: DatabaseContext, index: UniqueIndex): Promise<Outcome> {
  try {
    const found = await findsRow(sourceSession, secondsPerIndex, duplicatesOf(index))
    if (found === undefined) return 'unknown'
    return found ? 'duplicates' : 'unique'
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    // A value that an operator does not take, or a subquery of several rows; REFRESH meets the same. How a date is read
    // depends on the session.
    return /^2(?:1|2(?!00[789]))/.test(error.sqlState ?? '') ? error : 'unknown'
  }
}

export const viewDuplicates: DatabaseCheck = {
  name: 'view-not-fillable',
  scope: 'database',
  subject: 'whether the queries of materialized views keep to their unique indexes',
  worst: 'blocking',
  async run(context) {
    const found: Found[] = []
    const failures = new Map<string, Error>()
    const unknown = new Set<string>()
    let left = tried
    for (const index of await readUniqueIndexes(context)) {
      const outcome = index.mayBeTried && left-- > 0 ? await tryIndex(context, index) : 'unknown'
      if (outcome === 'unknown') unknown.add(index.view)
      else if (outcome === 'duplicates') found.push(notUnique(index))
      else if (outcome !== 'unique') failures.set(index.view, outcome)
    }
    for (const [view, error] of failures) found.push(failing(view, error))
    return unknown.size === 0 ? found : [...found, notTried([...unknown])]
  },
}

function notUnique({ view, index, keys }: UniqueIndex): Found {
  return {
    severity: 'blocking',
    object: index,
    message: `The materialized view ${view} cannot be filled: its query now yields several rows for one value of ${keys.join(', ')}, which its unique index ${index} forbids. A restore fills it anew at its very end, and would be refused; REFRESH MATERIALIZED VIEW on the source is refused as well.`,
    remedy: `-- on the source, unless you correct the rows that the view reads\ndrop index ${index};`,
  }
}

function failing(view: string, error: Error): Found {
  return {
    severity: 'blocking',
    object: view,
    message: `The materialized view ${view} cannot be filled: its query fails. A restore fills it anew at its very end, and would fail as well. The source says: ${messageOf(error)}`,
    remedy: `-- on the source, unless you correct the rows that the view reads\ndrop materialized view ${view};`,
  }
}

function notTried(views: readonly string[]): Found {
  return {
    severity: 'note',
    message: `A restore fills materialized views anew at its very end, and is refused where a query yields several rows for one value of a unique index. It was not seen whether it does, because the query takes more than ${secondsPerIndex} seconds, runs more than the system's own functions on tables that can be read, or has parts that belong to another role than a superuser or the run's own, for: ${listed(views, shown)}.`,
    remedy: `-- on the source, when readers of the views can wait; what is refused there is refused by a restore\n${views
      .slice(0, shown)
      .map((view) => `refresh materialized view ${view};`)
      .join('\n')}`,
  }
}
