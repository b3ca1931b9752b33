/** Tables that the source's role may read, but of which no query can be planned: planning calls functions of their indexes and statistics. */
import { QueryError } from '../../errors.js'
import { quoteIdentifier } from '../../server/index.js'
import { identity, isUsersRelation, tryStatement } from '../catalog.js'
import type { DatabaseContext, Found } from '../check.js'

interface CallingTable {
  readonly object: string
  /** The functions that the role may not call. */
  readonly denied: readonly string[]
  /** The indexes and statistics that call functions of users. */
  readonly callers: readonly string[]
}

/** What the system's own functions are called by is in no pg_depend: they are everybody's. */
const tablesSql = `
  with calls (caller, classid, relation, function) as (
    select d.objid, d.classid, coalesce(x.indrelid, s.stxrelid), coalesce(o.oprcode::pg_catalog.oid, d.refobjid)
      from pg_catalog.pg_depend d
      left join pg_catalog.pg_index x
        on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and x.indexrelid = d.objid
       and (x.indexprs is not null or x.indpred is not null)
      left join pg_catalog.pg_statistic_ext s
        on d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass and s.oid = d.objid
      left join pg_catalog.pg_operator o
        on d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass and o.oid = d.refobjid
     where d.refclassid in ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
       and d.refobjid >= 16384 and coalesce(x.indexrelid, s.oid) is not null
  )
  select ${identity('pg_class', 'c.oid')} as object,
         coalesce(pg_catalog.array_agg(distinct ${identity('pg_proc', 'k.function')})
           filter (where not pg_catalog.has_function_privilege(k.function, 'execute')), '{}') as denied,
         pg_catalog.array_agg(distinct i.type || ' ' || i.identity) as callers
    from calls k
    join pg_catalog.pg_class c on c.oid = k.relation
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   cross join lateral pg_catalog.pg_identify_object(k.classid, k.caller, 0) i
   where c.relkind = 'r' and ${isUsersRelation('c', 'n')}
     and pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select')
     and not pg_catalog.row_security_active(c.oid)
   group by c.oid
   order by 1`

/**
 * COPY of a table plans nothing, so that a dump succeeds; the comparison of rows does not, and neither does the method copy, which
 * reads ranges of pages. A superuser is refused no call.
 */
export async function findRefusedCalls({
  source,
  sourceSession,
  method,
  isCompared = true,
}: DatabaseContext): Promise<Found[]> {
  const isQueried = isCompared || method === 'copy' || method === 'auto'
  if (source.facts.isSuperuser || !isQueried) return []
  const found: Found[] = []
  for (const table of await sourceSession.query<CallingTable>(tablesSql)) {
    const error = await tryStatement(sourceSession, `explain select 1 from only ${table.object}`)
    if (error === undefined) continue
    if (!(error instanceof QueryError)) throw error
    // It was locked, or took too long: that is no refusal.
    if (error.sqlState === '55P03' || error.sqlState === '57014') continue
    found.push(describe(table, quoteIdentifier(source.facts.user), error))
  }
  return found
}

function describe({ object, denied, callers }: CallingTable, user: string, error: QueryError) {
  const isDenied = error.sqlState === '42501' && denied.length > 0
  return {
    severity: 'blocking' as const,
    object,
    message: `The role ${user} cannot query ${object}, as to compare its rows: to plan a query, the server calls the functions that stand with constants in ${callers.join(', ')}, and one is refused: ${error.message}`,
    remedy: isDenied
      ? [
          '-- on the source, as the owner or a superuser',
          ...denied.map((each) => `grant execute on function ${each} to ${user};`),
        ].join('\n')
      : `Let the functions that are called return to ${user} too, with EXECUTE on all that they call; or drop what calls them on the source, and create it on the target after the upgrade.`,
  }
}
