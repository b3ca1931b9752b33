/** Features that a later major removed, by the rules of pg_upgrade's own checks. */
import { QueryError } from '../../errors.js'
import type { Severity } from '../../report/report.js'
import { quoteIdentifier, quoteLiteral } from '../../server/index.js'
import { identity, isUsers, isUsersRelation, tryStatement } from '../catalog.js'
import type { Check, DatabaseCheck, DatabaseContext, Found, ServerCheck } from '../check.js'

/** True when the move crosses the major that removed something. */
function crosses({ source, target }: Pick<DatabaseContext, 'source' | 'target'>, major: number) {
  return source.facts.major < major && target.facts.major >= major
}

const postfixOperator: DatabaseCheck = {
  name: 'removed-postfix-operator',
  scope: 'database',
  subject: 'postfix operators',
  worst: 'blocking',
  async run(context) {
    if (!crosses(context, 14)) return []
    const rows = await context.sourceSession.query<{ object: string }>(
      `select ${identity('pg_operator', 'o.oid')} as object from pg_catalog.pg_operator o
        where o.oprright = 0 and ${isUsers('pg_operator', 'o')} order by 1`,
    )
    return rows.map(({ object }) => ({
      severity: 'blocking',
      object,
      message: `The operator ${object} stands behind its argument. PostgreSQL 14 removed postfix operators.`,
      remedy: `-- on the source; call the function behind the operator instead\ndrop operator ${object};`,
    }))
  },
}

/** The functions whose arguments became anycompatible in 14 (pg_upgrade, check_for_incompatible_polymorphics). */
const polymorphic = `array[
  'array_append(anyarray,anyelement)', 'array_cat(anyarray,anyarray)',
  'array_prepend(anyelement,anyarray)', 'array_remove(anyarray,anyelement)',
  'array_replace(anyarray,anyelement,anyelement)', 'array_position(anyarray,anyelement)',
  'array_position(anyarray,anyelement,integer)', 'array_positions(anyarray,anyelement)',
  'width_bucket(anyelement,anyarray)']::pg_catalog.regprocedure[]`
const polymorphicTypes = `array['anyarray', 'anyelement']::pg_catalog.regtype[]`

const polymorphics: DatabaseCheck = {
  name: 'removed-polymorphic',
  scope: 'database',
  subject: 'aggregates and operators built on array functions',
  worst: 'blocking',
  async run(context) {
    if (!crosses(context, 14)) return []
    const rows = await context.sourceSession.query<{ kind: string; object: string }>(
      `select 'aggregate' as kind, ${identity('pg_proc', 'f.oid')} as object
         from pg_catalog.pg_proc f join pg_catalog.pg_aggregate a on a.aggfnoid = f.oid
        where ${isUsers('pg_proc', 'f')} and a.aggtranstype = any(${polymorphicTypes})
          and (a.aggtransfn = any(${polymorphic}) or a.aggfinalfn = any(${polymorphic})
               or a.aggcombinefn = any(${polymorphic}))
       union all
       select 'operator', ${identity('pg_operator', 'o.oid')} from pg_catalog.pg_operator o
        where ${isUsers('pg_operator', 'o')} and o.oprcode = any(${polymorphic})
          and (o.oprleft = any(${polymorphicTypes}) or o.oprright = any(${polymorphicTypes}))
        order by 1, 2`,
    )
    return rows.map(({ kind, object }) => ({
      severity: 'blocking',
      object,
      message: `The ${kind} ${object} is built on an array function whose arguments are anycompatible since PostgreSQL 14; it cannot be created there as it is.`,
      remedy: `-- on the source: drop it, and after the upgrade create it with anycompatiblearray and anycompatible\ndrop ${kind} ${object};`,
    }))
  },
}

const conversion: DatabaseCheck = {
  name: 'removed-conversion',
  scope: 'database',
  subject: 'user-defined encoding conversions',
  worst: 'blocking',
  async run(context) {
    if (!crosses(context, 14)) return []
    const rows = await context.sourceSession.query<{ object: string; builtIn: string | null }>(
      `select ${identity('pg_conversion', 'v.oid')} as object,
              case f.pronamespace when 'pg_catalog'::pg_catalog.regnamespace
                   then f.proname::pg_catalog.text end as "builtIn"
         from pg_catalog.pg_conversion v join pg_catalog.pg_proc f on f.oid = v.conproc
        where ${isUsers('pg_conversion', 'v')} order by 1`,
    )
    // A dump names the function without its arguments, and the target's own has the new form.
    const known = await context.targetSession.query<{ name: string }>(
      `select proname::pg_catalog.text as name from pg_catalog.pg_proc
        where pronamespace = 'pg_catalog'::pg_catalog.regnamespace and pronargs = 6
          and proname::pg_catalog.text = any($1::pg_catalog.text[])`,
      [rows.flatMap(({ builtIn }) => builtIn ?? [])],
    )
    const changed = rows.filter(({ builtIn }) => !known.some(({ name }) => name === builtIn))
    return changed.map(({ object }) => ({
      severity: 'blocking',
      object,
      message: `The encoding conversion ${object} uses a function of a form that PostgreSQL 14 changed.`,
      remedy: `-- on the source; after the upgrade create it again with a function of the new form\ndrop conversion ${object};`,
    }))
  },
}

