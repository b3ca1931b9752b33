/** Sessions of applications that the role of a server may not end. */
import type { Session } from '../../server/index.js'

export interface UnendableSessions {
  /** The database that they are connected to. */
  readonly name: string
  readonly role: string
  readonly isSuperuser: boolean
  readonly count: number
}

/** Of each database and role. One that may not see what the sessions of others do sees no type of them either. */
export function readUnendableSessions(
  session: Session,
  databases: readonly string[],
): Promise<UnendableSessions[]> {
  return session.query<UnendableSessions>(
    `select a.datname::pg_catalog.text as name, r.rolname::pg_catalog.text as role,
            r.rolsuper as "isSuperuser", pg_catalog.count(*)::pg_catalog.int4 as count
       from pg_catalog.pg_stat_activity a
       join pg_catalog.pg_roles r on r.oid = a.usesysid
       join pg_catalog.pg_roles me on me.rolname = current_user and not me.rolsuper
      where a.datname::pg_catalog.text = any($1::pg_catalog.text[])
        and coalesce(a.backend_type, 'client backend') = 'client backend'
        and (r.rolsuper
             or not pg_catalog.pg_has_role(r.oid, 'usage')
                and not pg_catalog.pg_has_role('pg_signal_backend'::pg_catalog.name, 'usage'))
      group by 1, 2, 3 order by 1, 2`,
    [databases],
  )
}
