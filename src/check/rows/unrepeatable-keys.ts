/** Indexes and keys that an older major let come about in ways that no dump can repeat. */
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'
import { keyCollation } from './key-collations.js'

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

interface ForeignKey {
  /** Quoted. */
  readonly constraint: string
  readonly table: string
  readonly partition: string
}

/** 11 attaches what a foreign key of the partitioned table refers to; a dump attaches partitions first, and no major adds the key then. */
const foreignKeysSql = `
  with recursive tree (root, descendant) as (
    select c.oid, i.inhrelid
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_inherits i on i.inhparent = c.oid
     where c.relkind = 'p' and ${isUsersRelation('c', 'n')}
    union
    select t.root, i.inhrelid from tree t join pg_catalog.pg_inherits i on i.inhparent = t.descendant
  )
  select pg_catalog.quote_ident(k.conname) as constraint, ${identity('pg_class', 'k.conrelid')} as table,
         ${identity('pg_class', 'k.confrelid')} as partition
    from pg_catalog.pg_constraint k
    join tree t on t.root = k.conrelid and t.descendant = k.confrelid
   where k.contype = 'f' and k.conparentid = 0
   order by 2, 1`

const foreignKeyPartition: DatabaseCheck = {
  name: 'foreign-key-partition',
  scope: 'database',
  subject: 'foreign keys to partitions of their own table',
  worst: 'blocking',
  run: readForeignKeys,
}

async function readForeignKeys({ source, sourceSession }: DatabaseContext): Promise<Found[]> {
  // Partitioned tables of 10 have no foreign keys.
  if (source.facts.major < 11) return []
  const rows = await sourceSession.query<ForeignKey>(foreignKeysSql)
  return rows.map(({ constraint, table, partition }) => ({
    severity: 'blocking',
    object: `${constraint} on ${table}`,
    message: `The foreign key ${constraint} of ${table} refers to ${partition}, which is a partition of ${table} itself. A dump attaches partitions before it adds foreign keys, and no major adds this one then: the restore would fail on it, once the rows are there.`,
    remedy: `-- on the source\nalter table ${table} drop constraint ${constraint};`,
  }))
}

export const unrepeatableKeyChecks: readonly DatabaseCheck[] = [
  indexColumnDropped,
  keyCollation,
  foreignKeyPartition,
]
