/** What the subscriptions of a database ask of whoever creates them: since 16 that may be somebody who is no superuser. */
import { holdsPassword } from '../connection/connection-string.js'
import type { Session } from '../session/session.js'

export interface SubscriptionDemands {
  readonly oid: string
  readonly name: string
  /** Whether its connection has a password, without which only a superuser may create it. */
  readonly hasPassword: boolean
  /** False for one that only a superuser may have (16, password_required). */
  readonly requiresPassword: boolean
}

/** Those of the session's own database. Only a superuser may read their connections. */
export async function readSubscriptionDemands(session: Session): Promise<SubscriptionDemands[]> {
  const rows = await session.query<Omit<SubscriptionDemands, 'hasPassword'> & { conninfo: string }>(
    `select s.oid::pg_catalog.text as oid, s.subname::pg_catalog.text as name,
            coalesce(s.subconninfo, '') as conninfo,
            coalesce((pg_catalog.to_jsonb(s) ->> 'subpasswordrequired')::pg_catalog.bool, true) as "requiresPassword"
       from pg_catalog.pg_subscription s
       join pg_catalog.pg_database d on d.oid = s.subdbid
      where d.datname = pg_catalog.current_database() order by 2`,
  )
  return rows.map(({ conninfo, ...rest }) => ({ ...rest, hasPassword: holdsPassword(conninfo) }))
}
