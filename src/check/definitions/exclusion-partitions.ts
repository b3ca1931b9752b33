/** Exclusion constraints and keys WITHOUT OVERLAPS of partitioned tables: no major attaches their indexes as a dump does. */
import { identity, isUsersRelation } from '../catalog.js'
import { withUnicodeEscapes } from '../../report/unicode-escapes.js'
import type { DatabaseCheck, Found } from '../check.js'

interface Exclusion {
  /** Quoted. */
  readonly constraint: string
  readonly table: string
  /** What a dump says of it. */
  readonly definition: string
  readonly isKey: boolean
  /** Quoted. */
  readonly comment: string | null
  /** Foreign keys that refer to it, with their quoted tables, quoted names, definitions and quoted comments. */
  readonly referring: readonly Dropped[]
}

type Dropped = readonly [
  table: string,
  constraint: string,
  definition: string,
  comment: string | null,
]

const commentOf = (alias: string) =>
  `pg_catalog.quote_literal(pg_catalog.obj_description(${alias}.oid, 'pg_constraint'))`

/** Indexes with operators of exclusion are never equal to the server (CompareIndexInfo); only it can have attached them. */
const exclusionsSql = (major: number) => `
  select pg_catalog.quote_ident(k.conname) as constraint, ${identity('pg_class', 'c.oid')} as table,
         pg_catalog.pg_get_constraintdef(k.oid) as definition, k.contype <> 'x' as "isKey",
         ${commentOf('k')} as comment,
         coalesce((select pg_catalog.json_agg(pg_catalog.json_build_array(
                            ${identity('pg_class', 'f.conrelid')}, pg_catalog.quote_ident(f.conname),
                            pg_catalog.pg_get_constraintdef(f.oid), ${commentOf('f')}) order by f.conname, f.conrelid)
                     from pg_catalog.pg_constraint f
                    where f.contype = 'f' and f.conindid = k.conindid and f.conparentid = 0), '[]') as referring
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where (k.contype = 'x'${major >= 18 ? ` or k.contype in ('p', 'u') and k.conperiod` : ''})
     and k.conparentid = 0 and ${isUsersRelation('c', 'n')}
     and exists (select from pg_catalog.pg_inherits i where i.inhparent = k.conindid)
   order by 2, 1`

export const partitionExclusion: DatabaseCheck = {
  name: 'partition-exclusion',
  scope: 'database',
  subject: 'exclusion constraints of partitioned tables',
  worst: 'blocking',
  async run({ source, sourceSession }) {
    // Partitioned tables have such constraints since 17.
    if (source.facts.major < 17) return []
    const rows = await sourceSession.query<Exclusion>(exclusionsSql(source.facts.major))
    return rows.map(describe)
  },
}

function describe({ constraint, table, definition, isKey, comment, referring }: Exclusion): Found {
  const kind = isKey ? 'key WITHOUT OVERLAPS' : 'exclusion constraint'
  const dropped: readonly Dropped[] = [...referring, [table, constraint, definition, comment]]
  // Escapes keep each in its comment, where it would end with the line.
  const again = dropped
    .toReversed()
    .flatMap(statementsOf)
    .map((statement) => `-- ${withUnicodeEscapes(statement)}`)
  const drops = dropped.map((each) => `alter table ${each[0]} drop constraint ${each[1]};`)
  return {
    severity: 'blocking',
    object: `${constraint} on ${table}`,
    message: `The ${kind} ${constraint} of ${table} has parts in its partitions. A dump creates each part by itself and attaches it to the whole, which no major of PostgreSQL does with such indexes: the restore would fail on it, once the rows are there.`,
    remedy: `-- on the source; nothing keeps the rows apart from then on. After the upgrade create it again:\n${again.join('\n')}\n${drops.join('\n')}`,
  }
}

function statementsOf([table, constraint, definition, comment]: Dropped): string[] {
  return [
    `alter table ${table} add constraint ${constraint} ${definition};`,
    ...(comment === null ? [] : [`comment on constraint ${constraint} on ${table} is ${comment};`]),
  ]
}
