/** Tables whose replica identity was an index that somebody has dropped: they have none, and no dump says so. */
import { isMember, regclass, type Session } from '../../server/index.js'
import type { Statement } from '../administrator/privileges.js'

/** What makes them like NOTHING, as which PostgreSQL treats them. */
export async function replicaIdentityStatements(source: Session): Promise<Statement[]> {
  const tables = await source.query<{ type: string; identity: string }>(
    `select i.type, i.identity
       from (select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              where c.relreplident = 'i' and c.relpersistence <> 't'
                and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
                and not exists (select from pg_catalog.pg_index x where x.indrelid = c.oid and x.indisreplident)
                and not ${isMember(regclass('pg_class'), 'c.oid')}
             offset 0) c
      cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0) i
      order by 1, 2`,
  )
  return tables.map(({ type, identity }) => ({
    sql: `alter ${type} ${identity} replica identity nothing`,
    what: `the replica identity of ${type} ${identity}`,
    object: `${type} ${identity}`,
  }))
}
