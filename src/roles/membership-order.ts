/** The order of GRANTs: who grants a role must have been given its ADMIN option before. */
import type { Membership } from './role.js'

/**
 * Sorts memberships so that every grantor has the ADMIN option on the role by the time it grants it.
 * `isOriginal` tells the grantors that need nothing (the bootstrap superuser). A membership whose grantor
 * never gets there is last, with the grantor taken away.
 */
export function orderMemberships(
  memberships: readonly Membership[],
  isOriginal: (grantor: string) => boolean,
): Membership[] {
  const ordered: Membership[] = []
  const administrators = new Map<string, Set<string>>()
  const isReady = ({ role, grantor }: Membership) =>
    grantor === null || isOriginal(grantor) || administrators.get(role)?.has(grantor) === true
  let waiting = [...memberships]
  while (waiting.length > 0) {
    const ready = waiting.filter(isReady)
    if (ready.length === 0)
      return [...ordered, ...waiting.map((each) => ({ ...each, grantor: null }))]
    const taken = new Set(ready)
    waiting = waiting.filter((each) => !taken.has(each))
    for (const each of ready) {
      ordered.push(isOriginal(each.grantor ?? '') ? { ...each, grantor: null } : each)
      if (each.admin) {
        administrators.set(each.role, (administrators.get(each.role) ?? new Set()).add(each.member))
      }
    }
  }
  return ordered
}

/** One membership for each pair of roles, with every option that any grantor gave. */
export function mergeMemberships(memberships: readonly Membership[]): Membership[] {
  const merged = new Map<string, Membership>()
  for (const each of memberships) {
    const key = JSON.stringify([each.role, each.member])
    const other = merged.get(key)
    merged.set(key, {
      ...each,
      grantor: null,
      admin: each.admin || other?.admin === true,
      inherit: each.inherit || other?.inherit === true,
      set: each.set || other?.set === true,
    })
  }
  return [...merged.values()]
}
