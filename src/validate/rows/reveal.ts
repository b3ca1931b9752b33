/** Lets the administrator of a target read and analyze a staging database, whatever its owners may not, or may not show. */
import { doing } from '../../errors.js'
import { quoteIdentifier } from '../../server/index.js'
import { withReader, type DatabaseSide } from '../sides.js'

interface Obstacle {
  readonly object: string
  /** Takes it out of the way. */
  readonly lift: string
  /** Puts it back. */
  readonly restore: string
}

/**
 * Whoever is no superuser reads as a member of the owners. That is not enough where an owner has revoked its own
 * privileges, or is under row-level security itself (FORCE). For as long as `work` reads, the privileges are granted,
 * and the policies not forced. When `work` fails it stays so: the staging database is dropped then.
 */
export async function withRowsRevealed<T>(side: DatabaseSide, work: () => Promise<T>): Promise<T> {
  if (side.server.facts.isSuperuser) return work()
  const obstacles = await withReader(side, (session) =>
    session.query<Obstacle>(obstaclesQuery, [quoteIdentifier(side.server.facts.user)]),
  )
  if (obstacles.length === 0) return work()
  await say(side, obstacles, 'lift')
  const result = await work()
  await say(side, obstacles.toReversed(), 'restore')
  return result
}

async function say(
  { server, database }: DatabaseSide,
  obstacles: readonly Obstacle[],
  word: 'lift' | 'restore',
): Promise<void> {
  await server.withSession(database, async (session) => {
    for (const obstacle of obstacles) {
      await doing(`let ${obstacle.object} be read on the ${session.side}`, () =>
        session.query(obstacle[word]),
      )
    }
  })
}

const qualified = `pg_catalog.format('%I.%I', n.nspname, c.relname)`
const relations = `pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace`

/** What each kind of obstacle is lifted and put back with; `%1$s` is the object and `%2$s` the administrator. */
const statements = {
  schema: ['grant usage on schema %1$s to %2$s', 'revoke usage on schema %1$s from %2$s'],
  table: ['grant select on table %1$s to %2$s', 'revoke select on table %1$s from %2$s'],
  'large object': [
    'grant select on large object %1$s to %2$s',
    'revoke select on large object %1$s from %2$s',
  ],
  'forced table': [
    'alter table %1$s no force row level security',
    'alter table %1$s force row level security',
  ],
} as const

/** Schemas first: without them nothing in them can be named. Only a member of the owner can help itself. */
const obstaclesQuery = `
  select o.kind || ' ' || o.name as object,
         pg_catalog.format(s.lift, o.name, $1::pg_catalog.text) as lift,
         pg_catalog.format(s.restore, o.name, $1::pg_catalog.text) as restore
    from (
      select 1, 'schema', pg_catalog.quote_ident(n.nspname)
        from pg_catalog.pg_namespace n
       where pg_catalog.pg_has_role(n.nspowner, 'usage')
         and not pg_catalog.has_schema_privilege(n.oid, 'usage')
       union all
      select 2, 'table', ${qualified}
        from ${relations}
       where c.relkind in ('r', 'p', 'm', 'S') and pg_catalog.pg_has_role(c.relowner, 'usage')
         and not pg_catalog.has_table_privilege(c.oid, 'select')
       union all
      select 3, 'large object', m.oid::pg_catalog.text
        from pg_catalog.pg_largeobject_metadata m
       where pg_catalog.pg_has_role(m.lomowner, 'usage')
         and not exists (
           select from pg_catalog.aclexplode(
                         coalesce(m.lomacl, pg_catalog.acldefault('L', m.lomowner))) a
            where a.privilege_type = 'SELECT'
              and (a.grantee = 0 or pg_catalog.pg_has_role(a.grantee, 'usage')))
       union all
      select 4, 'forced table', ${qualified}
        from ${relations}
       where pg_catalog.pg_has_role(c.relowner, 'usage')
         and c.relforcerowsecurity and pg_catalog.row_security_active(c.oid)
    ) o (position, kind, name)
    join (values ${Object.entries(statements)
      .map(([kind, [lift, restore]]) => `('${kind}', '${lift}', '${restore}')`)
      .join(', ')}) s (kind, lift, restore) on s.kind = o.kind
   order by o.position, o.name`
