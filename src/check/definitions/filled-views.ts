/** What stands in the way of materialized views: a restore fills them anew, at its end, each with the rights of its owner. */
import { filledViews, identity } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'
import { viewDuplicates } from './view-duplicates.js'
import { notReadable } from './view-rights.js'
import { rowSecurity } from './view-row-security.js'

const foreignTable: DatabaseCheck = {
  name: 'view-foreign-table',
  scope: 'database',
  subject: 'materialized views of foreign tables',
  worst: 'warning',
  async run({ sourceSession }) {
    const readings = await sourceSession.query<{ view: string; relations: string[] }>(
      `${filledViews}
       select ${identity('pg_class', 'u.view')} as view,
              pg_catalog.array_agg(distinct ${identity('pg_class', 'c.oid')} || ' on the server ' || pg_catalog.quote_ident(s.srvname)) as relations
         from used u
         join pg_catalog.pg_class c on c.oid = u.relation
         join pg_catalog.pg_foreign_table f on f.ftrelid = c.oid
         join pg_catalog.pg_foreign_server s on s.oid = f.ftserver
        group by u.view order by 1`,
    )
    return readings.map(({ view, relations }) => ({
      severity: 'warning',
      object: view,
      message: `The materialized view ${view} reads ${relations.join(', ')}. A restore fills it anew: the target has to reach what is behind that, and the restore fails at its very end where it cannot.`,
      remedy:
        'Let the target reach the server behind the foreign table: its address, its firewall, the password in the user mapping. A rehearsal shows whether it does.',
    }))
  },
}

export const filledViewChecks: readonly DatabaseCheck[] = [
  rowSecurity,
  notReadable,
  foreignTable,
  viewDuplicates,
]
