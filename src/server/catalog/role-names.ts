/** Names of roles, and other texts of the server, in a database whose encoding is not theirs: they are mostly in UTF-8. */
import { QueryError } from '../../errors.js'
import type { Session } from '../session/session.js'

/** untranslatable_character, character_not_in_repertoire */
const hasNoCharacters = new Set(['22P05', '22021'])

/** A condition: whether an object identifier of a catalog is that of a role. 0 is none, and neither is what a dropped role has left. */
export function isRole(oid: string): string {
  return `exists (select from pg_catalog.pg_roles known where known.oid = ${oid})`
}

/** Over the maintenance database, where every name is text. */
export function readRoleNames(maintenance: Session): Promise<{ oid: string; role: string }[]> {
  return maintenance.query(
    `select oid::pg_catalog.text as oid, rolname::pg_catalog.text as role
       from pg_catalog.pg_roles order by rolname`,
  )
}

/** Says the name of the role with an object identifier; of one that is gone, the identifier. */
export async function roleNamer(maintenance: Session): Promise<(oid: string) => string> {
  const names = new Map((await readRoleNames(maintenance)).map(({ oid, role }) => [oid, role]))
  return (oid) => names.get(oid) ?? oid
}

/**
 * Whether a session on the database can show all that a dump of it holds of the server in UTF-8, as a dump in UTF-8 needs it:
 * the names of all roles, the database's own name, comment and settings.
 */
export function showsServerTexts(session: Session): Promise<boolean> {
  return succeedsInUtf8(
    session,
    `with own as (select oid, datname from pg_catalog.pg_database where datname = pg_catalog.current_database())
     select rolname::pg_catalog.text from pg_catalog.pg_roles
      union all select datname::pg_catalog.text from own
      union all select pg_catalog.shobj_description(oid, 'pg_database') from own
      union all select pg_catalog.unnest(s.setconfig) from pg_catalog.pg_db_role_setting s join own on own.oid = s.setdatabase`,
  )
}

/** The roles whose names a session on the database can show in UTF-8. */
export async function readShownRoles(session: Session): Promise<string[]> {
  const rows = await session.query<{ oid: string }>(
    'select oid::pg_catalog.text as oid from pg_catalog.pg_roles',
  )
  const oids = rows.map(({ oid }) => oid)
  if (await showsNamesOf(session, oids)) return oids
  const shown: string[] = []
  for (const oid of oids) if (await showsNamesOf(session, [oid])) shown.push(oid)
  return shown
}

function showsNamesOf(session: Session, oids: readonly string[]): Promise<boolean> {
  return succeedsInUtf8(
    session,
    'select rolname::pg_catalog.text from pg_catalog.pg_roles where oid = any ($1::pg_catalog.oid[])',
    [oids],
  )
}

/** Whether a session on the database can say the name of that role: whether its bytes are text in the database's encoding. */
export function saysRoleName(session: Session, oid: string): Promise<boolean> {
  return succeedsInUtf8(
    session,
    `select pg_catalog.length(pg_catalog.convert_to(rolname::pg_catalog.text, 'SQL_ASCII'))
       from pg_catalog.pg_roles where oid = $1::pg_catalog.oid`,
    [oid],
  )
}

/** Whether a session can be shown what a query returns, or the query be run, without a character that UTF8 or the database's encoding lacks. */
export async function succeedsInUtf8(
  session: Session,
  sql: string,
  values?: unknown[],
): Promise<boolean> {
  try {
    await session.query(sql, values)
    return true
  } catch (error) {
    if (error instanceof QueryError && hasNoCharacters.has(error.sqlState ?? '')) return false
    throw error
  }
}
