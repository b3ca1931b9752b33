/** Gives a rehearsal the names of roles that the target does not have yet, so that owners and privileges can be tried. */
import { doing } from '../errors.js'
import { quoteIdentifier, type Server } from '../server/index.js'

/**
 * Creates roles that can do nothing, not even log in. `onRole` is told before each one, so that it can be taken
 * back even after a kill. They go with `takeBackRoles`, when the staging databases are gone.
 */
export async function lendRoles(
  target: Server,
  names: readonly string[],
  onRole: (name: string) => void,
): Promise<void> {
  const { major, isSuperuser } = target.facts
  await target.withSession(
    undefined,
    async (session) => {
      for (const name of names) {
        onRole(name)
        const role = quoteIdentifier(name)
        await doing(`create role ${role} for the rehearsal on the target`, async () => {
          await session.query(`create role ${role} nologin`)
          // From 16 on the session's setting grants this to the creator.
          if (!isSuperuser && major < 16) await session.query(`grant ${role} to current_user`)
        })
      }
    },
    major >= 16 ? { settings: { createrole_self_grant: 'set, inherit' } } : {},
  )
}

/** Drops what was lent; a role that is gone already is no error. */
export async function takeBackRoles(target: Server, names: readonly string[]): Promise<void> {
  await target.withSession(undefined, async (session) => {
    for (const name of names) await session.query(`drop role if exists ${quoteIdentifier(name)}`)
  })
}
