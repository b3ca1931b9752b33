/** User mappings, which archives name by a text alone: their entries have no catalog and no row. */
import type { Session } from '../../server/index.js'

export interface UserMapping {
  /** Null for everybody's. */
  readonly role: string | null
  /** As validation calls it. */
  readonly object: string
  /** The text of its entry: pg_dump takes the server's owner for its owner, and pg_restore lists a name in one line. */
  readonly text: string
}

/** All user mappings of the database, as entries of an archive and validation name them. */
export async function readUserMappings(session: Session): Promise<UserMapping[]> {
  const rows = await session.query<{
    role: string | null
    user: string
    server: string
    owner: string
    object: string
  }>(
    `select case when m.umuser <> 0 then m.usename end::pg_catalog.text as role,
            m.usename::pg_catalog.text as user, m.srvname::pg_catalog.text as server,
            pg_catalog.pg_get_userbyid(s.srvowner)::pg_catalog.text as owner,
            pg_catalog.format('user mapping %I on %I', m.usename, m.srvname) as object
       from pg_catalog.pg_user_mappings m
       join pg_catalog.pg_foreign_server s on s.oid = m.srvid`,
  )
  return rows.map(({ role, user, server, owner, object }) => ({
    role,
    object,
    text: `USER MAPPING - USER MAPPING ${user} SERVER ${server} ${owner}`.replace(/[\r\n]/g, ' '),
  }))
}
