/** Plans memberships in roles, and privileges on server parameters. */
import type { ServerFacts } from '../server/index.js'
import { quoteIdentifier } from '../server/index.js'
import { mergeMemberships, orderMemberships } from './membership-order.js'
import type { Membership, ParameterPrivilege, RoleCatalog } from './role.js'
import type { SkippedRole, Step } from './step.js'

type Facts = Pick<ServerFacts, 'major' | 'user' | 'isSuperuser'>

export interface MembershipInput {
  readonly source: RoleCatalog
  readonly target: RoleCatalog
  readonly sourceFacts: Facts
  readonly targetFacts: Facts
  /** The roles of the source that are moved. */
  readonly moved: ReadonlySet<string>
}

interface Planned {
  readonly steps: Step[]
  readonly skipped: SkippedRole[]
}

/** Memberships of every moved role, in its own groups and in PostgreSQL's and the provider's where the target has them. */
export function planMemberships(input: MembershipInput): Planned {
  const { source, target, moved } = input
  const available = new Set([...target.roles.map(({ name }) => name), ...moved])
  const present = mergeMemberships(target.memberships)
  const planned: Planned = { steps: [], skipped: [] }
  for (const membership of orderedMemberships(input)) {
    const { role, member } = membership
    if (!moved.has(member)) continue
    if (!available.has(role)) {
      const reason = `its membership in ${JSON.stringify(role)} was not carried over: the target has no such role`
      planned.skipped.push({ role: member, reason })
      continue
    }
    const wanted = withoutOwnAdmin(membership, input)
    if (wanted !== undefined && !present.some((other) => covers(other, wanted))) {
      planned.steps.push(grantStep(wanted, input.targetFacts.major, available))
    }
  }
  planned.steps.push(
    ...source.parameterPrivileges
      .filter(({ grantee }) => grantee === 'public' || moved.has(grantee))
      .filter((wanted) => !target.parameterPrivileges.some((other) => isSame(other, wanted)))
      .map(parameterStep),
  )
  return planned
}

/**
 * Since 16 a membership has a grantor who must hold the ADMIN option, and a superuser can name it. Any other
 * administrator grants in its own name, so that one membership stands for those of all grantors.
 */
function orderedMemberships({ source, sourceFacts, targetFacts }: MembershipInput): Membership[] {
  const keepsGrantors =
    targetFacts.isSuperuser && targetFacts.major >= 16 && sourceFacts.major >= 16
  if (!keepsGrantors) return mergeMemberships(source.memberships)
  const bootstrap = new Set(
    source.roles.filter((role) => role.isBootstrap).map((role) => role.name),
  )
  return orderMemberships(source.memberships, (grantor) => bootstrap.has(grantor))
}

/** Since 16 the creator of a role administers it already, and could not grant that to itself. */
function withoutOwnAdmin(
  membership: Membership,
  { targetFacts, target }: MembershipInput,
): Membership | undefined {
  const isNew = !target.roles.some(({ name }) => name === membership.role)
  const isOwn = membership.member === targetFacts.user && isNew
  if (!isOwn || targetFacts.isSuperuser || targetFacts.major < 16) return membership
  return membership.inherit || membership.set ? { ...membership, admin: false } : undefined
}

/** Whether the one that is present gives all that the wanted one gives. */
export function covers(present: Membership, wanted: Membership): boolean {
  return (
    present.role === wanted.role &&
    present.member === wanted.member &&
    (present.admin || !wanted.admin) &&
    (present.inherit || !wanted.inherit) &&
    (present.set || !wanted.set)
  )
}

function grantStep(wanted: Membership, major: number, available: ReadonlySet<string>): Step {
  const { role, member, grantor, admin, inherit, set } = wanted
  const grant = `grant ${quoteIdentifier(role)} to ${quoteIdentifier(member)}`
  // 16 brought the options INHERIT and SET.
  const options =
    major >= 16
      ? ` with admin ${String(admin)}, inherit ${String(inherit)}, set ${String(set)}`
      : admin
        ? ' with admin option'
        : ''
  const hasGrantor = grantor !== null && available.has(grantor)
  return {
    kind: 'membership',
    role: member,
    needs: hasGrantor ? [role, member, grantor] : [role, member],
    what: `its membership in ${JSON.stringify(role)}`,
    sql: `${grant}${options}${hasGrantor ? ` granted by ${quoteIdentifier(grantor)}` : ''}`,
    subject: { kind: 'membership', role, inherit, set },
  }
}

/** Whether the first privilege gives all that the other one gives. */
export function isSame(one: ParameterPrivilege, other: ParameterPrivilege): boolean {
  return (
    one.parameter === other.parameter &&
    one.grantee === other.grantee &&
    one.privilege === other.privilege &&
    (one.grantable || !other.grantable)
  )
}

function parameterStep({ parameter, grantee, privilege, grantable }: ParameterPrivilege): Step {
  const isPublic = grantee === 'public'
  const words = privilege === 'ALTER SYSTEM' ? 'alter system' : 'set'
  return {
    kind: 'parameter',
    role: isPublic ? 'PUBLIC' : grantee,
    needs: isPublic ? [] : [grantee],
    what: `the privilege ${privilege} on the parameter ${JSON.stringify(parameter)}`,
    sql: `grant ${words} on parameter ${quoteIdentifier(parameter)} to ${
      isPublic ? 'public' : quoteIdentifier(grantee)
    }${grantable ? ' with grant option' : ''}`,
    subject: { kind: 'parameter', parameter, privilege },
  }
}
