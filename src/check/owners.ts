/** Who will own on the target what a role owns on the source, and whether row-level security applies to it there. */
import { isProviderRole, planMove } from '../roles/index.js'
import type { DatabaseContext } from './check.js'

export interface ForeseenOwners {
  /** The role itself; the administrator where that may not give anything to it. */
  readonly ownerFor: (role: string) => string
  /** Whether no policy applies to a role on the target, wherever; `onSource` says whether none does there. */
  readonly isExempt: (role: string, onSource: boolean) => boolean
}

interface RoleOnTarget {
  readonly role: string
  readonly isSuperuser: boolean
  readonly isExempt: boolean
  /** Whether the administrator may act as it, or may make itself a member of it. */
  readonly isMember: boolean
  readonly isOpen: boolean
}

export async function foreseeOwners(context: DatabaseContext): Promise<ForeseenOwners> {
  const { target, targetSession, maintenanceSession, roles } = context
  const { major, user, isSuperuser, canCreateRoles, provider } = target.facts
  const isParted = major >= 16
  const onTarget = await targetSession.query<RoleOnTarget>(
    `select r.rolname::pg_catalog.text as role, r.rolsuper as "isSuperuser",
            r.rolsuper or r.rolbypassrls as "isExempt",
            pg_catalog.pg_has_role(r.oid, '${isParted ? 'set' : 'member'}') as "isMember",
            ${isParted ? `pg_catalog.pg_has_role(r.oid, 'member with admin option')` : 'true'} as "isOpen"
       from pg_catalog.pg_roles r`,
  )
  const { created } = await planMove({ ...context, sourceSession: maintenanceSession })
  const present = new Map(onTarget.map((each) => [each.role, each]))
  const isMoved = (role: string) => roles !== 'skip' && role !== user
  const isUsable = (role: string) => {
    const there = present.get(role)
    if (isSuperuser || there === undefined)
      return isSuperuser || (isMoved(role) && created.includes(role))
    const isBorrowed =
      canCreateRoles && there.isOpen && !there.isSuperuser && !isProviderRole(role, provider)
    return there.isMember || isBorrowed
  }
  /** Only who has BYPASSRLS itself may give it, and up to 15 only a superuser; providers allow more. */
  const givesExemption =
    isSuperuser ||
    (present.get(user)?.isExempt === true && (isParted || provider !== 'self-managed'))
  return {
    ownerFor: (role) => (isUsable(role) ? role : user),
    isExempt: (role, onSource) =>
      isMoved(role) && givesExemption ? onSource : present.get(role)?.isExempt === true,
  }
}
