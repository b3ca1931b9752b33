/** Gives a rehearsal the names of roles that the target does not have yet, so that owners and privileges can be tried. */
import { doing, QueryError } from '../errors.js'
import { quoteIdentifier, quoteLiteral, type Server, type Session } from '../server/index.js'
import { tryStatement } from './borrow.js'
import { lentComment } from './role.js'
import type { Step } from './step.js'
import { changeAlone } from './turn.js'

function commentOf({ applicationName }: Server): string {
  return `${lentComment}${applicationName}; it goes when the rehearsal ends.`
}

interface Lent {
  readonly names: readonly string[]
  /** Those of them that will be superusers on the target: only such may own an event trigger or a foreign-data wrapper. */
  readonly superusers: readonly string[]
  readonly memberships: readonly Step[]
}

/**
 * Creates roles that cannot log in, and can do nothing but what they must to own what is theirs. `onRole` is told before each one, so that it can be taken
 * back even after a kill. They go with `takeBackRoles`, when the staging databases are gone, and their memberships with
 * them: an owner may read through these what its materialized views show.
 */
export async function lendRoles(
  target: Server,
  { names, superusers, memberships }: Lent,
  onRole: (name: string) => void,
): Promise<void> {
  if (names.length === 0) return
  const { major, isSuperuser } = target.facts
  await target.withSession(
    undefined,
    async (session) => {
      // By a first attempt, whose connection was lost.
      const already = await readLentRoles(session, commentOf(target))
      for (const name of names) {
        onRole(name)
        const role = quoteIdentifier(name)
        const attribute = superusers.includes(name) ? ' superuser' : ''
        await doing(`create role ${role} for the rehearsal on the target`, async () => {
          if (!already.includes(name)) {
            await session.query(
              `create role ${role} nologin${attribute}; comment on role ${role} is ${quoteLiteral(commentOf(target))}`,
            )
          }
          // From 16 on the session's setting grants this to the creator.
          if (!isSuperuser && major < 16) await session.query(`grant ${role} to current_user`)
        })
      }
      const lent = new Set(names)
      for (const { role: member, subject } of memberships) {
        if (subject?.kind !== 'membership' || !lent.has(member)) continue
        const { role, inherit, set } = subject
        // All by the administrator: a role that has granted something could not be dropped before the others. What is
        // refused has been told when it was tried.
        const options = major >= 16 ? ` with inherit ${String(inherit)}, set ${String(set)}` : ''
        await tryStatement(
          session,
          `grant ${quoteIdentifier(role)} to ${quoteIdentifier(member)}${options}`,
        )
      }
    },
    major >= 16 ? { settings: { createrole_self_grant: 'set, inherit' } } : {},
  )
}

/** Drops what this run has lent; what is gone already, or was taken over by another run, is no error. */
export async function takeBackRoles(target: Server, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await changeAlone(target, async (session) => {
      const lent = await readLentRoles(session, commentOf(target))
      if (!lent.includes(name)) return
      const role = quoteIdentifier(name)
      await doing(`drop role ${role} of the rehearsal on the target`, () =>
        session.query(`drop role ${role}`),
      )
    })
  }
}

/**
 * What a rehearsal that was killed has lent and nobody has taken back is dropped; where a staging database of that
 * rehearsal still needs it, it is taken over. `onRole` is told of those that this run has to take back instead. Only
 * for the run that has its turn: then no other that lives has lent anything.
 */
export async function settleLentRoles(
  target: Server,
  isRehearsal: boolean,
  onRole: (name: string) => void,
): Promise<void> {
  await changeAlone(target, async (session) => {
    for (const name of await readLentRoles(session, undefined)) {
      const role = quoteIdentifier(name)
      if (await accepts(session, `drop role ${role}`)) continue
      if (isRehearsal) onRole(name)
      const comment = isRehearsal ? quoteLiteral(commentOf(target)) : 'null'
      await accepts(session, `comment on role ${role} is ${comment}`)
    }
  })
}

/**
 * The lent roles with that comment, or all. What can log in or has rights is nobody's loan, whatever its comment; that of
 * a superuser only a superuser can have written.
 */
async function readLentRoles(session: Session, comment: string | undefined): Promise<string[]> {
  const rows = await session.query<{ name: string; comment: string }>(
    `select r.rolname::pg_catalog.text as name, d.description as comment
       from pg_catalog.pg_roles r
       join pg_catalog.pg_shdescription d
         on d.objoid = r.oid and d.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass
      where pg_catalog.starts_with(d.description, $1::pg_catalog.text)
        and not (r.rolcanlogin or r.rolcreaterole or r.rolcreatedb
                 or r.rolreplication or r.rolbypassrls)
      order by r.rolname`,
    [lentComment],
  )
  return rows
    .filter((row) => comment === undefined || row.comment === comment)
    .map(({ name }) => name)
}

/** Whether the server has done it; a refusal leaves everything as it was. */
async function accepts(session: Session, sql: string): Promise<boolean> {
  await session.query('savepoint attempt')
  try {
    await session.query(sql)
    return true
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    await session.query('rollback to savepoint attempt')
    return false
  }
}
