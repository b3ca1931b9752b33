/** What asks for the name of the database while it is restored, when it still has the name of a staging database. */
import { isMember, quoteLiteral, regclass } from '../../server/index.js'
import { stagingPrefix } from '../../staging/index.js'
import { filledViews, findsRow, holder, identity, storedExpressions } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'
import { calledOids } from './computed.js'
import { namedWords } from './function-body.js'
import { removalStatement, splitColumn } from './removal-statements.js'
import { callGraph, readKnownNames, readUsersFunctions } from './users-functions.js'

/** In a tree: the function current_database(), and CURRENT_CATALOG. */
const asked = '(:funcid 861|SQLVALUEFUNCTION :op 13) '
/** In the text of a function. */
const words = new Set(['current_database', 'current_catalog', 'information_schema'])

const secondsPerConstraint = 5

/**
 * Views of users are searched, whatever is read of them. Of those of the system and of extensions, information_schema above all,
 * each with a column that nearly nobody reads, those of which something reads a column that is called after the catalog.
 */
const isReadFor = (view: string) => `(
  ${view} >= 16384 and not ${isMember(regclass('pg_class'), view)}
  or exists (select from pg_catalog.pg_depend d
               join pg_catalog.pg_rewrite r on r.oid = d.objid and d.classid = ${regclass('pg_rewrite')}
               join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
              where d.refclassid = ${regclass('pg_class')} and d.refobjid = ${view} and a.attname::pg_catalog.text like '%catalog%'
                and r.ev_class in (select o.relation from used o where o.view = u.view)))`

interface Asking {
  readonly kind: string
  readonly object: string
  /** Without a function of users between. */
  readonly isDirect: boolean
  readonly functions: readonly string[]
  /** Of a check constraint of a table that a restore applies to rows: the table, and the condition as a text. */
  readonly table: string | null
  readonly condition: string | null
}

function readAsking({ source, sourceSession }: DatabaseContext): Promise<Asking[]> {
  return sourceSession.query<Asking>(
    `${filledViews}
     select e.kind, ${holder} as object, e.tree ~ '${asked}' as "isDirect", ${calledOids('e.tree')} as functions,
            ${identity('pg_class', 'k.conrelid')} as table, pg_catalog.pg_get_expr(k.conbin, k.conrelid) as condition
       from (${storedExpressions(source.facts.major)}
              union all
             select 'materialized view', 'pg_catalog.pg_class'::pg_catalog.regclass, u.view, 0, pg_catalog.string_agg(w.ev_action::text, '')
               from used u join pg_catalog.pg_rewrite w on w.ev_class = u.relation and w.ev_type = '1'
              where u.relation = u.view or ${isReadFor('u.relation')}
              group by u.view) e
       left join pg_catalog.pg_constraint k
         on e.kind = 'check constraint' and k.oid = e.oid and k.convalidated
      where e.kind in ('check constraint', 'domain constraint', 'generated column', 'partition key', 'index')
            and not exists (select from pg_catalog.pg_constraint n
                             where e.kind like '% constraint' and n.oid = e.oid and not n.convalidated)
         or e.kind = 'materialized view' and e.oid in (select u.view from used u)
      order by 1, 2`,
  )
}

/** Whether a function asks, or what it calls, as far as its text says so. */
async function askingFunctions(context: DatabaseContext): Promise<(oid: string) => boolean> {
  const { source, sourceSession } = context
  const bound = await sourceSession.query<{ oid: string }>(
    source.facts.major >= 14
      ? `select f.oid::pg_catalog.text as oid from pg_catalog.pg_proc f where f.prosqlbody::text ~ '${asked}'`
      : 'select null::pg_catalog.text as oid where false',
  )
  const bodies = new Set(bound.map(({ oid }) => oid))
  const names = await readKnownNames(context)
  const graph = callGraph(await readUsersFunctions(context), names.functions)
  return (oid) => {
    const caller = graph.byOid(oid)
    if (caller === undefined) return false
    return [...graph.reachedFrom(caller, () => true)].some(
      (each) =>
        bodies.has(each.oid) ||
        each.reads.some((relation) => relation.startsWith('information_schema.')) ||
        namedWords(each.body ?? '').some((word) => words.has(word)),
    )
  }
}

/** Whether a row breaks the condition under the name of a staging database; undefined where that is not seen. */
async function isBroken(
  { sourceSession }: DatabaseContext,
  { table, condition, functions }: Asking,
): Promise<boolean | undefined> {
  // No function of users is called for a check.
  if (table === null || condition === null || functions.length > 0) return undefined
  const name = `${quoteLiteral(`${stagingPrefix}00000000_1`)}::pg_catalog.name`
  const renamed = condition.replaceAll(/\bcurrent_database\(\)|\bCURRENT_CATALOG\b/g, name)
  return findsRow(
    sourceSession,
    secondsPerConstraint,
    `select 1 from ${table} where not (${renamed}) limit 1`,
  )
}

export const currentDatabase: DatabaseCheck = {
  name: 'current-database',
  scope: 'database',
  subject: 'what asks for the name of the database while it is restored',
  worst: 'blocking',
  async run(context) {
    const read = await readAsking(context)
    const called = read.some(({ functions }) => functions.length > 0)
    const asks = called ? await askingFunctions(context) : () => false
    const found: Found[] = []
    const seen = new Set<string>()
    for (const each of read) {
      if (!each.isDirect && !each.functions.some(asks)) continue
      // A materialized view is read by itself, and with the views that it reads.
      const key = `${each.kind} ${each.object}`
      if (seen.has(key)) continue
      seen.add(key)
      const broken = each.isDirect ? await isBroken(context, each) : undefined
      if (broken !== false) found.push(describe(each, broken === true, context))
    }
    return found
  },
}

const consequences: Readonly<Record<string, string>> = {
  'materialized view': 'Filled then, it may hold that name on the target.',
  index: 'Built then, it may lack rows, or find wrong ones.',
  'generated column':
    'Computed then, it may hold other values on the target, which is a difference.',
}

function describe(asking: Asking, isBroken: boolean, { database, source }: DatabaseContext): Found {
  const { kind, object } = asking
  const consequence = isBroken
    ? 'Rows break it then, and the restore would fail.'
    : (consequences[kind] ?? 'Rows may be refused then, and the restore fails.')
  return {
    severity: isBroken ? 'blocking' : 'warning',
    object,
    message: `The ${kind} ${object} asks for the name of the database, which is ${stagingPrefix}… until it is published. ${consequence}`,
    ...remedyOf(asking, database, source.facts.major),
  }
}

/** What comes after the upgrade is not run where the check has looked. */
function remedyOf(
  { kind, object }: Asking,
  database: string,
  major: number,
): Pick<Found, 'remedy' | 'remedyInDatabase'> {
  const afterwards = `-- on the target, in the database ${JSON.stringify(database)}, after the upgrade\n`
  if (kind === 'materialized view') {
    return { remedy: `${afterwards}refresh materialized view ${object};`, remedyInDatabase: false }
  }
  if (kind === 'index')
    return { remedy: `${afterwards}reindex index ${object};`, remedyInDatabase: false }
  const { relation, column } = splitColumn(object)
  const statement =
    kind === 'generated column' && major >= 13
      ? `alter table ${relation} alter column ${column} drop expression;`
      : removalStatement(kind, object)
  return {
    remedy:
      statement === undefined
        ? `On the source, define the ${kind} of ${object} without the name of the database.`
        : `-- on the source; give it back after the upgrade\n${statement}`,
  }
}
