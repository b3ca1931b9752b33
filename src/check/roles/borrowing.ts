/** Why the target will not lend a role to its administrator, and what makes it do so. */
import { quoteIdentifier, type ServerFacts } from '../../server/index.js'

/** `members` are those of the administrator that stand in the way, as `foreseeUsableRoles` returns them. */
export function reasonNotLent(
  role: string,
  members: readonly string[],
  { major, user }: ServerFacts,
): string {
  const [name, administrator] = [JSON.stringify(role), JSON.stringify(user)]
  if (members.length > 0) {
    const others = members.filter((member) => member !== role).map((each) => JSON.stringify(each))
    const through = members.includes(role) ? '' : ` through ${others.join(', ')}`
    return `${administrator} may not act as ${name} there, and cannot be made a member of it for the time of the run, because ${name} is itself a member of ${administrator}${through}`
  }
  const lack = major >= 16 ? 'has no ADMIN option on that role' : 'has no CREATEROLE'
  return `${name} is there already, and ${administrator} may not act as it: ${administrator} ${lack}`
}

/** What makes the target lend the role to its administrator, as it can be pasted; `members` as in `reasonNotLent`. */
export function lendingRemedy(
  role: string,
  members: readonly string[],
  { major, user, canCreateRoles }: ServerFacts,
): string {
  const [name, administrator] = [quoteIdentifier(role), quoteIdentifier(user)]
  const revokes = members.map(
    (member) => `revoke ${administrator} from ${quoteIdentifier(member)};`,
  )
  const later = revokes.length === 0 ? '' : ', for as long as databases are moved'
  const who =
    major >= 16
      ? `a superuser, or a role that has the ADMIN option`
      : `a superuser, or a role that has CREATEROLE`
  const isGranted = major >= 16 || revokes.length === 0 || !canCreateRoles
  return [
    `-- on the target, before the upgrade, as ${who}${later}`,
    ...revokes,
    ...(isGranted
      ? [`grant ${name} to ${administrator}${major >= 16 ? ' with admin option' : ''};`]
      : []),
  ].join('\n')
}
