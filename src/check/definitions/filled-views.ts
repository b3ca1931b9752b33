/** What stands in the way of materialized views: a restore fills them anew, at its end, each with the rights of its owner. */
import { quoteIdentifier, readRoleNames } from '../../server/index.js'
import { filledViews, identity } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext } from '../check.js'
import { viewDuplicates } from './view-duplicates.js'
import { rowSecurity } from './view-row-security.js'

interface Reading {
  readonly view: string
  /** Who reads. */
  readonly role: string
  /** What is read, each as it can be written in a statement. */
  readonly relations: string[]
}

async function readUsed(
  { sourceSession, maintenanceSession }: DatabaseContext,
  condition: string,
  relation = identity('pg_class', 'c.oid'),
): Promise<Reading[]> {
  const readings = await sourceSession.query<Reading>(
    `${filledViews}
     select ${identity('pg_class', 'u.view')} as view, r.oid::pg_catalog.text as role,
            pg_catalog.array_agg(distinct ${relation}) as relations
       from used u
       join pg_catalog.pg_class c on c.oid = u.relation
       join pg_catalog.pg_roles r on r.oid = u.reader
      where u.relation <> u.view and ${condition}
      group by u.view, r.oid order by 1, 2`,
  )
  const names = new Map(
    (await readRoleNames(maintenanceSession)).map(({ oid, role }) => [oid, role]),
  )
  return readings.map((reading) => ({ ...reading, role: names.get(reading.role) ?? reading.role }))
}

const notReadable: DatabaseCheck = {
  name: 'view-not-readable',
  scope: 'database',
  subject: 'whether materialized views may be filled',
  worst: 'blocking',
  async run(context) {
    const readings = await readUsed(
      context,
      `not pg_catalog.has_any_column_privilege(r.oid, c.oid, 'select')`,
    )
    return readings.map(({ view, role, relations }) => ({
      severity: 'blocking',
      object: view,
      message: `The materialized view ${view} reads ${relations.join(', ')}, which the role ${quoteIdentifier(role)} may not read any more. A restore fills it anew with the rights of that role, and would be refused.`,
      remedy: `-- on the source\ngrant select on ${relations.join(', ')} to ${quoteIdentifier(role)};`,
    }))
  },
}

const foreignTable: DatabaseCheck = {
  name: 'view-foreign-table',
  scope: 'database',
  subject: 'materialized views of foreign tables',
  worst: 'warning',
  async run(context) {
    const server = `(select ${identity('pg_class', 'c.oid')} || ' on the server ' || pg_catalog.quote_ident(s.srvname)
      from pg_catalog.pg_foreign_table f join pg_catalog.pg_foreign_server s on s.oid = f.ftserver
     where f.ftrelid = c.oid)`
    const readings = await readUsed(context, `c.relkind = 'f'`, server)
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
