/** The schema public, which every new database has already. */
import type { OwnedObject, Session } from '../../server/index.js'
import { readOwnedObjects } from './owned-objects.js'

/** Null in a database where it was dropped. */
export async function readPublicSchema(session: Session): Promise<OwnedObject | null> {
  const objects = await readOwnedObjects(session)
  return objects.find(isPublicSchema) ?? null
}

function isPublicSchema({ type, identity }: OwnedObject): boolean {
  return type === 'schema' && identity === 'public'
}

/**
 * A schema of the source with the privileges that it needs to get on the target. The owner and the privileges of
 * public depend on the target's major (15 took CREATE away from PUBLIC): what it has stands in the place of what a
 * new schema has by default.
 */
export async function asNewSchema(schema: OwnedObject, target: Session): Promise<OwnedObject> {
  if (!isPublicSchema(schema)) return schema
  const present = await readPublicSchema(target)
  const named = (role: string | null) => (role === present?.owner ? schema.owner : role)
  return {
    ...schema,
    privileges: schema.privileges ?? schema.defaults,
    defaults: (present?.privileges ?? present?.defaults ?? []).map((privilege) => ({
      ...privilege,
      grantor: named(privilege.grantor) ?? privilege.grantor,
      grantee: named(privilege.grantee),
    })),
  }
}
