/** Tables that were put into an extension by hand: a dump leaves the extension's own tables to CREATE EXTENSION. */
import { identity } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'
import { findMemberRows } from './member-rows.js'

/**
 * What CREATE or ALTER EXTENSION … UPDATE made was written by the transaction that wrote the extension's row. Of a
 * configuration table (extconfig) the rows are dumped, and the extension makes it.
 */
export const extensionTable: DatabaseCheck = {
  name: 'extension-table',
  scope: 'database',
  subject: 'tables that were added to extensions, and rows that were written into theirs',
  worst: 'warning',
  async run({ sourceSession }) {
    const rows = await sourceSession.query<{ kind: string; object: string; extension: string }>(
      `select case c.relkind when 'S' then 'sequence' when 'm' then 'materialized view' else 'table' end as kind,
              ${identity('pg_class', 'c.oid')} as object, pg_catalog.quote_ident(e.extname) as extension
         from pg_catalog.pg_depend d
         join pg_catalog.pg_class c on c.oid = d.objid and c.relkind in ('r', 'p', 'm', 'S')
         join pg_catalog.pg_extension e on e.oid = d.refobjid
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype = 'e'
          and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
          and d.xmin <> e.xmin and c.oid <> all (coalesce(e.extconfig, '{}'))
        order by 1`,
    )
    const added = rows.map(({ kind, object, extension }) => ({
      severity: 'warning' as const,
      object,
      message: `The ${kind} ${object} belongs to the extension ${extension}, so it is left to CREATE EXTENSION on the target. If it was added to the extension by hand (ALTER EXTENSION … ADD), it does not arrive, nor do its rows.`,
      remedy: `-- on the source, if it was added by hand\nalter extension ${extension} drop ${kind} ${object};`,
    }))
    return [...added, ...(await findMemberRows(sourceSession))]
  },
}
