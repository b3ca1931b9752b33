/** Makes an administrator who is no superuser a member of the roles that own things, for as long as a run lasts. */
import { QueryError } from '../errors.js'
import {
  quoteIdentifier,
  readShownRoles,
  type Server,
  type ServerFacts,
  type Session,
} from '../server/index.js'
import { isProviderRole } from './provider-roles.js'

/** A role whose membership is lent to the administrator. */
export interface BorrowedRole {
  readonly role: string
  /** What the administrator had granted to itself before (16 and later); null for nothing. */
  readonly previous: { readonly inherit: boolean; readonly set: boolean } | null
}

export interface Borrowing {
  /** What has to be given back with `returnRoles`. */
  readonly borrowed: readonly BorrowedRole[]
  /** Every role to which the administrator can now give objects, itself included. */
  readonly usable: ReadonlySet<string>
}

/**
 * Borrows every role that owns or grants something on the source and exists on the target. To give an object
 * to another role, its owner must be able to SET that role (up to 15: be a member of it), and to go on working
 * with the object afterwards must inherit from it. `onBorrow` is told before each grant. A superuser needs and
 * gets nothing.
 */
export async function borrowRoles(
  source: Server,
  target: Server,
  onBorrow: (borrowed: BorrowedRole) => void,
): Promise<Borrowing> {
  const needed = new Set(await source.withSession(undefined, readNeededRoles))
  return target.withSession(undefined, async (session) => {
    const candidates = await session.query<Candidate>(candidatesQuery(target.facts.major))
    const usable = new Set<string>([target.facts.user])
    const borrowed: BorrowedRole[] = []
    for (const candidate of candidates) {
      const { role, isUsable, previous } = candidate
      if (target.facts.isSuperuser || isUsable) usable.add(role)
      if (usable.has(role) || !needed.has(role) || !isLent(candidate, target.facts)) continue
      const loan = { role, previous }
      onBorrow(loan)
      borrowed.push(loan)
      if (await borrow(session, role, target)) usable.add(role)
    }
    return { borrowed, usable }
  })
}

/** Gives borrowed roles back, exactly as they were. Returns those that could not be, with the reason. */
export async function returnRoles(
  target: Server,
  borrowed: readonly BorrowedRole[],
): Promise<{ readonly role: string; readonly reason: string }[]> {
  if (borrowed.length === 0) return []
  return target.withSession(undefined, async (session) => {
    const failures: { role: string; reason: string }[] = []
    for (const { role, previous } of borrowed) {
      const reason = await tryStatement(session, returnStatement(role, previous, target))
      if (reason !== undefined) failures.push({ role, reason })
    }
    return failures
  })
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
  const candidates = await session.query<Candidate>(
    candidatesQuery(facts.major, 'r.oid = any ($1::pg_catalog.oid[])'),
    [shown],
  )
  const usable = candidates.filter(({ isUsable }) => isUsable || facts.isSuperuser)
  const names = (list: readonly Candidate[]) => new Set(list.map(({ role }) => role))
  return { existing: names(candidates).add(facts.user), usable: names(usable).add(facts.user) }
}

/** The roles of a target that its administrator can act as, or will be able to once it has borrowed them. */
export async function foreseeUsableRoles(
  session: Session,
  facts: ServerFacts,
): Promise<ReadonlySet<string>> {
  const candidates = await session.query<Candidate>(candidatesQuery(facts.major))
  const foreseen = candidates.filter((candidate) => {
    const isBorrowed = facts.canCreateRoles && candidate.isOpen && isLent(candidate, facts)
    return facts.isSuperuser || candidate.isUsable || isBorrowed
  })
  return new Set(foreseen.map(({ role }) => role)).add(facts.user)
}

/** Whether an administrator ever borrows it: membership in a provider's role may change how its members log in (rds_iam). */
function isLent({ role, isSuperuserRole }: Candidate, { provider }: ServerFacts): boolean {
  return !isSuperuserRole && !role.startsWith('pg_') && !isProviderRole(role, provider)
}

interface Candidate {
  readonly role: string
  readonly isUsable: boolean
  /** Whether who has CREATEROLE may make itself a member: up to 15 of any role, later of those that it administers. */
  readonly isOpen: boolean
  readonly isSuperuserRole: boolean
  readonly previous: BorrowedRole['previous']
}

/** 16 parted being a member into INHERIT and SET, and made CREATEROLE administer only what it created. */
function candidatesQuery(major: number, condition = 'true'): string {
  const usable =
    major >= 16
      ? `pg_catalog.pg_has_role(r.oid, 'SET') and pg_catalog.pg_has_role(r.oid, 'USAGE')`
      : `pg_catalog.pg_has_role(r.oid, 'MEMBER')`
  const open = major >= 16 ? `pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION')` : 'true'
  const previous =
    major >= 16
      ? `(select pg_catalog.json_build_object('inherit', m.inherit_option, 'set', m.set_option)
            from pg_catalog.pg_auth_members m
            join pg_catalog.pg_roles u on u.oid = m.member and u.oid = m.grantor
           where m.roleid = r.oid and u.rolname = current_user)`
      : 'null::pg_catalog.json'
  return `select r.rolname::pg_catalog.text as role, ${usable} as "isUsable", ${open} as "isOpen",
                 r.rolsuper as "isSuperuserRole", ${previous} as previous
            from pg_catalog.pg_roles r
           where r.rolname <> current_user and ${condition}
           order by r.rolname`
}

/** Roles that own something or stand in privileges, in any database. The bootstrap superuser is never recorded. */
async function readNeededRoles(session: Session): Promise<string[]> {
  const rows = await session.query<{ role: string }>(
    `select r.rolname::pg_catalog.text as role
       from pg_catalog.pg_roles r
      where r.oid = 10
         or r.oid in (select d.refobjid from pg_catalog.pg_shdepend d
                       where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass)
         or r.oid in (select datdba from pg_catalog.pg_database)`,
  )
  return rows.map(({ role }) => role)
}

async function borrow(session: Session, role: string, { facts }: Server): Promise<boolean> {
  const options = facts.major >= 16 ? ' with inherit true, set true' : ''
  const sql = `grant ${quoteIdentifier(role)} to ${quoteIdentifier(facts.user)}${options}`
  return (await tryStatement(session, sql)) === undefined
}

function returnStatement(
  role: string,
  previous: BorrowedRole['previous'],
  { facts }: Server,
): string {
  const [name, user] = [quoteIdentifier(role), quoteIdentifier(facts.user)]
  if (previous !== null) {
    const { inherit, set } = previous
    return `grant ${name} to ${user} with inherit ${String(inherit)}, set ${String(set)}`
  }
  return `revoke ${name} from ${user}${facts.major >= 16 ? ` granted by ${user}` : ''}`
}

/** Why the server refused it; undefined where it did not. */
export async function tryStatement(session: Session, sql: string): Promise<string | undefined> {
  try {
    await session.query(sql)
    return undefined
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    return error.message
  }
}
