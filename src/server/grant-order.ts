/** The order of grants of privileges: who passes one on must have been given it before, with the right to grant it. */
import type { Privilege } from './catalog/privileges.js'

/**
 * All grants on one object, in rounds: what a grantor needs was granted in an earlier round. `isOriginal` tells the grantors that
 * need nothing, as the owner; neither does one who has the right from elsewhere, as that on a column from the whole table.
 */
export function grantRounds<G extends Privilege>(
  grants: readonly G[],
  isOriginal: (grantor: string) => boolean,
): G[][] {
  const key = (role: string | null, privilege: string) => JSON.stringify([role, privilege])
  const rightsOf = (these: readonly G[]) =>
    these
      .filter(({ isGrantable }) => isGrantable)
      .map(({ grantee, privilege }) => key(grantee, privilege))
  const toCome = new Set(rightsOf(grants))
  const rounds: G[][] = []
  let waiting = [...grants]
  while (waiting.length > 0) {
    const isReady = ({ grantor, privilege }: G) =>
      isOriginal(grantor) || !toCome.has(key(grantor, privilege))
    const ready = waiting.filter(isReady)
    // The server allows no circle.
    if (ready.length === 0) return [...rounds, waiting]
    rounds.push(ready)
    waiting = waiting.filter((grant) => !isReady(grant))
    for (const right of rightsOf(ready)) toCome.delete(right)
  }
  return rounds
}
