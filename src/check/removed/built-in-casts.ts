/** Casts of users that the target has itself. */
import type { DatabaseCheck } from '../check.js'
import { isUsers } from '../catalog.js'

interface Cast {
  readonly source: string
  readonly target: string
}

const types = `pg_catalog.format_type(k.castsource, null) as source, pg_catalog.format_type(k.casttarget, null) as target`

export const castBuiltIn: DatabaseCheck = {
  name: 'cast-built-in',
  scope: 'database',
  subject: 'whether the target has casts of users itself',
  worst: 'blocking',
  async run({ target, sourceSession, targetSession }) {
    const own = await sourceSession.query<Cast>(
      `select ${types} from pg_catalog.pg_cast k
        where ${isUsers('pg_cast', 'k')} and k.castsource < 16384 and k.casttarget < 16384 order by 1, 2`,
    )
    if (own.length === 0) return []
    const systems = await targetSession.query<Cast>(
      `select ${types} from pg_catalog.pg_cast k where k.oid < 16384`,
    )
    const known = new Set(systems.map(nameOf))
    return own
      .filter((cast) => known.has(nameOf(cast)))
      .map((cast) => ({
        severity: 'blocking',
        object: nameOf(cast),
        message: `The cast ${nameOf(cast)} is one of PostgreSQL ${target.facts.major} itself, which may do something else. The restore could not create it.`,
        remedy: `-- on the source; what uses it has to do without, or with the target's own after the upgrade\ndrop cast ${nameOf(cast)};`,
      }))
  },
}

function nameOf({ source, target }: Cast): string {
  return `(${source} as ${target})`
}
