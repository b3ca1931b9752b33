/** Where a session may be while a database is renamed: in none that is renamed. */
import { ConnectionError } from '../errors.js'
import type { Server } from '../server/index.js'
import { stagingPrefix } from './create.js'

/**
 * A database of the target that lets its role in, other than `name`. Before any of users comes template1, which no run
 * renames. Undefined where there is none.
 */
export async function databaseBeside(target: Server, name: string): Promise<string | undefined> {
  const { database } = target.parameters
  if (database !== name) return database
  for (const candidate of await readOpen(target, name)) {
    if (await letsIn(target, candidate)) return candidate
  }
  return undefined
}

async function readOpen(target: Server, name: string): Promise<string[]> {
  const rows = await target.withSession(undefined, (session) =>
    session.query<{ name: string }>(
      `select datname::pg_catalog.text as name from pg_catalog.pg_database
        where datallowconn and datconnlimit <> -2 and datname <> $1::pg_catalog.name
          and pg_catalog.left(datname::pg_catalog.text, pg_catalog.length($2::pg_catalog.text)) <> $2::pg_catalog.text
          and pg_catalog.has_database_privilege(oid, 'connect')
        order by datname = 'template1' desc, datname = 'postgres' desc, datname`,
      [name, stagingPrefix],
    ),
  )
  return rows.map((row) => row.name)
}

/** The rules of pg_hba.conf and limits have a say as well. */
async function letsIn(target: Server, database: string): Promise<boolean> {
  try {
    await target.withSession(database, () => Promise.resolve())
    return true
  } catch (error) {
    if (error instanceof ConnectionError && error.sqlState !== undefined) return false
    throw error
  }
}
