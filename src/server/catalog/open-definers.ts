/** Functions that work with the rights of their owner and that others may call. */
import { isMember, regclass } from './members.js'
import type { Session } from '../session/session.js'

export interface OpenDefiner {
  readonly oid: string
  /** The owner's: a database in another encoding may have no characters for its name. */
  readonly owner: string
  /** `function public.f()`, as ALTER takes it. */
  readonly routine: string
}

/** Without those of extensions and of superusers: in anybody else's hands the latter may less than before. */
export function readOpenDefiners(session: Session): Promise<OpenDefiner[]> {
  return session.query<OpenDefiner>(
    `select f.oid::pg_catalog.text as oid, f.proowner::pg_catalog.text as owner,
            i.type || ' ' || i.identity as routine
       from pg_catalog.pg_proc f
       join pg_catalog.pg_roles r on r.oid = f.proowner
      cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_proc'::pg_catalog.regclass, f.oid, 0) i
      where f.prosecdef and not r.rolsuper and f.oid >= 16384
        and not ${isMember(regclass('pg_proc'), 'f.oid')}
        and exists (select from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) a
                     where a.grantee <> f.proowner)
      order by 3`,
  )
}
