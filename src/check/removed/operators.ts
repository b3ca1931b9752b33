/** Operators of the system that the source's objects use and the target no longer has. */
import { QueryError } from '../../errors.js'
import type { Session } from '../../server/index.js'
import { holder, storedExpressions, tryStatement } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext } from '../check.js'
import { removalRemedy } from '../definitions/removal-statements.js'
import { familyMembers } from './family-members.js'

interface Operator {
  readonly name: string
  readonly left: string | null
  readonly right: string | null
}

interface OperatorUse extends Operator {
  readonly kind: string
  readonly object: string
}

export const removedOperator: DatabaseCheck = {
  name: 'removed-operator',
  scope: 'database',
  subject: 'whether the target knows every operator of the system in use',
  worst: 'blocking',
  async run(context) {
    const used = await readOperators(context)
    const missing = await missingOperators(context.targetSession, used)
    if (missing.size === 0) return []
    const uses = await readOperators<OperatorUse>(context, `, e.kind, ${holder} as object`)
    return uses
      .filter((use) => missing.has(operatorCall(use)))
      .map(({ name, left, right, kind, object }) => ({
        severity: 'blocking',
        object,
        message: `The ${kind} ${object} uses the operator ${[left, name, right].filter((part) => part !== null).join(' ')}, which PostgreSQL ${context.target.facts.major} does not have.`,
        remedy: removalRemedy(kind, object, `the operator (for "!", factorial() takes its place)`),
      }))
  },
}

/** Operators between pseudo-types are left out: what they resolve to depends on their arguments. */
function readOperators<T extends Operator>(
  { source, sourceSession }: DatabaseContext,
  more = '',
): Promise<T[]> {
  return sourceSession.query<T>(
    `select distinct o.oprname::pg_catalog.text as name, l.typname::pg_catalog.text as "left",
            r.typname::pg_catalog.text as "right"${more}
       from (select s.kind, s.catalog, s.oid, s.part, m.ids[1]::pg_catalog.oid
               from (${storedExpressions(source.facts.major)}) s,
                    pg_catalog.regexp_matches(s.tree, ':opno (\\d+)', 'g') m (ids)
             union all ${familyMembers('pg_amop', 'amop', 'amopopr')}) e (kind, catalog, oid, part, operator)
       join pg_catalog.pg_operator o on o.oid = e.operator
       left join pg_catalog.pg_type l on l.oid = o.oprleft
       left join pg_catalog.pg_type r on r.oid = o.oprright
      where o.oid < 16384 and coalesce(l.typtype, 'b') <> 'p' and coalesce(r.typtype, 'b') <> 'p'
      order by ${more === '' ? '1, 2, 3' : '4, 5'}`,
  )
}

/** The operator applied to nulls of its types; what the target says to it is the truth. */
function operatorCall({ name, left, right }: Operator): string {
  const argument = (type: string | null) =>
    type === null ? '' : ` null::pg_catalog."${type.replaceAll('"', '""')}"`
  return `select${argument(left)} operator(pg_catalog.${name})${argument(right)}`
}

async function missingOperators(session: Session, uses: readonly Operator[]): Promise<Set<string>> {
  const missing = new Set<string>()
  for (const call of new Set(uses.map(operatorCall))) {
    const error = await tryStatement(session, call)
    if (error === undefined) continue
    // 42883 undefined function, 42601 syntax error, 42704 undefined type, 0A000 postfix operators
    const state = error instanceof QueryError ? error.sqlState : undefined
    if (state === undefined || !['42883', '42601', '42704', '0A000'].includes(state)) {
      throw error
    }
    missing.add(call)
  }
  return missing
}
