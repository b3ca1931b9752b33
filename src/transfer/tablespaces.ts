/** Whether the objects of a dump can keep their tablespaces on the target. */
import type { Server } from '../server/index.js'

/** True when every tablespace of the source exists on the target and may be used; otherwise all objects go to the default one. */
export async function carriesTablespaces(source: Server, target: Server): Promise<boolean> {
  const wanted = await readTablespaces(source, 'true')
  const available = await readTablespaces(
    target,
    `pg_catalog.has_tablespace_privilege(oid, 'create')`,
  )
  return wanted.every((name) => available.includes(name))
}

async function readTablespaces(server: Server, condition: string): Promise<string[]> {
  const rows = await server.withSession(undefined, (session) =>
    session.query<{ name: string }>(
      `select spcname as name from pg_catalog.pg_tablespace 
        where spcname not in ('pg_default', 'pg_global') and ${condition}`,
    ),
  )
  return rows.map(({ name }) => name)
}
