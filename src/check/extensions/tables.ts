/** Tables that were put into an extension by hand: a dump leaves the extension's own tables to CREATE EXTENSION. */
import { identity } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'
import { findLateConfiguration } from './configuration-rows.js'
import { findMemberRows } from './member-rows.js'
import { memberships } from './scripts.js'

/**
 * What CREATE or ALTER EXTENSION … UPDATE made became a member in the transaction of a script; the extension's own row knows the last one
 * alone. Of a configuration table (extconfig) the rows are dumped, and the extension makes it.
 */
export const extensionTable: DatabaseCheck = {
  name: 'extension-table',
  scope: 'database',
  subject: 'tables that were added to extensions, and rows that were written into theirs',
  worst: 'warning',
  async run({ sourceSession, method }) {
    const rows = await sourceSession.query<{ kind: string; object: string; extension: string }>(
      `with ${memberships}
       select case c.relkind when 'S' then 'sequence' when 'm' then 'materialized view' else 'table' end as kind,
              ${identity('pg_class', 'c.oid')} as object, pg_catalog.quote_ident(e.extname) as extension
         from member m
         join pg_catalog.pg_class c on c.oid = m.oid and c.relkind in ('r', 'p', 'm', 'S')
         join pg_catalog.pg_extension e on e.oid = m.extension
        where m.catalog = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid <> all (coalesce(e.extconfig, '{}'))
          and not exists (select from script s where s.extension = m.extension and s.at = m.joined)
        order by 1`,
    )
    const added = rows.map(({ kind, object, extension }) => ({
      severity: 'warning' as const,
      object,
      message: `The ${kind} ${object} belongs to the extension ${extension}, so it is left to CREATE EXTENSION on the target. If it was added to the extension by hand (ALTER EXTENSION … ADD), it does not arrive, nor do its rows.`,
      remedy: `-- on the source, if it was added by hand\nalter extension ${extension} drop ${kind} ${object};`,
    }))
    return [
      ...added,
      ...(await findMemberRows(sourceSession)),
      ...(await findLateConfiguration(sourceSession, method)),
    ]
  },
}
