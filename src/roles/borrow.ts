/** Makes an administrator who is no superuser a member of the roles that own things, for as long as a run lasts. */
import { QueryError } from '../errors.js'
import { quoteIdentifier, quoteLiteral, type Server, type Session } from '../server/index.js'
import { isLent, readCandidates } from './usable.js'

/** A role whose membership is lent to the administrator. */
export interface BorrowedRole {
  readonly role: string
  /**
   * Whom the target recorded as the grantor: where the administrator has the ADMIN option only through another role, that
   * one (16 and later). Null up to 15, where a membership is one for all grantors.
   */
  readonly grantor: string | null
  /** What that grantor had granted to the administrator before (16 and later); null for nothing. */
  readonly previous: MembershipOptions | null
}

interface MembershipOptions {
  readonly inherit: boolean
  readonly set: boolean
}

export interface Borrowing {
  /** What has to be given back with `returnRoles`. */
  readonly borrowed: readonly BorrowedRole[]
  /** Roles that the target did not lend, with its reason. */
  readonly refused: readonly RefusedRole[]
}

export interface RefusedRole {
  readonly role: string
  readonly reason: string
}

/**
 * Borrows every role that owns or grants something on the source and exists on the target, and the owners of the target's
 * `databases`, whose place is taken. To give an object to another role, its owner must be able to SET that role (up to
 * 15: be a member of it), and to go on working with the object afterwards must inherit from it. `onBorrow` is told before
 * each grant counts. A superuser needs and gets nothing.
 */
export async function borrowRoles(
  { source, target }: { readonly source: Server; readonly target: Server },
  databases: readonly string[],
  onBorrow: (borrowed: BorrowedRole) => void,
): Promise<Borrowing> {
  const { facts } = target
  if (facts.isSuperuser) return { borrowed: [], refused: [] }
  const needed = new Set(await source.withSession(undefined, readNeededRoles))
  return target.withSession(undefined, async (session) => {
    for (const role of await readDatabaseOwners(session, databases)) needed.add(role)
    const borrowed: BorrowedRole[] = []
    for (;;) {
      const refused: RefusedRole[] = []
      const before = borrowed.length
      for (const candidate of await readCandidates(session, facts.major)) {
        const { role, isUsable } = candidate
        if (isUsable || !needed.has(role) || !isLent(candidate, facts)) continue
        const answer = await borrow(session, role, target, onBorrow)
        if (typeof answer === 'string') refused.push({ role, reason: answer })
        else borrowed.push(answer)
      }
      // With what is borrowed may come the ADMIN option on what was refused.
      if (borrowed.length === before || refused.length === 0) return { borrowed, refused }
    }
  })
}

/** Gives borrowed roles back, exactly as they were. Returns those that could not be, with the reason. May be done twice. */
export async function returnRoles(
  target: Server,
  borrowed: readonly BorrowedRole[],
): Promise<RefusedRole[]> {
  if (borrowed.length === 0) return []
  return target.withSession(undefined, async (session) => {
    const failures: RefusedRole[] = []
    // The first may be what gives the right to give back the others.
    for (const loan of borrowed.toReversed()) {
      if ((await reasonOfRest(session, loan, target)) === undefined) continue
      const reason =
        (await tryStatement(session, returnStatement(loan, target))) ??
        (await reasonOfRest(session, loan, target))
      if (reason !== undefined) failures.push({ role: loan.role, reason })
    }
    return failures
  })
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

/** Only its owner may rename and drop a database (manual, ALTER DATABASE). */
async function readDatabaseOwners(
  session: Session,
  databases: readonly string[],
): Promise<string[]> {
  const rows = await session.query<{ role: string }>(
    `select distinct pg_catalog.pg_get_userbyid(d.datdba)::pg_catalog.text as role
       from pg_catalog.pg_database d
      where d.datname::pg_catalog.text = any($1::pg_catalog.text[])`,
    [databases],
  )
  return rows.map(({ role }) => role)
}

/** Returns the loan, or why there is none. What the target has recorded is told before it counts. */
async function borrow(
  session: Session,
  role: string,
  { facts }: Server,
  onBorrow: (borrowed: BorrowedRole) => void,
): Promise<BorrowedRole | string> {
  const options = facts.major >= 16 ? ' with inherit true, set true' : ''
  const sql = `grant ${quoteIdentifier(role)} to ${quoteIdentifier(facts.user)}${options}`
  await session.query('begin')
  try {
    const before = await readMemberships(session, role, facts.major)
    const reason = await tryStatement(session, sql)
    const after = reason === undefined ? await readMemberships(session, role, facts.major) : []
    const changed = after.find((each) => !before.some((other) => isSame(each, other)))
    if (changed === undefined) {
      await session.query('rollback')
      return reason ?? 'the target has changed nothing'
    }
    const { grantor } = changed
    const previous = before.find((each) => each.grantor === grantor)
    const loan = {
      role,
      grantor,
      previous: previous === undefined ? null : { inherit: previous.inherit, set: previous.set },
    }
    onBorrow(loan)
    await session.query('commit')
    return loan
  } catch (error) {
    await session.query('rollback').catch(() => undefined)
    throw error
  }
}

interface OwnMembership extends MembershipOptions {
  readonly grantor: string | null
}

/** Each grantor's own since 16; up to 15 there is one or none. */
function readMemberships(session: Session, role: string, major: number): Promise<OwnMembership[]> {
  const columns =
    major >= 16
      ? `pg_catalog.pg_get_userbyid(m.grantor)::pg_catalog.text as grantor,
         m.inherit_option as inherit, m.set_option as set`
      : 'null::pg_catalog.text as grantor, true as inherit, true as set'
  return session.query<OwnMembership>(
    `select ${columns}
       from pg_catalog.pg_auth_members m
       join pg_catalog.pg_roles r on r.oid = m.roleid
       join pg_catalog.pg_roles u on u.oid = m.member
      where r.rolname = ${quoteLiteral(role)} and u.rolname = current_user`,
  )
}

function isSame(one: OwnMembership, other: OwnMembership): boolean {
  return one.grantor === other.grantor && one.inherit === other.inherit && one.set === other.set
}

/** What gives a role back, for its borrower or a superuser to run. */
export function returnStatement(
  { role, grantor, previous }: BorrowedRole,
  { facts }: Server,
): string {
  const [name, user] = [quoteIdentifier(role), quoteIdentifier(facts.user)]
  const grantedBy = grantor === null ? '' : ` granted by ${quoteIdentifier(grantor)}`
  if (previous === null) return `revoke ${name} from ${user}${grantedBy}`
  const { inherit, set } = previous
  return `grant ${name} to ${user} with inherit ${String(inherit)}, set ${String(set)}${grantedBy}`
}

/** To revoke what there is not is no error, so that only the catalog tells whether it was that grantor's. */
async function reasonOfRest(
  session: Session,
  { role, grantor, previous }: BorrowedRole,
  { facts }: Server,
): Promise<string | undefined> {
  const now = await readMemberships(session, role, facts.major)
  const left = now.find((each) => each.grantor === grantor)
  const isBack = left === undefined || (previous !== null && isSame(left, { grantor, ...previous }))
  return isBack ? undefined : 'the target has changed nothing'
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