/** Names starting with pg_ are the system's since 9.6; older roles may have kept theirs. */
const reservedRole: ServerCheck = {
  name: 'reserved-role',
  scope: 'server',
  subject: 'roles with reserved names',
  worst: 'blocking',
  async run({ sourceSession }) {
    const rows = await sourceSession.query<{ name: string }>(
      `select rolname::pg_catalog.text as name from pg_catalog.pg_roles
        where rolname like 'pg\\_%' and oid >= 16384 order by 1`,
    )
    return rows.map(({ name }) => ({
      severity: 'blocking',
      object: name,
      message: `The role ${quoteIdentifier(name)} has a name that starts with "pg_", which is reserved; the target refuses to create it.`,
      // ALTER ROLE refuses to touch a reserved name as well.
      remedy: `-- on the source, as a superuser\nupdate pg_catalog.pg_authid set rolname = ${quoteLiteral(`was_${name}`)} where rolname = ${quoteLiteral(name)};`,
    }))
  },
}

interface SystemView {
  readonly kind: string
  readonly object: string
  readonly definition: string
  /** Relations of the system that it reads. */
  readonly relations: readonly string[]
  readonly readsUsersRelations: boolean
  /** Columns of the relations of users that it reads. */
  readonly usersColumns: readonly string[] | null
}

const systemView: DatabaseCheck = {
  name: 'removed-system-column',
  scope: 'database',
  subject: 'views on system catalogs',
  worst: 'blocking',
  async run(context) {
    const found: Found[] = []
    for (const view of await readSystemViews(context)) {
      const refusal = await refusalOf(context, view)
      if (refusal === undefined) continue
      found.push({
        severity: refusal.severity,
        object: view.object,
        message: `The ${view.kind} ${view.object} reads ${view.relations.join(', ')} in a way that PostgreSQL ${context.target.facts.major} does not know: ${refusal.reason}.`,
        remedy: `-- on the source; create it again for the new catalogs after the upgrade\ndrop ${view.kind} ${view.object};`,
      })
    }
    return found
  },
}

function readSystemViews({ sourceSession }: DatabaseContext): Promise<SystemView[]> {
  return sourceSession.query<SystemView>(
    `with used as (
       select c.oid, c.relkind, m.ids[1]::pg_catalog.oid as relation
         from pg_catalog.pg_class c
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         join pg_catalog.pg_rewrite r on r.ev_class = c.oid,
              pg_catalog.regexp_matches(r.ev_action::text, ':relid (\\d+)', 'g') m (ids)
        where c.relkind in ('v', 'm') and ${isUsersRelation('c', 'n')}
          and m.ids[1]::pg_catalog.oid <> c.oid and m.ids[1] <> '0')
     select case u.relkind when 'm' then 'materialized view' else 'view' end as kind,
            ${identity('pg_class', 'u.oid')} as object, pg_catalog.pg_get_viewdef(u.oid) as definition,
            array_agg(distinct s.relname::pg_catalog.text)
              filter (where s.oid < 16384) as relations,
            bool_or(s.oid >= 16384) as "readsUsersRelations",
            (select array_agg(distinct a.attname::pg_catalog.text)
               from used o join pg_catalog.pg_attribute a on a.attrelid = o.relation
              where o.oid = u.oid and o.relation >= 16384) as "usersColumns"
       from used u join pg_catalog.pg_class s on s.oid = u.relation
      group by u.oid, u.relkind having bool_or(s.oid < 16384) order by 2`,
  )
}

interface Refusal {
  readonly severity: Severity
  readonly reason: string
}

/**
 * Why the target would not create the view. Where it reads nothing of a user's, the target itself is asked to
 * plan it. It cannot say where the view has a function, a type or a sampling method that only the source's database has;
 * there, as where users' relations are read, the names of columns that are gone are looked for, which is mistaken only
 * where something of a user's has a column of that name too.
 */
async function refusalOf(
  { sourceSession, targetSession }: DatabaseContext,
  view: SystemView,
): Promise<Refusal | undefined> {
  if (!view.readsUsersRelations) {
    const query = view.definition.replace(/;\s*$/, '')
    const error = await tryStatement(targetSession, `explain (analyze false) ${query}`)
    if (error === undefined) return undefined
    // 42P01 undefined table, 42703 undefined column
    if (error instanceof QueryError && /^(?:42P01|42703)$/.test(error.sqlState ?? '')) {
      return { severity: 'blocking', reason: error.message.split(' (SQLSTATE')[0] ?? error.message }
    }
  }
  const [before, after] = await Promise.all(
    [sourceSession, targetSession].map((session) => readColumns(session, view.relations)),
  )
  const gone = (before ?? []).filter((column) => !(after ?? []).includes(column))
  const named = gone.find((column) =>
    new RegExp(`(?<![\\w$]|\\bAS )${escapePattern(column)}(?![\\w$])`).test(view.definition),
  )
  if (named === undefined) return undefined
  const isCertain = view.usersColumns?.includes(named) !== true
  return {
    severity: isCertain ? 'blocking' : 'warning',
    reason: `the column ${named} is gone`,
  }
}

async function readColumns(
  session: DatabaseContext['sourceSession'],
  relations: readonly string[],
): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `select distinct a.attname::pg_catalog.text as name
       from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
      where c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace and a.attnum > 0
        and c.relname::pg_catalog.text = any($1::pg_catalog.text[])`,
    [relations],
  )
  return rows.map(({ name }) => name)
}

function escapePattern(text: string): string {
  return text.replaceAll(/[^\w]/g, '\\$&')
}

export const removedFeatureChecks: readonly Check[] = [
  postfixOperator,
  polymorphics,
  conversion,
  reservedRole,
  systemView,
]
