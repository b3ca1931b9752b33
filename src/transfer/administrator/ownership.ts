/** Gives restored objects their owners and privileges where the administrator is no superuser and pg_restore could not. */
import type { Finding } from '../../report/report.js'
import {
  readSystemColumnPrivileges,
  readSystemPrivileges,
  readUsableRoles,
} from '../../roles/index.js'
import {
  quoteIdentifier,
  quoteLiteral,
  readOpenDefiners,
  type OwnedObject,
  type Server,
  type Session,
} from '../../server/index.js'
import { ownerStatement } from './alter-owner.js'
import { objectKey, readDroppedObjects, type LeftOut } from './left-out.js'
import {
  getsOwner,
  readColumnPrivileges,
  readDefaultPrivileges,
  readOwnedObjects,
} from './owned-objects.js'
import {
  defaultFindings,
  ownedInstead,
  ownerFindings,
  refusalFindings,
  roleFindings,
} from './ownership-findings.js'
import {
  columnStatements,
  defaultPrivilegeStatements,
  missingRoles,
  privilegeStatements,
  type RoleMap,
  type Statement,
} from './privileges.js'
import { asNewSchema } from './public-schema.js'
import { readImpliedObjects, readMultiranges } from '../beyond-the-dump/implied-objects.js'
import type { DroppedEntry } from '../tools/restore-list.js'
import { runStatements } from './run-statements.js'

export interface OwnershipOptions {
  readonly source: Server
  /** A session on the source's database that sees the snapshot. */
  readonly reader: Session
  readonly target: Server
  /** As the user knows it. */
  readonly database: string
  readonly stagingDatabase: string
  /** Entries that were not restored. */
  readonly dropped: readonly DroppedEntry[]
  readonly finding: (finding: Finding) => void
  readonly signal: AbortSignal
}

/**
 * Makes owners, privileges and default privileges like the source's. Everything was restored with `--no-owner`
 * and `--no-privileges` and belongs to the administrator. What cannot be given stays with the administrator
 * and becomes a finding; all of it is returned, for the validation.
 */
export async function applyOwnership(options: OwnershipOptions): Promise<LeftOut> {
  const { source, reader, target, stagingDatabase, dropped, signal } = options
  const all = [
    ...(await readOwnedObjects(reader)),
    ...(await readMultiranges({ session: reader, major: source.facts.major }, target.facts.major)),
  ]
  const gone = new Set(dropped.map(({ entry }) => `${entry.catalog} ${entry.oid}`))
  const objects = all.filter(({ catalog, oid }) => !gone.has(`${catalog} ${oid}`))
  const columns = [
    ...(await readColumnPrivileges(reader)),
    ...(await readSystemColumnPrivileges(reader, source.facts.provider)),
  ]
  const defaults = await readDefaultPrivileges(reader)
  const system = [
    ...(await readSystemPrivileges(reader, source.facts.provider)),
    ...(await readImpliedObjects(reader)),
  ]
  const definers = new Set((await readOpenDefiners(reader)).map(({ oid }) => oid))
  return target.withSession(stagingDatabase, async (session) => {
    const roles = await readRoleMap(session, target)
    const schemas = await Promise.all(
      objects.filter(isSchema).map((each) => asNewSchema(each, session)),
    )
    const isDefaultUsable = ({ role }: { role: string }) => roles.isUsable(role)
    const statements = [
      ...ownerStatements(objects, roles, target.facts.user, stagingDatabase),
      ...schemas.flatMap((each) => privilegeStatements(each, roles)),
      ...objects
        .filter((each) => !isSchema(each))
        .flatMap((each) => privilegeStatements(each, roles)),
      ...system.flatMap((each) => privilegeStatements(each, roles)),
      ...columns.flatMap((each) => columnStatements(each, roles)),
      ...defaults
        .filter(isDefaultUsable)
        .flatMap((each) => defaultPrivilegeStatements(each, roles)),
    ]
    statements.push(...(await commentStatements(reader, session)))
    const refused = await runStatements(session, statements, signal)
    const found = [
      ...ownerFindings(objects, roles, target.facts.user, definers),
      ...roleFindings([...objects, ...system, ...columns, ...defaults], roles),
      ...defaultFindings(
        defaults.filter((each) => !isDefaultUsable(each)),
        roles,
        target.facts.user,
      ),
      ...refusalFindings(refused),
    ]
    for (const finding of found) options.finding({ ...finding, database: options.database })
    return {
      administrator: target.facts.user,
      replacedOwners: new Set(
        objects.map(({ owner }) => owner).filter((owner) => !roles.isUsable(owner)),
      ),
      ownedInstead: new Set(
        ownedInstead(objects, roles, target.facts.user).map(({ type, identity }) =>
          objectKey(`${type} ${identity}`),
        ),
      ),
      objects: await readDroppedObjects(reader, dropped),
      refused: new Set([
        ...refused.map(({ object }) => objectKey(object)),
        ...[...objects, ...system]
          .filter((each) => missingRoles(each.privileges, roles).length > 0)
          .map(({ type, identity }) => objectKey(`${type} ${identity}`)),
        ...columns
          .filter((each) => missingRoles(each.privileges, roles).length > 0)
          .map(({ identity }) => objectKey(identity)),
        ...defaults
          .filter(
            (each) => !isDefaultUsable(each) || missingRoles(each.privileges, roles).length > 0,
          )
          .map(({ identity }) => objectKey(`default privilege ${identity}`)),
      ]),
    }
  })
}

