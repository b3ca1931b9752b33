/** Ends the sessions that keep a database of the target from being renamed or dropped, and names those that it may not end. */
import { QueryError, UpgradeError } from '../errors.js'
import type { Session } from '../server/index.js'

/** Object in use: somebody is connected to a database that is to be renamed or dropped. */
export const inUse = '55006'

/** Whom one wants gone from a database. */
export type Whom = 'strangers' | 'everybody'

/**
 * A database that is replaced, or was empty, is about to go, and a staging database is ours: whoever is connected is in the
 * way. But for this run and others that are at work beside it: they come to `postgres` for a moment only, and would fail.
 * The session that keeps a turn at the roles stays for longer, and is known by its lock.
 */
const strangers = `
     and (a.application_name not like 'upgrade-postgres %'
          or exists (select from pg_catalog.pg_locks l
                      where l.pid = a.pid and l.locktype = 'advisory' and l.granted))`

function readConnected(
  session: Session,
  databases: readonly string[],
  whom: Whom,
): Promise<Connected[]> {
  return session.query<Connected>(
    `select a.pid, a.usename::pg_catalog.text as role, a.application_name as application
       from pg_catalog.pg_stat_activity a
      where a.datname = any ($1::pg_catalog.text[]) and a.pid <> pg_catalog.pg_backend_pid()
            ${whom === 'strangers' ? strangers : ''}
      order by a.pid`,
    [databases],
  )
}

interface Connected {
  readonly pid: number
  /** Null for a process of the server itself. */
  readonly role: string | null
  readonly application: string
}

export const notAllowed = '42501'

/** Ends those that the role may end. */
export async function endSessions(
  session: Session,
  databases: readonly string[],
  whom: Whom = 'strangers',
): Promise<void> {
  for (const { pid } of await readConnected(session, databases, whom)) {
    try {
      await session.query('select pg_catalog.pg_terminate_backend($1::pg_catalog.int4)', [pid])
    } catch (error) {
      if (!(error instanceof QueryError) || error.sqlState !== notAllowed) throw error
    }
  }
}

/** The server's refusal, with the sessions that are still there. */
export async function inUseError(
  session: Session,
  databases: readonly string[],
  refusal: QueryError,
  whom: Whom = 'strangers',
): Promise<UpgradeError> {
  const connected = await readConnected(session, databases, whom)
  if (connected.length === 0) return refusal
  const list = connected.map(
    ({ pid, role, application }) =>
      `process ${pid} of application ${JSON.stringify(application)}, as ${JSON.stringify(role)}`,
  )
  return new UpgradeError(`${refusal.message} Connected are: ${list.join('; ')}.`, {
    code: 'database-in-use',
    side: 'target',
    sqlState: refusal.sqlState,
    hint: 'Stop what connects to every database of the target, as monitoring does, or use a role in "target-url" that may end those sessions: a member of pg_signal_backend, or a superuser where they are a superuser\'s.',
    cause: refusal,
  })
}
