/** Unique constraints and primary keys whose indexes sort by other collations than their columns have, as up to 12 allow. */
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'

interface Key {
  /** Quoted. */
  readonly constraint: string
  readonly table: string
  /** What a dump says of it. */
  readonly definition: string
  readonly index: string
  /** The statement that creates its index. */
  readonly indexDefinition: string
  readonly columns: string
  /** Foreign keys that refer to it. */
  readonly referring: readonly string[]
  readonly isReplicaIdentity: boolean
  /** A primary key is it by itself, as long as it is one. */
  readonly isDefaultIdentity: boolean
  readonly isClustered: boolean
  /** `fillfactor = '50'`; null where there are none, as the next ones. */
  readonly options: string | null
  /** Quoted, and so are the comments. */
  readonly tablespace: string | null
  readonly comment: string | null
  readonly indexComment: string | null
}

/** Up to 12 ADD … USING INDEX takes an index whatever its collations are. */
const keysSql = (major: number) => `
  select pg_catalog.quote_ident(k.conname) as constraint, ${identity('pg_class', 'c.oid')} as table,
         pg_catalog.pg_get_constraintdef(k.oid) as definition,
         ${identity('pg_class', 'x.indexrelid')} as index,
         pg_catalog.pg_get_indexdef(x.indexrelid) as "indexDefinition", p.columns,
         array(select ${identity('pg_constraint', 'f.oid')} from pg_catalog.pg_constraint f
                where f.contype = 'f' and f.conindid = x.indexrelid${major >= 11 ? ' and f.conparentid = 0' : ''}
                order by 1) as referring,
         x.indisreplident as "isReplicaIdentity",
         k.contype = 'p' and x.indimmediate and c.relreplident = 'd' as "isDefaultIdentity",
         x.indisclustered as "isClustered",
         (select pg_catalog.string_agg(pg_catalog.format('%I = %L', o.option_name, o.option_value), ', ')
            from pg_catalog.pg_options_to_table(r.reloptions) o) as options,
         (select pg_catalog.quote_ident(s.spcname) from pg_catalog.pg_tablespace s
           where s.oid = r.reltablespace) as tablespace,
         pg_catalog.quote_literal(pg_catalog.obj_description(k.oid, 'pg_constraint')) as comment,
         pg_catalog.quote_literal(pg_catalog.obj_description(r.oid, 'pg_class')) as "indexComment"
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_index x on x.indexrelid = k.conindid
    join pg_catalog.pg_class r on r.oid = x.indexrelid
   cross join lateral (
     select pg_catalog.string_agg(pg_catalog.format('%I (%s)', a.attname,
              ${identity('pg_collation', 'x.indcollation[g.i]')}), ', ' order by g.i) as columns
       from pg_catalog.generate_series(0, ${major >= 11 ? 'x.indnkeyatts' : 'x.indnatts'} - 1) g (i)
       join pg_catalog.pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[g.i]
      where x.indcollation[g.i] <> a.attcollation
   ) p
   where k.contype in ('p', 'u') and p.columns is not null and ${isUsersRelation('c', 'n')}
   order by 2, 1`

export const keyCollation: DatabaseCheck = {
  name: 'key-collation',
  scope: 'database',
  subject: 'the collations of unique constraints and primary keys',
  worst: 'blocking',
  async run({ source, sourceSession }) {
    const rows = await sourceSession.query<Key>(keysSql(source.facts.major))
    return rows.map(describe)
  },
}

function describe(key: Key): Found {
  const { constraint, table, definition, columns, referring } = key
  const first =
    referring.length === 0
      ? ''
      : `; before it drop the foreign keys that refer to it, and create them again after it: ${referring.join(', ')}`
  return {
    severity: 'blocking',
    object: `${constraint} on ${table}`,
    message: `The index of the constraint ${constraint} of ${table} sorts by another collation than its columns have: ${columns}. No dump can say so: on the target it would be ${definition} with the collations of the columns, which is another index, and the validation would fail.`,
    remedy: [
      `-- on the source${first}; either keep the constraint, as the target would have it`,
      ...withConstraint(key),
      '-- or keep its index, without the constraint',
      ...withoutConstraint(key),
    ].join('\n'),
  }
}

function withConstraint(key: Key): string[] {
  const { constraint, table, definition, index, options, comment, isReplicaIdentity } = key
  return [
    'begin;',
    `alter table ${table} drop constraint ${constraint}, add constraint ${constraint} ${definition};`,
    ...(options === null ? [] : [`alter index ${index} set (${options});`]),
    ...(comment === null ? [] : [`comment on constraint ${constraint} on ${table} is ${comment};`]),
    ...indexAgain(key, isReplicaIdentity),
    'commit;',
  ]
}

function withoutConstraint(key: Key): string[] {
  const { constraint, table, indexDefinition, isReplicaIdentity, isDefaultIdentity } = key
  return [
    'begin;',
    `alter table ${table} drop constraint ${constraint};`,
    `${indexDefinition};`,
    ...indexAgain(key, isReplicaIdentity || isDefaultIdentity),
    'commit;',
  ]
}

/** What goes with an index, and no definition says. It has the name of its constraint. */
function indexAgain(key: Key, isReplicaIdentity: boolean): string[] {
  const { constraint, table, index, tablespace, isClustered, indexComment } = key
  return [
    ...(tablespace === null ? [] : [`alter index ${index} set tablespace ${tablespace};`]),
    ...(isReplicaIdentity
      ? [`alter table ${table} replica identity using index ${constraint};`]
      : []),
    ...(isClustered ? [`alter table ${table} cluster on ${constraint};`] : []),
    ...(indexComment === null ? [] : [`comment on index ${index} is ${indexComment};`]),
  ]
}
