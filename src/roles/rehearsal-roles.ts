/** Gives a rehearsal the names of roles that the target does not have yet, so that owners and privileges can be tried. */
import { doing } from '../errors.js'
import type { Log } from '../log.js'
import { sayWhileRunning, type Clock } from '../report/progress.js'
import { quoteIdentifier, quoteLiteral, type Server, type Session } from '../server/index.js'
import { tryStatement, type RefusedRole } from './borrow.js'
import { lentComment } from './role.js'
import type { Step } from './step.js'
import { withChanges } from './turn.js'

function commentOf({ applicationName }: Server): string {
  return `${lentComment}${applicationName}; it goes when the rehearsal ends.`
}

interface Lent {
  readonly names: readonly string[]
  /** Those of them that will be superusers on the target: only such may own an event trigger or a foreign-data wrapper. */
  readonly superusers: readonly string[]
  readonly memberships: readonly Step[]
}

/** How many roles one transaction creates or drops: it holds a lock for each, of which a server has a limited number. */
const atOnce = 100

/**
 * Creates roles that cannot log in, and can do nothing but what they must to own what is theirs. `onRoles` is told of all before the first, so that they can
 * be taken back even after a kill. They go with `takeBackRoles`, when the staging databases are gone, and their
 * memberships with them: an owner may read through these what its materialized views show.
 */
export async function lendRoles(
  target: Server,
  { names, superusers, memberships }: Lent,
  onRoles: (names: readonly string[]) => void,
): Promise<void> {
  if (names.length === 0) return
  onRoles(names)
  const { major, isSuperuser } = target.facts
  const strong = new Set(superusers)
  const lent = new Set(names)
  await target.withSession(
    undefined,
    async (session) => {
      // By a first attempt, whose connection was lost.
      const already = new Set(await readLentRoles(session, commentOf(target), names))
      const created = names.map((name) => {
        const role = quoteIdentifier(name)
        const attribute = strong.has(name) ? ' superuser' : ''
        const create = `create role ${role} nologin${attribute}; comment on role ${role} is ${quoteLiteral(commentOf(target))}`
        // From 16 on the session's setting grants this to the creator.
        const grant = !isSuperuser && major < 16 ? [`grant ${role} to current_user`] : []
        return { role, sql: [...(already.has(name) ? [] : [create]), ...grant].join('; ') }
      })
      await runTogether(session, created, ({ role, sql }) =>
        doing(`create role ${role} for the rehearsal on the target`, () => session.query(sql)),
      )
      const granted = memberships.flatMap(({ role: member, subject }) => {
        if (subject?.kind !== 'membership' || !lent.has(member)) return []
        const { role, inherit, set } = subject
        // All by the administrator: a role that has granted something could not be dropped before the others.
        const options = major >= 16 ? ` with inherit ${String(inherit)}, set ${String(set)}` : ''
        return [{ sql: `grant ${quoteIdentifier(role)} to ${quoteIdentifier(member)}${options}` }]
      })
      // What is refused has been told when it was tried.
      await runTogether(session, granted, ({ sql }) => tryStatement(session, sql))
    },
    major >= 16 ? { settings: { createrole_self_grant: 'set, inherit' } } : {},
  )
}

/** Statements that are sent together are one transaction: where one of them is refused, each is run by itself. */
async function runTogether<T extends { readonly sql: string }>(
  session: Session,
  statements: readonly T[],
  alone: (statement: T) => Promise<unknown>,
): Promise<void> {
  for (let done = 0; done < statements.length; done += atOnce) {
    const some = statements.slice(done, done + atOnce)
    const together = some.map(({ sql }) => sql).join('; ')
    if ((await tryStatement(session, together)) === undefined) continue
    for (const statement of some) await alone(statement)
  }
}

/** How many of those that could not be dropped are named, with the reason. */
const mostNamed = 10

/**
 * Drops what this run has lent; what is gone already, or was taken over by another run, is no error. All are tried: the
 * error at the end tells of those that could not be dropped.
 */
