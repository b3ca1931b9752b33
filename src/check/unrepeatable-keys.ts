/** Indexes and keys that an older major let come about in ways that no dump can repeat. */
import { identity, isUsersRelation } from './catalog.js'
import type { DatabaseCheck } from './check.js'

/** On 11 a detached partition keeps an index that it has had from its partitioned table, when the column is dropped. */
const indexesSql = `
  select ${identity('pg_class', 'x.indexrelid')} as index, ${identity('pg_class', 'c.oid')} as table
    from pg_catalog.pg_index x
    join pg_catalog.pg_class c on c.oid = x.indrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where exists (select from pg_catalog.pg_attribute a
                  where a.attrelid = x.indrelid and a.attnum = any (x.indkey) and a.attisdropped)
     -- What a dump leaves out is a finding of its own.
     and (x.indisvalid or c.relkind = 'p') and ${isUsersRelation('c', 'n')}
   order by 1`

const indexColumnDropped: DatabaseCheck = {
  name: 'index-column-dropped',
  scope: 'database',
  subject: 'indexes of dropped columns',
  worst: 'blocking',
  async run({ sourceSession }) {
    const rows = await sourceSession.query<{ index: string; table: string }>(indexesSql)
    return rows.map(({ index, table }) => ({
      severity: 'blocking',
      object: index,
      message: `The index ${index} of ${table} is built on a column that has been dropped, as PostgreSQL 11 keeps it where the table has been a partition. The dump names the column, which nobody has: the restore would fail on it, once the rows are there.`,
      remedy: `-- on the source\ndrop index ${index};`,
    }))
  },
}

export const unrepeatableKeyChecks: readonly DatabaseCheck[] = [indexColumnDropped]
