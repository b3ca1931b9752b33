/** Who has written to a database of the server in a transaction that is still open: sessions, and prepared transactions. */
import type { Session } from '../session/session.js'

export interface WritingSession {
  readonly process: number
  readonly role: string
  readonly application: string
}

export interface PreparedTransaction {
  readonly id: string
  readonly database: string
  readonly since: string
}

export interface Writers {
  readonly sessions: readonly WritingSession[]
  readonly prepared: readonly PreparedTransaction[]
}

/**
 * A transaction that has written has a transaction identifier; one that reads, however long, has none. What the server does for
 * itself, and the sessions of the run that asks, are no writers. Sessions whose state the role may not see are not found.
 */
export async function readWriters(
  session: Session,
  database: string,
  own: string,
): Promise<Writers> {
  // In this order: whoever prepares meanwhile is seen as the one or as the other.
  const sessions = await session.query<WritingSession>(
    `select a.pid as process, coalesce(a.usename::pg_catalog.text, '') as role,
            coalesce(a.application_name, '') as application
       from pg_catalog.pg_stat_activity a
      where a.datname = $1::pg_catalog.name and a.backend_xid is not null
        and a.backend_type is distinct from 'autovacuum worker'
        and a.application_name is distinct from $2::pg_catalog.text
      order by a.xact_start, a.pid`,
    [database, own],
  )
  return { sessions, prepared: await readPrepared(session, [database]) }
}

/** Prepared transactions of these databases that nobody has committed or rolled back, oldest first. */
export async function readPrepared(
  session: Session,
  databases: readonly string[],
): Promise<PreparedTransaction[]> {
  return session.query<PreparedTransaction>(
    `select gid as id, database::pg_catalog.text as database,
            pg_catalog.to_char(prepared, 'YYYY-MM-DD HH24:MI:SS') as since
       from pg_catalog.pg_prepared_xacts
      where database::pg_catalog.text = any($1::pg_catalog.text[]) order by prepared`,
    [databases],
  )
}
