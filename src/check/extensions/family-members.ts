/** What users added to operator families that are not theirs: pg_dump writes the members of those families and operator classes that it writes. */
import { isMember, regclass, type Session } from '../../server/index.js'
import { isUsers } from '../catalog.js'
import type { Found } from '../check.js'

interface Member {
  /** As pg_identify_object says. */
  readonly identity: string
  readonly family: string
  /** What adds it. */
  readonly statement: string
}

interface MemberCatalog {
  readonly name: 'pg_amop' | 'pg_amproc'
  /** What begins the names of its columns. */
  readonly prefix: string
  readonly thing: 'pg_operator' | 'pg_proc'
  readonly thingColumn: string
  readonly definition: string
}

const family = (oid: string) =>
  `(select pg_catalog.format('%I.%I', n.nspname, s.opfname) from pg_catalog.pg_opfamily s
      join pg_catalog.pg_namespace n on n.oid = s.opfnamespace where s.oid = ${oid})`

const catalogs: readonly MemberCatalog[] = [
  {
    name: 'pg_amop',
    prefix: 'amop',
    thing: 'pg_operator',
    thingColumn: 'amopopr',
    definition: `pg_catalog.format('operator %s %s', m.amopstrategy, m.amopopr::pg_catalog.regoperator)
                 || coalesce(' for order by ' || ${family('nullif(m.amopsortfamily, 0)')}, '')`,
  },
  {
    name: 'pg_amproc',
    prefix: 'amproc',
    thing: 'pg_proc',
    thingColumn: 'amproc',
    definition: `pg_catalog.format('function %s (%s, %s) %s', m.amprocnum,
                   pg_catalog.format_type(m.amproclefttype, null), pg_catalog.format_type(m.amprocrighttype, null),
                   m.amproc::pg_catalog.regprocedure)`,
  },
]

/** An array belongs to an extension by its element's type: before 17 nothing is said of itself. */
const elementOf = (type: string) =>
  `coalesce((select e.oid from pg_catalog.pg_type y join pg_catalog.pg_type e on e.oid = y.typelem and e.typarray = y.oid
              where y.oid = ${type}), ${type})`

/**
 * The members of a class depend on it, and come with it. Nothing says whose the others are: an extension's script adds some to
 * families, its own or the system's, by the same statement. What is made of something of a user is a user's; what is made of the
 * system's things alone is one in the system's families; all others are an extension's.
 */
function membersSql({ name, prefix, thing, thingColumn, definition }: MemberCatalog): string {
  const parts = [
    [thing, `m.${thingColumn}`],
    ['pg_type', elementOf(`m.${prefix}lefttype`)],
    ['pg_type', elementOf(`m.${prefix}righttype`)],
  ] as const
  const ofUser = parts.map(
    ([catalog, oid]) =>
      `exists (select from pg_catalog.${catalog} p where p.oid = ${oid} and ${isUsers(catalog, 'p')})`,
  )
  const ofExtension = parts.map(([catalog, oid]) => isMember(regclass(catalog), oid))
  return `
    select i.identity, pg_catalog.format('%s using %I', ${family('f.oid')}, a.amname) as family,
           ${definition} as statement
      from pg_catalog.${name} m
      join pg_catalog.pg_opfamily f on f.oid = m.${prefix}family
      join pg_catalog.pg_am a on a.oid = f.opfmethod
     cross join lateral pg_catalog.pg_identify_object('pg_catalog.${name}'::pg_catalog.regclass, m.oid, 0) i
     where m.oid >= 16384 and not (${isUsers('pg_opfamily', 'f')})
       and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.${name}'::pg_catalog.regclass and d.objid = m.oid
                          and d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass)
       and (${ofUser.join(' or ')} or f.oid < 16384 and not (${ofExtension.join(' or ')}))`
}

const sql = `${catalogs.map(membersSql).join('\nunion all\n')} order by 1`

/** Finds the operators and functions that somebody has added to a family which no dump carries. */
export async function findFamilyMembers(session: Session): Promise<Found[]> {
  return (await session.query<Member>(sql)).map(describe)
}

function describe({ identity, family: name, statement }: Member): Found {
  return {
    severity: 'warning',
    object: identity,
    message: `The ${identity} was added to an operator family of the system or of an extension (ALTER OPERATOR FAMILY … ADD), which no dump carries: it would be missing on the target, and the planner would no longer use what indexes and joins it served.`,
    remedy: `-- in the database on the target after the upgrade, as a superuser\nalter operator family ${name} add ${statement};`,
  }
}
