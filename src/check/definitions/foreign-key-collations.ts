/** Foreign keys between columns that 18 and later cannot compare, because either has a collation that is not deterministic. */
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'

interface KeyColumn {
  readonly constraint: string
  readonly table: string
  readonly referenced: string
  /** Quoted. */
  readonly column: string
  readonly type: string
  readonly collation: string
  readonly referencedCollation: string
}

export const foreignKeyCollation: DatabaseCheck = {
  name: 'foreign-key-collation',
  scope: 'database',
  subject: 'the collations of foreign keys',
  worst: 'blocking',
  async run({ source, target, sourceSession }) {
    if (source.facts.major < 12 || target.facts.major < 18) return []
    const columns = await sourceSession.query<KeyColumn>(
      `select pg_catalog.quote_ident(k.conname) as constraint, ${identity('pg_class', 'c.oid')} as table,
              ${identity('pg_class', 'k.confrelid')} as referenced, pg_catalog.quote_ident(a.attname) as column,
              pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
              ${identity('pg_collation', 'a.attcollation')} as collation,
              ${identity('pg_collation', 'r.attcollation')} as "referencedCollation"
         from pg_catalog.pg_constraint k
         join pg_catalog.pg_class c on c.oid = k.conrelid
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        cross join lateral rows from (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) p (own, other)
         join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = p.own
         join pg_catalog.pg_attribute r on r.attrelid = k.confrelid and r.attnum = p.other
        where k.contype = 'f' and k.conparentid = 0 and ${isUsersRelation('c', 'n')}
          and a.attcollation <> 0 and r.attcollation <> 0 and a.attcollation <> r.attcollation
          and exists (select from pg_catalog.pg_collation l
                       where l.oid in (a.attcollation, r.attcollation) and not l.collisdeterministic)
        order by 2, 1, 4`,
    )
    return columns.map(describe)
  },
}

function describe({
  constraint,
  table,
  referenced,
  column,
  type,
  collation,
  referencedCollation,
}: KeyColumn) {
  return {
    severity: 'blocking' as const,
    object: `${constraint} on ${table}`,
    message: `The foreign key ${constraint} of ${table} compares the column ${column}, of the collation ${collation}, with one of ${referenced}, of ${referencedCollation}. From PostgreSQL 18 on both have to be the same where one is not deterministic; the restore would fail on it, once the rows are there.`,
    remedy: `-- on the source; this locks the table while its indexes are built again\nalter table ${table} alter column ${column} type ${type} collate ${referencedCollation};`,
  }
}
