/** The databases of a server: which there are, which are the user's, and what holds something. */
import type { Server } from '../server.js'
import { hasUserObjects, holdsAnythingToMove } from '../catalog/user-objects.js'

export interface DatabaseFacts {
  readonly name: string
  /** Bytes, pg_database_size; null where the role may not connect. */
  readonly bytes: number | null
  readonly isTemplate: boolean
  readonly allowsConnections: boolean
  /** -2 marks a database whose DROP was interrupted (16 and backpatched minors). */
  readonly connectionLimit: number
}

/** Databases that belong to the provider; they are never moved. */
export const providerDatabases: readonly string[] = [
  'azure_maintenance',
  'azure_sys',
  'rdsadmin',
  'cloudsqladmin',
]

/** Every database of the server, biggest first. */
export async function listDatabases(server: Server): Promise<DatabaseFacts[]> {
  return server.withSession(undefined, async (session) => {
    const rows = await session.query<Omit<DatabaseFacts, 'bytes'> & { bytes: string | null }>(
      `select d.datname::pg_catalog.text as name,
              case when pg_catalog.has_database_privilege(d.oid, 'connect')
                   then pg_catalog.pg_database_size(d.oid) end as bytes,
              d.datistemplate as "isTemplate",
              d.datallowconn as "allowsConnections",
              d.datconnlimit as "connectionLimit"
         from pg_catalog.pg_database d
        order by 2 desc nulls last, 1`,
    )
    return rows.map((row) => ({ ...row, bytes: row.bytes === null ? null : Number(row.bytes) }))
  })
}

/** Whether a database of that server holds nothing of a user's. */
export async function isDatabaseEmpty(server: Server, database: string): Promise<boolean> {
  return server.withSession(database, async (session) => !(await hasUserObjects(session)))
}

/** Whether nothing would be missed of a database of that server if it were not moved. */
export async function holdsNothingToMove(server: Server, database: string): Promise<boolean> {
  return server.withSession(database, async (session) => !(await holdsAnythingToMove(session)))
}
