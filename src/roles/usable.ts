/** The roles of a server that its administrator can act as, at this moment or once it has borrowed them. */
import { readShownRoles, type ServerFacts, type Session } from '../server/index.js'
import { isProviderRole } from './provider-roles.js'

/** A role of the target, seen by its administrator. */
export interface Candidate {
  readonly role: string
  readonly isUsable: boolean
  /**
   * Whether it can make itself a member: up to 15 with CREATEROLE of any role; later of those that it administers, itself
   * or through roles whose rights it has or can borrow.
   */
  readonly isOpen: boolean
  /** The members of the administrator to which the role belongs, itself among them: no membership may close a circle. */
  readonly members: readonly string[]
  readonly isSuperuserRole: boolean
}

/** All but the administrator itself. */
export function readCandidates(
  session: Session,
  major: number,
  condition = 'true',
  values: unknown[] = [],
): Promise<Candidate[]> {
  return session.query<Candidate>(candidatesQuery(major, condition), values)
}

/** Whether an administrator ever borrows it: membership in a provider's role may change how its members log in (rds_iam). */
export function isLent({ role, isSuperuserRole }: Candidate, { provider }: ServerFacts): boolean {
  return !isSuperuserRole && !role.startsWith('pg_') && !isProviderRole(role, provider)
}

/**
 * The roles of a server, and those among them that its administrator can act as at this moment; but for those that a
 * database has no characters for, to whom nothing belongs there (`role-name-encoding`).
 */
export async function readUsableRoles(
  session: Session,
  facts: Pick<ServerFacts, 'major' | 'user' | 'isSuperuser'>,
): Promise<{ readonly existing: ReadonlySet<string>; readonly usable: ReadonlySet<string> }> {
  const shown = await readShownRoles(session)
  const condition = 'r.oid = any ($1::pg_catalog.oid[])'
  const candidates = await readCandidates(session, facts.major, condition, [shown])
  const usable = candidates.filter(({ isUsable }) => isUsable || facts.isSuperuser)
  const names = (list: readonly Candidate[]) => new Set(list.map(({ role }) => role))
  return { existing: names(candidates).add(facts.user), usable: names(usable).add(facts.user) }
}

export interface ForeseenRoles {
  /** Those that the administrator can act as, or will be able to once it has borrowed them. */
  readonly usable: ReadonlySet<string>
  /** Those that it would borrow and may not, each with the members of the administrator that stand in the way. */
  readonly withheld: ReadonlyMap<string, readonly string[]>
  /** Those that it never borrows and cannot act as: superusers, PostgreSQL's own and the provider's. */
  readonly reserved: ReadonlySet<string>
  /** Those whose settings it may not change, each with the reason. */
  readonly closed: ReadonlyMap<string, string>
}

/** Foresees what borrowing comes to on a target. */
export async function foreseeUsableRoles(
  session: Session,
  facts: ServerFacts,
): Promise<ForeseenRoles> {
  const usable = new Set([facts.user])
  const withheld = new Map<string, readonly string[]>()
  const reserved = new Set<string>()
  const closed = new Map<string, string>()
  for (const candidate of await readCandidates(session, facts.major)) {
    const { role, isUsable, isOpen, members } = candidate
    const isBorrowed = isLent(candidate, facts) && isOpen && members.length === 0
    if (facts.isSuperuser || isUsable || isBorrowed) usable.add(role)
    else if (isLent(candidate, facts)) withheld.set(role, members)
    else reserved.add(role)
    const reason = facts.isSuperuser ? undefined : reasonClosed(candidate, facts)
    if (reason !== undefined) closed.set(role, reason)
  }
  return { usable, withheld, reserved, closed }
}

/** As ALTER ROLE … SET asks: 16 made CREATEROLE count only for the roles that one administers. */
function reasonClosed(
  { isSuperuserRole, isOpen }: Candidate,
  { major, user, canCreateRoles }: ServerFacts,
): string | undefined {
  const administrator = JSON.stringify(user)
  if (isSuperuserRole) return `it is a superuser there, and ${administrator} is none`
  if (!canCreateRoles) return `${administrator} has no CREATEROLE`
  return major < 16 || isOpen ? undefined : `${administrator} has no ADMIN option on it`
}

/** 16 parted being a member into INHERIT and SET, and made CREATEROLE administer only what it created. */
function candidatesQuery(major: number, condition: string): string {
  const usable =
    major >= 16
      ? `pg_catalog.pg_has_role(r.oid, 'SET') and pg_catalog.pg_has_role(r.oid, 'USAGE')`
      : `pg_catalog.pg_has_role(r.oid, 'MEMBER')`
  const open =
    major >= 16
      ? `exists (select from reached g join pg_catalog.pg_auth_members m on m.member = g.oid
                  where m.roleid = r.oid and m.admin_option)`
      : `u.rolcreaterole or pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION')`
  return `with recursive administrator as (
            select u.oid, u.rolcreaterole from pg_catalog.pg_roles u where u.rolname = current_user
          )${major >= 16 ? `, ${reached}` : ''}
          select r.rolname::pg_catalog.text as role, ${usable} as "isUsable", ${open} as "isOpen",
                 array(select distinct m.rolname::pg_catalog.text
                         from pg_catalog.pg_auth_members a join pg_catalog.pg_roles m on m.oid = a.member
                        where a.roleid = u.oid and pg_catalog.pg_has_role(r.oid, m.oid, 'MEMBER')
                        order by 1) as members,
                 r.rolsuper as "isSuperuserRole"
            from pg_catalog.pg_roles r cross join administrator u
           where r.oid <> u.oid and ${condition}
           order by r.rolname`
}

/** Roles whose rights the administrator has, or has once it has borrowed those that it administers. */
const reached = `reached as (
            select u.oid from administrator u
            union
            select m.roleid
              from reached g
              join pg_catalog.pg_auth_members m on m.member = g.oid
              join pg_catalog.pg_roles o on o.oid = m.roleid
             where m.inherit_option
                or m.admin_option and not o.rolsuper and o.rolname !~ '^pg_'
          )`
