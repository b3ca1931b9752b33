/** Owners to whom the target's administrator will not be able to give what is theirs, because it may not act as them. */
import { foreseeUsableRoles } from '../../roles/index.js'
import { ownerCatalogs, readRoleNames } from '../../server/index.js'
import { isUsers } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'
import { lendingRemedy, reasonNotLent } from './borrowing.js'
import { foreseeLostSettings } from './lost-settings.js'

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

const rolesWithDefaults = 'select d.defaclrole from pg_catalog.pg_default_acl d'

const defaultPrivileges: DatabaseCheck = {
  name: 'default-privileges-skipped',
  scope: 'database',
  subject: 'whether the target can set default privileges',
  worst: 'warning',
  async run(context) {
    const lost = (role: string, reason: string) => ({
      object: `role ${JSON.stringify(role)}`,
      message: `The default privileges of the role ${JSON.stringify(role)} will not be carried over: ${reason}.`,
    })
    const withheld = await foreseeLoss(context, rolesWithDefaults, lost)
    return [...withheld, ...(await ofReserved(context, lost))]
  },
}

/** Nobody lends these, superusers above all; the statements come with the finding of the move. */
async function ofReserved(
  context: DatabaseContext,
  describe: (role: string, reason: string) => Pick<Found, 'object' | 'message'>,
): Promise<Found[]> {
  const { facts } = context.target
  if (facts.isSuperuser) return []
  const { reserved } = await foreseeUsableRoles(context.targetSession, facts)
  const roles = await rolesFoundBy(context, rolesWithDefaults)
  return roles
    .filter((role) => reserved.has(role))
    .map((role) => ({
      severity: 'warning',
      ...describe(role, `${JSON.stringify(facts.user)} may not act as it, and cannot borrow it`),
      remedy:
        'After the upgrade, let a superuser of the target run the statements that the report of the upgrade has for it; or use a superuser in "target-url".',
      remedyInDatabase: false,
    }))
}

const database: DatabaseCheck = {
  name: 'database-property-skipped',
  scope: 'database',
  subject: 'whether the target can give the database to its owner, and roles their settings in it',
  worst: 'warning',
  async run(context) {
    const owner = await foreseeLoss(
      context,
      'select d.datdba from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()',
      (role, reason) => ({
        object: 'owner',
        message: `The database will belong to ${JSON.stringify(context.target.facts.user)} on the target, not to ${JSON.stringify(role)}: ${reason}.`,
      }),
    )
    return [...owner, ...(await foreseeLostSettings(context))]
  },
}

/**
 * One finding for each of the roles that a query finds in the database, where it is one that the administrator would have to
 * borrow. What superusers own is told when the database has been moved: nobody lends these.
 */
async function foreseeLoss(
  context: DatabaseContext,
  owners: string,
  describe: (role: string, reason: string) => Pick<Found, 'object' | 'message'>,
): Promise<Found[]> {
  const { facts } = context.target
  if (facts.isSuperuser) return []
  const { withheld } = await foreseeUsableRoles(context.targetSession, facts)
  if (withheld.size === 0) return []
  return (await rolesFoundBy(context, owners)).flatMap((role) => {
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

/** The names of the roles whose object identifiers a query finds in the database. */
async function rolesFoundBy(
  { sourceSession, maintenanceSession }: DatabaseContext,
  query: string,
): Promise<string[]> {
  const found = await sourceSession.query<{ oid: string }>(
    `select o.oid::pg_catalog.text as oid from (${query}) o (oid) group by 1`,
  )
  const oids = new Set(found.map(({ oid }) => oid))
  const names = await readRoleNames(maintenanceSession)
  return names.flatMap(({ oid, role }) => (oids.has(oid) ? role : []))
}

export const ownerChecks: readonly DatabaseCheck[] = [objects, defaultPrivileges, database]
