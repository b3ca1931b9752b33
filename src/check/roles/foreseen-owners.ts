/** Who will own on the target what a role owns on the source, whose rights it has there, and whether it is a superuser and subject to row-level security. */
import { foreseeUsableRoles, planMove, type Inheritance } from '../../roles/index.js'
import type { DatabaseContext } from '../check.js'

export interface ForeseenOwners {
  /** The role itself; the administrator where that may not give anything to it. */
  readonly ownerFor: (role: string) => string
  /** Whether no policy applies to a role on the target, wherever; `onSource` says whether none does there. */
  readonly isExempt: (role: string, onSource: boolean) => boolean
  /** Whether a role will be a superuser on the target; `onSource` says whether it is one there. */
  readonly isSuperuser: (role: string, onSource: boolean) => boolean
  /** The role itself, and all to which it will belong so that it has their rights. */
  readonly groupsOf: (role: string) => ReadonlySet<string>
}

interface OnTarget {
  readonly role: string
  readonly isSuperuser: boolean
  /** The superuser that initdb made, which stays one. */
  readonly isBootstrap: boolean
}

/** Foresees the owners from the roles that are on the target and those that the run will move or may use. */
export async function foreseeOwners(context: DatabaseContext): Promise<ForeseenOwners> {
  const { target, targetSession, maintenanceSession, roles } = context
  const { major, user, isSuperuser, provider } = target.facts
  const { usable } = await foreseeUsableRoles(targetSession, target.facts)
  const { created, memberships } = await planMove({
    ...context,
    sourceSession: maintenanceSession,
  })
  const onTarget = await targetSession.query<OnTarget>(
    `select rolname::pg_catalog.text as role, rolsuper as "isSuperuser", oid = 10 as "isBootstrap"
       from pg_catalog.pg_roles where rolsuper or rolbypassrls`,
  )
  const exempt = new Set(onTarget.map(({ role }) => role))
  const superusers = new Map(
    onTarget.flatMap(({ role, isSuperuser, isBootstrap }) =>
      isSuperuser ? [[role, isBootstrap]] : [],
    ),
  )
  const isMoved = (role: string) => roles !== 'skip' && role !== user
  /** Only who has BYPASSRLS itself may give it, and up to 15 only a superuser; providers allow more. */
  const givesExemption =
    isSuperuser || (exempt.has(user) && (major >= 16 || provider !== 'self-managed'))
  return {
    ownerFor: (role) => {
      const isCreated = isMoved(role) && created.includes(role)
      return isSuperuser || usable.has(role) || isCreated ? role : user
    },
    isExempt: (role, onSource) => (isMoved(role) && givesExemption ? onSource : exempt.has(role)),
    isSuperuser: (role, onSource) =>
      isMoved(role) && isSuperuser && superusers.get(role) !== true
        ? onSource
        : superusers.has(role),
    groupsOf: groupsBy(roles === 'skip' ? memberships.present : memberships.foreseen),
  }
}

/** Memberships of memberships count too. */
function groupsBy(memberships: readonly Inheritance[]): ForeseenOwners['groupsOf'] {
  return (role) => {
    const groups = new Set([role])
    // What is added on the way is walked through as well.
    for (const each of groups) {
      for (const { role: group, member, inherit } of memberships) {
        if (inherit && member === each) groups.add(group)
      }
    }
    return groups
  }
}
