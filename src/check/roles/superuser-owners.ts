/** Owners that have lost SUPERUSER, though only a superuser may own what is theirs: a restore cannot give it to them. */
import { quoteIdentifier, roleNamer } from '../../server/index.js'
import { isUsers } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext } from '../check.js'
import { foreseeOwners } from './foreseen-owners.js'

interface Owned {
  readonly kind: string
  /** Quoted. */
  readonly object: string
  /** Of the owner: a database in another encoding may have no characters for its name. */
  readonly owner: string
  readonly isSuperuser: boolean
}

/** Only a superuser's dump has subscriptions, and since 16 they may belong to anybody. */
function ownedBySuperusers({ source, target }: DatabaseContext): string {
  return [
    `select 'event trigger', t.evtname, t.evtowner
       from pg_catalog.pg_event_trigger t where ${isUsers('pg_event_trigger', 't')}`,
    `select 'foreign-data wrapper', w.fdwname, w.fdwowner
       from pg_catalog.pg_foreign_data_wrapper w where ${isUsers('pg_foreign_data_wrapper', 'w')}`,
    ...(source.facts.isSuperuser && target.facts.major < 16
      ? [
          `select 'subscription', s.subname, s.subowner
             from pg_catalog.pg_subscription s join pg_catalog.pg_database d on d.oid = s.subdbid
            where d.datname = pg_catalog.current_database()`,
        ]
      : []),
  ].join('\nunion all\n')
}

/** Where the target has no superuser, `needs-superuser` tells of these objects, and they stay with the administrator. */
export const ownerNotSuperuser: DatabaseCheck = {
  name: 'owner-not-superuser',
  scope: 'database',
  subject: 'whether the owners of event triggers and foreign-data wrappers are superusers',
  worst: 'blocking',
  async run(context) {
    const { sourceSession, maintenanceSession, target } = context
    if (!target.facts.isSuperuser) return []
    const owned = await sourceSession.query<Owned>(
      `select o.kind, pg_catalog.quote_ident(o.name) as object, o.owner::pg_catalog.text as owner,
              r.rolsuper as "isSuperuser"
         from (${ownedBySuperusers(context)}) o (kind, name, owner)
         join pg_catalog.pg_roles r on r.oid = o.owner order by 1, 2`,
    )
    if (owned.length === 0) return []
    const owners = await foreseeOwners(context)
    const nameOf = await roleNamer(maintenanceSession)
    return owned.flatMap(({ kind, object, owner, isSuperuser }) => {
      const role = nameOf(owner)
      if (owners.isSuperuser(role, isSuperuser)) return []
      const type = kind.replace('-', ' ')
      return {
        severity: 'blocking',
        object: `${kind} ${object}`,
        message: `The ${kind} ${object} belongs to the role ${quoteIdentifier(role)}, which will be no superuser on the target. Only a superuser may own it: the restore would fail on it, at its end.`,
        remedy: `-- on the source, as a superuser\nalter ${type} ${object} owner to current_user;\n-- or, where nobody may, create it again after the upgrade\ndrop ${type} ${object};`,
      }
    })
  },
}