export async function takeBackRoles(
  target: Server,
  names: readonly string[],
  { log, clock }: { readonly log: Log; readonly clock?: Clock },
): Promise<void> {
  if (names.length === 0) return
  const refused: RefusedRole[] = []
  let done = 0
  await sayWhileRunning(
    log.info,
    (seconds) =>
      `Dropping the roles of the rehearsal on the target: ${done} of ${names.length}, ${Math.round(seconds)} s gone`,
    () =>
      withChanges(target, async (changeAlone) => {
        for (; done < names.length; done += atOnce) {
          const some = names.slice(done, done + atOnce)
          const failed = await changeAlone(async (session) =>
            dropRoles(session, await readLentRoles(session, commentOf(target), some)),
          )
          refused.push(...failed)
        }
      }),
    clock,
  )
  if (refused.length === 0) return
  const told = refused
    .slice(0, mostNamed)
    .map(({ role, reason }) => `${JSON.stringify(role)}: ${reason}`)
  const rest = refused.length - told.length
  throw new Error([...told, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; '))
}

/**
 * What a rehearsal that was killed has lent and nobody has taken back is dropped; where a staging database of that
 * rehearsal still needs it, it is taken over. `onRoles` is told of those that this run has to take back instead. Only
 * for the run that has its turn: then no other that lives has lent anything.
 */
export async function settleLentRoles(
  target: Server,
  isRehearsal: boolean,
  onRoles: (names: readonly string[]) => void,
): Promise<void> {
  await withChanges(target, async (changeAlone) => {
    const names = await changeAlone((session) => readLentRoles(session))
    for (let done = 0; done < names.length; done += atOnce) {
      await changeAlone(async (session) => {
        const needed = await dropRoles(session, names.slice(done, done + atOnce))
        if (isRehearsal) onRoles(needed.map(({ role }) => role))
        for (const { role } of needed) {
          const comment = isRehearsal ? quoteLiteral(commentOf(target)) : 'null'
          await refusalOf(session, `comment on role ${quoteIdentifier(role)} is ${comment}`)
        }
      })
    }
  })
}

/** In one statement, or where that is refused, each by itself. Returns those that could not be dropped. */
async function dropRoles(session: Session, names: readonly string[]): Promise<RefusedRole[]> {
  if (names.length === 0) return []
  const list = names.map(quoteIdentifier).join(', ')
  if ((await refusalOf(session, `drop role ${list}`)) === undefined) return []
  const refused: RefusedRole[] = []
  for (const role of names) {
    const reason = await refusalOf(session, `drop role ${quoteIdentifier(role)}`)
    if (reason !== undefined) refused.push({ role, reason })
  }
  return refused
}

/**
 * The lent roles, or those of the names that have that comment. What can log in or has rights is nobody's loan, whatever
 * its comment; that of a superuser only a superuser can have written. Nor is what a login belongs to: to a loan, only other
 * loans and administrators do.
 */
async function readLentRoles(
  session: Session,
  comment: string | null = null,
  names: readonly string[] | null = null,
): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `select r.rolname::pg_catalog.text as name
       from pg_catalog.pg_roles r
       join pg_catalog.pg_shdescription d
         on d.objoid = r.oid and d.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass
      where pg_catalog.starts_with(d.description, $1::pg_catalog.text)
        and d.description = coalesce($2::pg_catalog.text, d.description)
        and ($3::pg_catalog.text[] is null or r.rolname::pg_catalog.text = any($3::pg_catalog.text[]))
        and not (r.rolcanlogin or r.rolcreaterole or r.rolcreatedb
                 or r.rolreplication or r.rolbypassrls)
        and not exists (select from pg_catalog.pg_auth_members m
                          join pg_catalog.pg_roles l on l.oid = m.member
                         where m.roleid = r.oid and l.rolcanlogin and not (l.rolsuper or l.rolcreaterole))
      order by r.rolname`,
    [lentComment, comment, names],
  )
  return rows.map(({ name }) => name)
}

/** Why the server refused it, which leaves everything as it was; undefined where it did not. */
async function refusalOf(session: Session, sql: string): Promise<string | undefined> {
  await session.query('savepoint attempt')
  const refusal = await tryStatement(session, sql)
  if (refusal !== undefined) await session.query('rollback to savepoint attempt')
  return refusal
}
