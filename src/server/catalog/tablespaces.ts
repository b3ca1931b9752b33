/** The tablespaces of a server that a user has made. */
import type { Session } from '../session/session.js'

export interface Tablespace {
  readonly name: string
  /** Whether the session's role may put objects there. */
  readonly isUsable: boolean
}

/** All of them except the two that every server has, in the order of their names. */
export function readTablespaces(session: Session): Promise<Tablespace[]> {
  return session.query<Tablespace>(
    `select spcname::pg_catalog.text as name,
            pg_catalog.has_tablespace_privilege(oid, 'create') as "isUsable"
       from pg_catalog.pg_tablespace where spcname not in ('pg_default', 'pg_global') order by 1`,
  )
}
