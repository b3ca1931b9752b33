/** Columns with the mark of newer minors, which an older pg_dump takes for an option that a user has set. */
import { knowsColumnVersions } from '../../client/column-versions.js'
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'

export const pgDumpOutdated: DatabaseCheck = {
  name: 'pg-dump-outdated',
  scope: 'database',
  subject: 'whether pg_dump knows what newer minors of the source write into the catalogs',
  worst: 'blocking',
  async run({ target, toolVersion, sourceSession }) {
    const { version } = target.facts
    if (toolVersion === undefined || [toolVersion, version].some(knowsColumnVersions)) return []
    const [column] = await sourceSession.query<{ relation: string }>(
      `select ${identity('pg_class', 'c.oid')} as relation
         from pg_catalog.pg_attribute a
         join pg_catalog.pg_class c on c.oid = a.attrelid
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where a.attoptions::pg_catalog.text like '%pg\\_attver=%'
          and a.attnum > 0 and not a.attisdropped
          and c.relkind in ('r', 'p', 'm', 'f') and ${isUsersRelation('c', 'n')}
        order by 1 limit 1`,
    )
    if (column === undefined) return []
    return [
      {
        severity: 'blocking',
        object: column.relation,
        message: `The source marks its columns with pg_attver, as its newest minors do. pg_dump ${toolVersion} is older and dumps the mark as an option of each column, which the target (PostgreSQL ${version}) does not know: no table could be restored. ${column.relation} is one of them.`,
        remedy:
          'Let the run use client tools of a minor that knows it (14.25, 15.20, 16.16, 17.12, 18.7 or later): install them, or clear the cache that holds the older ones. Where there are none yet, an older major will do that is not older than the source ("client-version"); or update the target to its newest minor first.',
      },
    ]
  },
}
