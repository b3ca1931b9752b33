/** Settings of roles in the database that the target's administrator will not be able to make, because the role is not its to alter. */
import { foreseeUsableRoles } from '../../roles/index.js'
import {
  nameOf,
  propertiesBeforeFreeze,
  propertyStatements,
  readProperties,
} from '../../staging/index.js'
import type { DatabaseContext, Found } from '../check.js'

/** Publishing the database tells them as well, as the target has refused them. Roles that the target lacks are told by `role-missing`. */
export async function foreseeLostSettings({
  database,
  source,
  maintenanceSession,
  target,
  targetSession,
}: DatabaseContext): Promise<Found[]> {
  const { facts } = target
  if (facts.isSuperuser) return []
  const { closed } = await foreseeUsableRoles(targetSession, facts)
  const properties = propertiesBeforeFreeze(
    await readProperties(maintenanceSession, database, source.facts.major),
  )
  return properties.settings.flatMap((setting) => {
    const { role, name } = setting
    const reason = role === null ? undefined : closed.get(role)
    if (role === null || reason === undefined) return []
    const statements = propertyStatements(database, { ...properties, settings: [setting] }, facts)
    return statements
      .filter((statement) => statement.setting === setting)
      .map(({ property, told, sql }) => ({
        severity: 'warning',
        object: nameOf(property),
        message: `The setting ${JSON.stringify(name)} of the role ${JSON.stringify(role)} in the database will not be carried over: ${reason}.`,
        remedy: `-- on the target, after the upgrade, as a superuser\n${told ?? sql};`,
        remedyInDatabase: false,
      }))
  })
}
