/** What roles that are on the target already have there and not on the source: a move takes nothing of it away. */
import type { ServerFacts } from '../server/index.js'
import { mergeMemberships } from './membership-order.js'
import { covers, isPredefined, isSame } from './plan-memberships.js'
import { isForRehearsal, type Role, type RoleCatalog, type RoleSetting } from './role.js'
import type { SkippedRole } from './step.js'

export interface KeptInput {
  readonly source: RoleCatalog
  readonly target: RoleCatalog
  readonly sourceFacts: Pick<ServerFacts, 'major'>
  readonly targetFacts: Pick<ServerFacts, 'user'>
  /** The roles of the source that are moved. */
  readonly moved: ReadonlySet<string>
}

/** One entry for each; of what `mode: validate` compares, so that it finds nothing that was not told. */
export function planKept(input: KeptInput): SkippedRole[] {
  const { source, target, targetFacts } = input
  const compared = target.roles.filter(
    ({ name, isBuiltIn }) => input.moved.has(name) && !isBuiltIn && name !== targetFacts.user,
  )
  const names = new Set(compared.map(({ name }) => name))
  const predefined = target.roles.map(({ name }) => name).filter(isPredefined)
  const withPredefined = new Set([...names, ...predefined])
  const onSource = new Map(source.roles.map((role) => [role.name, role]))
  return [
    ...compared.flatMap((role) => keptByRole(role, onSource.get(role.name))),
    ...keptMemberships(input, withPredefined),
    ...keptParameters(input, withPredefined),
    ...moreSettings(target.settingsOfAll, source.settingsOfAll).map((what) => kept('ALL', what)),
  ]
}

function kept(role: string, what: string): SkippedRole {
  return { role, reason: `the target has ${what}, the source has not, and it stays` }
}

function keptByRole(role: Role, before: Role | undefined): SkippedRole[] {
  const isCommented = role.comment !== null && !isForRehearsal(role)
  const comment = before?.comment === null && isCommented ? ['a comment on it'] : []
  // Null is none; undefined is what nobody could read.
  const isLogin = before?.attributes.login === true && before.password === null
  const password = isLogin && typeof role.password === 'string' ? ['a password for it'] : []
  return [...moreSettings(role.settings, before?.settings ?? []), ...comment, ...password].map(
    (what) => kept(role.name, what),
  )
}

/** Their values may be secrets. */
function moreSettings(these: readonly RoleSetting[], those: readonly RoleSetting[]): string[] {
  const known = new Set(those.map(({ name }) => name.toLowerCase()))
  return these
    .filter(({ name }) => !known.has(name.toLowerCase()))
    .map(({ name }) => `the setting ${JSON.stringify(name)}`)
}

function keptMemberships(
  { source, target, moved }: KeptInput,
  members: ReadonlySet<string>,
): SkippedRole[] {
  const before = mergeMemberships(source.memberships)
  return mergeMemberships(target.memberships)
    .filter(({ role, member }) => members.has(member) && (moved.has(role) || isPredefined(role)))
    .filter(({ role, member }) => !isPredefined(role) || !isPredefined(member))
    .filter((membership) => !before.some((other) => covers(other, membership)))
    .map(({ role, member }) => {
      const isMember = before.some((other) => other.role === role && other.member === member)
      return kept(
        member,
        `${isMember ? 'more options of its' : 'a'} membership in ${JSON.stringify(role)}`,
      )
    })
}

function keptParameters(
  { source, target, sourceFacts }: KeptInput,
  grantees: ReadonlySet<string>,
): SkippedRole[] {
  // 15 brought them.
  if (sourceFacts.major < 15) return []
  return target.parameterPrivileges
    .filter(({ grantee }) => grantee === 'public' || grantees.has(grantee))
    .filter((present) => !source.parameterPrivileges.some((other) => isSame(other, present)))
    .map(({ grantee, privilege, parameter }) =>
      kept(
        grantee === 'public' ? 'PUBLIC' : grantee,
        `the privilege ${privilege} on the parameter ${JSON.stringify(parameter)}`,
      ),
    )
}
