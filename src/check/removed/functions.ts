/** Functions of the system that the source's objects call and the target no longer has. */
import type { Session } from '../../server/index.js'
import { holder, identity, isUsers, storedExpressions } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'
import { missingNames } from './missing-names.js'
import { removalRemedy } from '../definitions/removal-statements.js'

export const removedFunction: DatabaseCheck = {
  name: 'removed-function',
  scope: 'database',
  subject: 'whether the target knows every function of the system in use',
  worst: 'blocking',
  async run({ source, sourceSession, targetSession, target }) {
    const calls = `(${storedExpressions(source.facts.major)}) e,
              pg_catalog.regexp_matches(e.tree, ':(?:funcid|aggfnoid|winfnoid) (\\d+)', 'g') m (ids)
         join pg_catalog.pg_proc f on f.oid = m.ids[1]::pg_catalog.oid`
    const isSystems = `f.oid < 16384 and f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace`
    const used = await sourceSession.query<{ name: string }>(
      `select distinct f.proname::pg_catalog.text as name from ${calls} where ${isSystems}`,
    )
    const built = await findInternal(sourceSession, targetSession, target.facts.major)
    const missing = await missingNames(targetSession, 'pg_proc', 'pro', used)
    if (missing.length === 0) return built
    const uses = await sourceSession.query<{ name: string; kind: string; object: string }>(
      `select distinct f.proname::pg_catalog.text as name, e.kind, ${holder} as object from ${calls}
        where ${isSystems} and f.proname::pg_catalog.text = any($1::pg_catalog.text[]) order by 2, 3`,
      [missing],
    )
    const calling = uses.map(({ name, kind, object }): Found => ({
      severity: 'blocking',
      object,
      message: `The ${kind} ${object} calls the function ${name}, which PostgreSQL ${target.facts.major} does not have.`,
      remedy: removalRemedy(kind, object, name),
    }))
    return [...built, ...calling]
  },
}

/** Functions of users in the language internal whose code the target was built without. */
async function findInternal(source: Session, target: Session, major: number): Promise<Found[]> {
  const functions = await source.query<{ object: string; code: string }>(
    `select ${identity('pg_proc', 'f.oid')} as object, f.prosrc as code
       from pg_catalog.pg_proc f join pg_catalog.pg_language l on l.oid = f.prolang
      where l.lanname = 'internal' and ${isUsers('pg_proc', 'f')}
        and not exists (select 1 from pg_catalog.pg_aggregate a where a.aggfnoid = f.oid)
      order by 1`,
  )
  if (functions.length === 0) return []
  const known = await target.query<{ code: string }>(
    `select f.prosrc as code from pg_catalog.pg_proc f join pg_catalog.pg_language l on l.oid = f.prolang
      where l.lanname = 'internal' and f.prosrc = any($1::pg_catalog.text[])`,
    [functions.map(({ code }) => code)],
  )
  const codes = new Set(known.map(({ code }) => code))
  return functions
    .filter(({ code }) => !codes.has(code))
    .map(({ object, code }) => ({
      severity: 'blocking',
      object,
      message: `The function ${object} is the server's own ${JSON.stringify(code)} under another name, which PostgreSQL ${major} does not have.`,
      remedy: `-- on the source, if nothing needs it\ndrop function ${object};`,
    }))
}
