/** Views that select from themselves: nobody can read them, and no dump can create them. */
import { QueryError } from '../../errors.js'
import type { Session } from '../../server/index.js'
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'

/** Up to 15, every rule depends on its own view; on its columns only where it reads them, or a function that returns its rows. */
const candidatesSql = `
  select ${identity('pg_class', 'c.oid')} as object
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind = 'v' and ${isUsersRelation('c', 'n')}
     and exists (select 1 from pg_catalog.pg_rewrite r
                   join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                    and d.objid = r.oid and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                  where r.ev_class = c.oid and r.ev_type = '1'
                    and d.refobjid = c.oid and d.refobjsubid > 0)
   order by 1`

export const recursiveView: DatabaseCheck = {
  name: 'view-recursive',
  scope: 'database',
  subject: 'views that select from themselves',
  worst: 'blocking',
  async run({ sourceSession }) {
    const found: Found[] = []
    for (const { object } of await sourceSession.query<{ object: string }>(candidatesSql)) {
      if (!(await isRecursive(sourceSession, object))) continue
      found.push({
        severity: 'blocking',
        object,
        message: `The view ${object} selects from itself, as only CREATE OR REPLACE VIEW can make it. Nobody can read it, and no dump can create it: the restore would fail.`,
        remedy: `-- on the source\ndrop view ${object};`,
      })
    }
    return found
  },
}

/** PREPARE expands the view, and neither plans nor calls anything. Where it is refused for another reason, that is not seen. */
async function isRecursive(session: Session, view: string): Promise<boolean> {
  try {
    await session.query(`prepare seen as select from ${view}; deallocate seen`)
    return false
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    // invalid_object_definition: infinite recursion detected in rules.
    return error.sqlState === '42P17'
  }
}
