/** Owners to whom the target's administrator will not be able to give what is theirs, because it may not act as them. */
import { foreseeUsableRoles } from '../../roles/index.js'
import { ownerCatalogs, readRoleNames } from '../../server/index.js'
import { isUsers } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'
import { lendingRemedy, reasonNotLent } from './borrowing.js'

/** Large objects have no schema, and no extension has any. */
const ownersOfObjects = [
  ...ownerCatalogs.map(
    ({ name, owner, only = 'true' }) =>
      `select x.${owner} from pg_catalog.${name} x where ${isUsers(name, 'x')} and ${only}`,
  ),
  'select x.lomowner from pg_catalog.pg_largeobject_metadata x',
].join('\nunion\n')

const objects: DatabaseCheck = {
  name: 'owner-replaced',
  scope: 'database',
  subject: 'whether the target can give objects to their owners',
  worst: 'warning',
  run: (context) =>
    foreseeLoss(context, ownersOfObjects, (role, reason) => ({
      object: `role ${JSON.stringify(role)}`,
      message: `What ${JSON.stringify(role)} owns in the database will belong to ${JSON.stringify(context.target.facts.user)} on the target: ${reason}.`,
    })),
}

const defaultPrivileges: DatabaseCheck = {
  name: 'default-privileges-skipped',
  scope: 'database',
  subject: 'whether the target can set default privileges',
  worst: 'warning',
  run: (context) =>
    foreseeLoss(
      context,
      'select d.defaclrole from pg_catalog.pg_default_acl d',
      (role, reason) => ({
        object: `role ${JSON.stringify(role)}`,
        message: `The default privileges of the role ${JSON.stringify(role)} will not be carried over: ${reason}.`,
      }),
    ),
}

const database: DatabaseCheck = {
  name: 'database-property-skipped',
  scope: 'database',
  subject: 'whether the target can give the database to its owner',
  worst: 'warning',
  run: (context) =>
    foreseeLoss(
      context,
      'select d.datdba from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()',
      (role, reason) => ({
        object: 'owner',
        message: `The database will belong to ${JSON.stringify(context.target.facts.user)} on the target, not to ${JSON.stringify(role)}: ${reason}.`,
      }),
    ),
}

/**
 * One finding for each of the roles that a query finds in the database, where it is one that the administrator would have to
 * borrow. What superusers own is told when the database has been moved: nobody lends these.
 */
async function foreseeLoss(
  { sourceSession, maintenanceSession, targetSession, target }: DatabaseContext,
  owners: string,
  describe: (role: string, reason: string) => Pick<Found, 'object' | 'message'>,
): Promise<Found[]> {
  const { facts } = target
  if (facts.isSuperuser) return []
  const { withheld } = await foreseeUsableRoles(targetSession, facts)
  if (withheld.size === 0) return []
  const owning = await sourceSession.query<{ oid: string }>(
    `select o.oid::pg_catalog.text as oid from (${owners}) o (oid) group by 1`,
  )
  const oids = new Set(owning.map(({ oid }) => oid))
  return (await readRoleNames(maintenanceSession))
    .filter(({ oid }) => oids.has(oid))
    .flatMap(({ role }) => {
      const members = withheld.get(role)
      if (members === undefined) return []
      return {
        severity: 'warning',
        ...describe(role, reasonNotLent(role, members, facts)),
        remedy: lendingRemedy(role, members, facts),
        remedyInDatabase: false,
      }
    })
}

export const ownerChecks: readonly DatabaseCheck[] = [objects, defaultPrivileges, database]
