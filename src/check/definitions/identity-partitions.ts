/** Partitions with an identity column of their own, which 17 and later do not attach. */
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'

interface IdentityColumn {
  readonly partition: string
  readonly parent: string
  /** Quoted. */
  readonly column: string
}

export const partitionIdentity: DatabaseCheck = {
  name: 'partition-identity',
  scope: 'database',
  subject: 'identity columns of partitions',
  worst: 'blocking',
  async run({ source, target, sourceSession }) {
    if (source.facts.major >= 17 || target.facts.major < 17) return []
    const columns = await sourceSession.query<IdentityColumn>(
      `select ${identity('pg_class', 'c.oid')} as partition, ${identity('pg_class', 'i.inhparent')} as parent,
              pg_catalog.quote_ident(a.attname) as column
         from pg_catalog.pg_class c
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         join pg_catalog.pg_inherits i on i.inhrelid = c.oid
         join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attidentity <> '' and not a.attisdropped
        where c.relispartition and ${isUsersRelation('c', 'n')}
        order by 1, 3`,
    )
    return columns.map(({ partition, parent, column }) => ({
      severity: 'blocking',
      object: `${partition}.${column}`,
      message: `The column ${column} of ${partition} is an identity column of its own, while the table is a partition of ${parent}. From PostgreSQL 17 on a partition has its parent's: the restore could not attach it.`,
      remedy: `-- on the source; rows that are inserted into the partition itself have to bring a value then\nalter table ${partition} alter column ${column} drop identity;`,
    }))
  },
}
