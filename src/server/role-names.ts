/** Names of roles in a database whose encoding is not theirs: roles belong to the server, and are mostly named in UTF-8. */
import { QueryError } from '../errors.js'
import type { Session } from './session.js'

/** untranslatable_character, character_not_in_repertoire */
const hasNoCharacters = new Set(['22P05', '22021'])

/** Over the maintenance database, where every name is text. */
export function readRoleNames(maintenance: Session): Promise<{ oid: string; role: string }[]> {
  return maintenance.query(
    `select oid::pg_catalog.text as oid, rolname::pg_catalog.text as role
       from pg_catalog.pg_roles order by rolname`,
  )
}

/** Whether a session on the database can show the names of all roles in UTF-8, as a dump in UTF-8 needs them. */
export function showsRoleNames(session: Session): Promise<boolean> {
  return succeeds(session, 'select rolname::pg_catalog.text from pg_catalog.pg_roles')
}

/** Whether a session on the database can say the name of that role: whether its bytes are text in the database's encoding. */
export function saysRoleName(session: Session, oid: string): Promise<boolean> {
  return succeeds(
    session,
    `select pg_catalog.length(pg_catalog.convert_to(rolname::pg_catalog.text, 'SQL_ASCII'))
       from pg_catalog.pg_roles where oid = $1::pg_catalog.oid`,
    [oid],
  )
}

async function succeeds(session: Session, sql: string, values?: unknown[]): Promise<boolean> {
  try {
    await session.query(sql, values)
    return true
  } catch (error) {
    if (error instanceof QueryError && hasNoCharacters.has(error.sqlState ?? '')) return false
    throw error
  }
}
