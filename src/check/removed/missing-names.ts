/** Which names of the system's own types or functions another server does not have. */
import type { Session } from '../../server/index.js'

/** The names of a catalog of the system that the other server does not have. */
export async function missingNames(
  session: Session,
  catalog: 'pg_type' | 'pg_proc',
  prefix: 'typ' | 'pro',
  used: readonly { name: string }[],
): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `select u.name from pg_catalog.unnest($1::pg_catalog.text[]) as u (name)
      where not exists (select 1 from pg_catalog.${catalog} t
                         where t.${prefix}name = u.name::pg_catalog.name
                           and t.${prefix}namespace = 'pg_catalog'::pg_catalog.regnamespace)`,
    [used.map(({ name }) => name)],
  )
  return rows.map(({ name }) => name)
}