function isSchema({ type }: OwnedObject): boolean {
  return type === 'schema'
}

/** Comments on extensions, where they are not those that the extension brings itself. */
async function commentStatements(source: Session, target: Session): Promise<Statement[]> {
  const [wanted, present] = await Promise.all([source, target].map(readExtensionComments))
  return (wanted ?? []).flatMap(({ name, comment }) => {
    const other = present?.find((extension) => extension.name === name)
    if (other === undefined || other.comment === comment) return []
    const extension = `extension ${quoteIdentifier(name)}`
    const text = comment === null ? 'null' : quoteLiteral(comment)
    return {
      sql: `comment on ${extension} is ${text}`,
      what: `the comment on ${extension}`,
      object: `extension ${name}`,
    }
  })
}

function readExtensionComments(
  session: Session,
): Promise<{ name: string; comment: string | null }[]> {
  return session.query(
    `select e.extname::pg_catalog.text as name,
            pg_catalog.obj_description(e.oid, 'pg_extension') as comment
       from pg_catalog.pg_extension e
      where e.oid >= 16384`,
  )
}

async function readRoleMap(session: Session, { facts }: Server): Promise<RoleMap> {
  const { existing, usable } = await readUsableRoles(session, facts)
  return {
    ownerFor: (role) => (usable.has(role) ? role : facts.user),
    exists: (role) => existing.has(role),
    isUsable: (role) => usable.has(role),
  }
}

/** False for what belongs to the owner of the schema public: granting it CREATE there, and revoking it, would take it away. */
function isNotAtHome({ schema, owner }: OwnedObject): boolean {
  return !(schema === 'public' && owner === 'pg_database_owner')
}

/**
 * The owners' statements. Whoever is not a superuser can give an object only to a role that has CREATE on its
 * schema, and a schema or publication only to one that has CREATE on the database (manual, ALTER TABLE, ALTER
 * SCHEMA): both are granted for as long as it takes. Schemas come last, while the administrator still owns them.
 */
function ownerStatements(
  objects: readonly OwnedObject[],
  roles: RoleMap,
  administrator: string,
  stagingDatabase: string,
): Statement[] {
  const given = objects.filter(
    (each) => getsOwner(each) && roles.ownerFor(each.owner) !== administrator,
  )
  const ordered = [
    ...given.filter((each) => !isSchema(each)),
    ...given.filter((each) => isSchema(each)),
  ]
  const places = new Set(
    ordered.filter(isNotAtHome).map(({ schema, owner }) => {
      const place =
        schema === null ? `database ${quoteIdentifier(stagingDatabase)}` : `schema ${schema}`
      return JSON.stringify([place, quoteIdentifier(owner)])
    }),
  )
  const temporary = (sql: (place: string, owner: string) => string): Statement[] =>
    [...places].map((entry) => {
      const [place, owner] = JSON.parse(entry) as [string, string]
      return {
        sql: sql(place, owner),
        what: `CREATE on ${place} for the new owner ${owner}`,
        object: place,
      }
    })
  return [
    ...temporary((place, owner) => `grant create on ${place} to ${owner}`),
    ...ordered.filter((each) => !isSchema(each)).map(ownerStatement),
    ...temporary((place, owner) => `revoke create on ${place} from ${owner}`).filter(
      ({ sql }) => !sql.startsWith('revoke create on database'),
    ),
    ...ordered.filter((each) => isSchema(each)).map(ownerStatement),
    ...temporary((place, owner) => `revoke create on ${place} from ${owner}`).filter(({ sql }) =>
      sql.startsWith('revoke create on database'),
    ),
  ]
}
