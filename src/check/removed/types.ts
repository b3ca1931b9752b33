/** Types of the system that the source's objects use and the target no longer has. */
import type { Session } from '../../server/index.js'
import { isUsers, isUsersRelation, routineKind, storedExpressions } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'
import { removalRemedy, splitColumn } from '../definitions/removal-statements.js'

/**
 * Everything that a user declared with a type: `type`, `kind`, and the object's address (catalog, oid, column).
 * A column that is inherited changes with its parent's; a view is dropped as a whole.
 */
const typeUses = (major: number): string => `
  select a.atttypid as type,
         case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
           when 'c' then 'attribute' when 'f' then 'column of a foreign table' else 'column' end as kind,
         'pg_catalog.pg_class'::pg_catalog.regclass as catalog, c.oid,
         case when c.relkind in ('v', 'm') then 0 else a.attnum end::pg_catalog.int4 as part
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
     and a.attinhcount = 0 and ${isUsersRelation('c', 'n')}
  union all
  select t.typbasetype, 'domain', 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 0
    from pg_catalog.pg_type t where t.typtype = 'd' and ${isUsers('pg_type', 't')}
  union all
  select r.rngsubtype, 'range', 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 0
    from pg_catalog.pg_range r join pg_catalog.pg_type t on t.oid = r.rngtypid
   where ${isUsers('pg_type', 't')}
  union all
  select s.type, ${routineKind(major, 'f')}, 'pg_catalog.pg_proc'::pg_catalog.regclass, f.oid, 0
    from pg_catalog.pg_proc f,
         pg_catalog.unnest(f.proargtypes::pg_catalog.oid[] || f.prorettype || f.proallargtypes) as s (type)
   where ${isUsers('pg_proc', 'f')}
  union all
  select m.ids[1]::pg_catalog.oid, e.kind, e.catalog, e.oid, e.part
    from (${storedExpressions(major)}) e,
         pg_catalog.regexp_matches(e.tree, ':\\w*type(?:id|Id)? (\\d+)', 'g') m (ids)`

interface TypeUse {
  readonly type: string
  readonly kind: string
  readonly object: string
}

export const removedType: DatabaseCheck = {
  name: 'removed-type',
  scope: 'database',
  subject: 'whether the target knows every type in use',
  worst: 'blocking',
  async run({ source, sourceSession, targetSession, target }) {
    const all = typeUses(source.facts.major)
    const used = await sourceSession.query<{ name: string }>(
      `select distinct t.typname::pg_catalog.text as name
         from (${all}) u
         join pg_catalog.pg_type t on t.oid = u.type
        where t.oid < 16384 and t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace`,
    )
    const names = await missingTypes(targetSession, used)
    const uses = await sourceSession.query<TypeUse>(
      `select distinct pg_catalog.format_type(t.oid, null) as type, u.kind,
              (select i.identity from pg_catalog.pg_identify_object(u.catalog, u.oid, u.part) i) as object
         from (${all}) u join pg_catalog.pg_type t on t.oid = u.type
        where t.oid < 16384
          and (t.typname::pg_catalog.text = any($1::pg_catalog.text[])
               -- Declared by 9.6 or earlier; since 10 no column can be of this type.
               or (t.typname = 'unknown' and u.kind = 'column'))
        order by 2, 3`,
      [names],
    )
    return firstThingsFirst(uses).map(({ type, kind, object }) => ({
      severity: 'blocking',
      object,
      message: `The ${kind} ${object} uses the type ${type}, which PostgreSQL ${target.facts.major} does not have.`,
      remedy: removedTypeRemedy({ type, kind, object }),
    }))
  },
}

async function missingTypes(
  session: Session,
  used: readonly { name: string }[],
): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `select u.name from pg_catalog.unnest($1::pg_catalog.text[]) as u (name)
      where not exists (select 1 from pg_catalog.pg_type t
                         where t.typname = u.name::pg_catalog.name
                           and t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace)`,
    [used.map(({ name }) => name)],
  )
  return rows.map(({ name }) => name)
}

/** One use of each object; views first, because no column that a view reads can be changed. */
function firstThingsFirst(uses: readonly TypeUse[]): TypeUse[] {
  const once = new Map<string, TypeUse>()
  for (const use of uses) if (!once.has(use.object)) once.set(use.object, use)
  return [...once.values()].toSorted((a, b) => Number(isView(b)) - Number(isView(a)))
}

function isView({ kind }: TypeUse): boolean {
  return kind === 'view' || kind === 'materialized view'
}

interface Successor {
  readonly type: string
  readonly using: (column: string) => string
}

/** What takes the place of a removed type, and how a value gets there. */
const successors: Readonly<Record<string, Successor>> = {
  abstime: {
    type: 'timestamp with time zone',
    using: (column) => `${column}::timestamp with time zone`,
  },
  'abstime[]': {
    type: 'timestamp with time zone[]',
    using: (column) => `${column}::timestamp with time zone[]`,
  },
  reltime: { type: 'interval', using: (column) => `${column}::interval` },
  'reltime[]': { type: 'interval[]', using: (column) => `${column}::interval[]` },
  tinterval: {
    type: 'tstzrange',
    using: (column) =>
      `tstzrange(tintervalstart(${column})::timestamptz, tintervalend(${column})::timestamptz, '[]')`,
  },
}
const asText: Successor = { type: 'text', using: (column) => `${column}::text` }

function removedTypeRemedy({ type, kind, object }: TypeUse): string {
  const successor = successors[type] ?? asText
  const { relation, column } = splitColumn(object)
  if (kind === 'column') {
    return `-- on the source\nalter table ${relation} alter column ${column} type ${successor.type} using ${successor.using(column)};`
  }
  if (kind === 'attribute') {
    return `-- on the source\nalter type ${relation} alter attribute ${column} type ${successor.type};`
  }
  if (kind === 'column of a foreign table') {
    return `-- on the source\nalter foreign table ${relation} alter column ${column} type ${successor.type};`
  }
  return removalRemedy(kind, object, `${type} (${successor.type} takes its place)`)
}
