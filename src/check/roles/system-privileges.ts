/** Privileges on functions of the system that the target calls otherwise: a dump grants them by name and arguments. */
import { identity } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'
import { changedPrivileges } from './privileges.js'

interface Grant {
  readonly object: string
  /** With its types: `pg_start_backup(text, boolean, boolean)`. */
  readonly signature: string
  /** What makes the privileges again what initdb gave. */
  readonly statements: readonly string[]
}

const signature = `f.proname::pg_catalog.text || '(' || pg_catalog.oidvectortypes(f.proargtypes) || ')'`

export const systemPrivilege: DatabaseCheck = {
  name: 'system-privilege',
  scope: 'database',
  subject: "privileges on the system's functions",
  worst: 'blocking',
  async run({ sourceSession, targetSession, target }) {
    const grants = await sourceSession.query<Grant>(
      `with privilege as (
         select ${identity('pg_proc', 'f.oid')} as object, ${signature} as signature, '' as column,
                'function ' || ${identity('pg_proc', 'f.oid')} as place, f.proacl as now,
                coalesce(g.initprivs, pg_catalog.acldefault('f', f.proowner)) as given
           from pg_catalog.pg_proc f
           left join pg_catalog.pg_init_privs g
             on g.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass and g.objoid = f.oid and g.objsubid = 0
          where f.oid < 16384 and f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace and f.proacl is not null)
       ${changedPrivileges('object, signature')}`,
    )
    if (grants.length === 0) return []
    const known = await targetSession.query<{ signature: string }>(
      `select ${signature} as signature from pg_catalog.pg_proc f
        where f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace and ${signature} = any ($1::pg_catalog.text[])`,
      [grants.map((grant) => grant.signature)],
    )
    const there = new Set(known.map((row) => row.signature))
    return grants
      .filter((grant) => !there.has(grant.signature))
      .map(({ object, statements }) => ({
        severity: 'blocking',
        object,
        message: `The privileges of the function ${object} of the system were changed, and PostgreSQL ${target.facts.major} has none of that name and arguments. A dump would grant them again, and the restore would fail on it.`,
        remedy: `-- on the source; grant what takes its place after the upgrade\n${statements.join('\n')}`,
      }))
  },
}
