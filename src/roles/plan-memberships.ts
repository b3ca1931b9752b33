/** Plans memberships in roles, and privileges on server parameters. */
import type { ServerFacts } from '../server/index.js'
import { grantRounds, quoteIdentifier } from '../server/index.js'
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

/**
 * Memberships of every moved role, in its own groups and in PostgreSQL's and the provider's where the target has them; and of
 * PostgreSQL's own roles in moved ones.
 */
export function planMemberships(input: MembershipInput): Planned {
  const { target, moved } = input
  const available = new Set([...target.roles.map(({ name }) => name), ...moved])
  const present = mergeMemberships(target.memberships)
  const planned: Planned = { steps: [], skipped: [] }
  for (const membership of orderedMemberships(input)) {
    const { role, member } = membership
    if (!moved.has(member) && !(isPredefined(member) && moved.has(role))) continue
    const missing = [role, member].find((name) => !available.has(name))
    if (missing !== undefined) {
      const reason = `its membership in ${JSON.stringify(role)} was not carried over: the target has no ${missing === role ? 'such role' : `role ${JSON.stringify(missing)}`}`
      planned.skipped.push({ role: member, reason })
      continue
    }
    const wanted = withoutOwnAdmin(membership, input)
    if (wanted !== undefined && !present.some((other) => covers(other, wanted))) {
      planned.steps.push(grantStep(wanted, input.targetFacts.major, available))
    }
  }
  for (const wanted of orderedParameterPrivileges(input)) {
    const { grantee, privilege, parameter } = wanted
    if (grantee !== 'public' && !moved.has(grantee) && !isPredefined(grantee)) continue
    if (grantee !== 'public' && !available.has(grantee)) {
      const reason = `the privilege ${privilege} on the parameter ${JSON.stringify(parameter)} was not carried over: the target has no such role`
      planned.skipped.push({ role: grantee, reason })
    } else if (!target.parameterPrivileges.some((other) => isSame(other, wanted))) {
      planned.steps.push(parameterStep(wanted, passesOn(wanted, input)))
    }
  }
  return planned
}

/** One of PostgreSQL's own `pg_…` roles: each server has those of its major. */
export function isPredefined(role: string): boolean {
  return role.startsWith('pg_')
}

/** Who passes a privilege on must have been given it before. */
function orderedParameterPrivileges(input: MembershipInput): ParameterPrivilege[] {
  const { parameterPrivileges } = input.source
  const parameters = [...new Set(parameterPrivileges.map(({ parameter }) => parameter))]
  return parameters.flatMap((name) => {
    const grants = parameterPrivileges
      .filter(({ parameter }) => parameter === name)
      .map((privilege) => ({ ...privilege, isGrantable: privilege.grantable }))
    const passing = new Set(grants.flatMap((each) => (passesOn(each, input) ? each.grantor : [])))
    return grantRounds(grants, (grantor) => !passing.has(grantor)).flat()
  })
}

/** Whether it is granted in the name of its grantor, which takes a superuser; any other administrator grants in its own name. */
function passesOn(
  { grantor }: ParameterPrivilege,
  { source, target, targetFacts, moved }: MembershipInput,
): boolean {
  const isOriginal = source.roles.some(({ name, isBootstrap }) => isBootstrap && name === grantor)
  const isThere =
    moved.has(grantor) ||
    (isPredefined(grantor) && target.roles.some(({ name }) => name === grantor))
  return targetFacts.isSuperuser && !isOriginal && isThere
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

function parameterStep(wanted: ParameterPrivilege, isPassedOn: boolean): Step {
  const { parameter, grantee, grantor, privilege, grantable } = wanted
  const isPublic = grantee === 'public'
  const words = privilege === 'ALTER SYSTEM' ? 'alter system' : 'set'
  const grant = `grant ${words} on parameter ${quoteIdentifier(parameter)} to ${
    isPublic ? 'public' : quoteIdentifier(grantee)
  }${grantable ? ' with grant option' : ''}`
  return {
    kind: 'parameter',
    role: isPublic ? 'PUBLIC' : grantee,
    needs: [...(isPublic ? [] : [grantee]), ...(isPassedOn ? [grantor] : [])],
    what: `the privilege ${privilege} on the parameter ${JSON.stringify(parameter)}`,
    sql: isPassedOn ? `set role ${quoteIdentifier(grantor)}; ${grant}; reset role` : grant,
    subject: { kind: 'parameter', parameter, privilege },
  }
}
