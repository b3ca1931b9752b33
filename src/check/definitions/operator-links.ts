/** Operators whose commutator or negator has another one itself: newer servers let each be claimed once. */
import { identity, isUsers } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'

/** A minor that was seen to take a second operator with the same negator; the majors not named do so in all of theirs. */
const lastTaking: Readonly<Record<number, number>> = { 14: 140_023, 15: 150_018, 16: 160_014 }

/** 17 brought the error, and the minors of November 2026 have it too (15.20). */
export function refusesSecondLink(major: number, versionNumber: number): boolean {
  return major >= 17 || versionNumber > (lastTaking[major] ?? Infinity)
}

interface Operator {
  readonly object: string
  /** The clauses that no other operator agrees with: `negator public.>>=(integer,integer)`. */
  readonly claims: readonly string[]
  /** CREATE OPERATOR without these. */
  readonly definition: string
  /** Quoted. */
  readonly owner: string
  /** CREATE OPERATOR does not have it; as a literal. */
  readonly comment: string | null
}

const named = (catalog: 'pg_operator' | 'pg_proc', prefix: 'opr' | 'pro', oid: string) =>
  `(select pg_catalog.quote_ident(n.nspname) || '.' || ${prefix === 'opr' ? 'x.oprname' : `pg_catalog.quote_ident(x.proname)`}
      from pg_catalog.${catalog} x join pg_catalog.pg_namespace n on n.oid = x.${prefix}namespace where x.oid = ${oid})`

/** By these pg_dump orders operators, with the bytes of their names; of one name in one schema, its releases do not agree. */
const place = (oid: string) =>
  `(select (n.nspname::pg_catalog.text collate "C", o.oprname::pg_catalog.text collate "C")
      from pg_catalog.pg_operator o join pg_catalog.pg_namespace n on n.oid = o.oprnamespace where o.oid = ${oid})`

/**
 * Whether the dump has the operator before all that could take the link first, and then the other one, which takes the link that it
 * has on the source, before the one that this belongs to. What a function or a type needs stands before them, in another order.
 */
const isFirst = `
  ${place('h.other')} < ${place('h.back')}
  and exists (select from pg_catalog.pg_operator r where r.oid = h.other and r.oprcode <> 0)
  and not exists (
    select from pg_catalog.pg_operator r
     where r.oid <> h.operator
       and (r.oid in (h.other, h.back) or case h.clause when 'negator' then r.oprnegate else r.oprcom end = h.other)
       and (${place('r.oid')} <= ${place('h.operator')}
            or exists (select from pg_catalog.pg_depend d
                        where d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass and d.refobjid = r.oid
                          and d.classid not in ('pg_catalog.pg_amop'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass))))`

const links = `
  select ${identity('pg_operator', 'o.oid')} as object,
         array(select l.clause || ' ' || ${identity('pg_operator', 'l.other')} from link l
                where l.operator = o.oid and l.is_claimed order by 1) as claims,
         'create operator ' || ${named('pg_operator', 'opr', 'o.oid')} || ' (' || pg_catalog.concat_ws(', ',
           'procedure = ' || ${named('pg_proc', 'pro', 'o.oprcode')},
           'leftarg = ' || ${identity('pg_type', 'nullif(o.oprleft, 0)')},
           'rightarg = ' || ${identity('pg_type', 'nullif(o.oprright, 0)')},
           (select pg_catalog.string_agg(l.clause || ' = operator(' || ${named('pg_operator', 'opr', 'l.other')} || ')', ', ' order by l.clause)
              from link l where l.operator = o.oid and not l.is_claimed),
           'restrict = ' || ${named('pg_proc', 'pro', 'o.oprrest')},
           'join = ' || ${named('pg_proc', 'pro', 'o.oprjoin')},
           case when o.oprcanhash then 'hashes' end,
           case when o.oprcanmerge then 'merges' end) || ');' as definition,
         pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(o.oprowner)) as owner,
         pg_catalog.quote_literal(pg_catalog.obj_description(o.oid, 'pg_operator')) as comment
    from pg_catalog.pg_operator o
   where exists (select from link l where l.operator = o.oid and l.is_claimed)
   order by 1`

export const operatorLink: DatabaseCheck = {
  name: 'operator-link',
  scope: 'database',
  subject: 'whether commutators and negators of operators agree',
  worst: 'blocking',
  async run({ target, sourceSession }) {
    const { major, version, versionNumber } = target.facts
    if (!refusesSecondLink(major, versionNumber)) return []
    const operators = await sourceSession.query<Operator>(
      `with half (operator, clause, other, back) as (
         select o.oid, 'commutator', p.oid, p.oprcom
           from pg_catalog.pg_operator o join pg_catalog.pg_operator p on p.oid = o.oprcom
          where ${isUsers('pg_operator', 'o')}
         union all
         select o.oid, 'negator', p.oid, p.oprnegate
           from pg_catalog.pg_operator o join pg_catalog.pg_operator p on p.oid = o.oprnegate
          where ${isUsers('pg_operator', 'o')}),
       link as (
         select h.operator, h.clause, h.other, b.oid is not null and not (${isFirst}) as is_claimed
           from half h left join pg_catalog.pg_operator b on b.oid = h.back and b.oid <> h.operator)
       ${links}`,
    )
    return operators.map((operator) => describe(operator, version))
  },
}

function describe(
  { object, claims, definition, owner, comment }: Operator,
  version: string,
): Found {
  return {
    severity: 'blocking',
    object,
    message: `The operator ${object} was created with the ${claims.join(' and the ')}, which belongs to another operator itself. PostgreSQL ${version} lets an operator be the commutator or negator of one other only ("is already the negator of operator"), and a dump names another one first: the restore fails on it.`,
    remedy: [
      '-- on the source; what uses the operator has to be dropped first, and created again',
      `drop operator ${object};`,
      definition,
      `alter operator ${object} owner to ${owner};`,
      ...(comment === null ? [] : [`comment on operator ${object} is ${comment};`]),
    ].join('\n'),
  }
}
