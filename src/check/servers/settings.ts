/** Settings of databases, roles and functions that the target does not know or does not allow. */
import { QueryError } from '../../errors.js'
import { preloadRefusal, quoteIdentifier, quoteLiteral, type Session } from '../../server/index.js'
import {
  isConfidentialSetting,
  parseSetting,
  withoutValue,
  type NamedValue,
} from '../../telling/settings.js'
import { identity, isUsers } from '../catalog.js'
import type { DatabaseCheck, ServerCheck } from '../check.js'

/**
 * Settings whose value is only looked up when it is used, so that a name the target does not have yet is no
 * error; and those that would change who the session is.
 */
const lookedUpLater = new Set([
  'default_tablespace',
  'default_table_access_method',
  'default_text_search_config',
  'role',
  'search_path',
  'session_authorization',
  'temp_tablespaces',
])

/**
 * What the target says to a setting, or undefined when it takes it: set_config for one statement changes nothing
 * and asks everything (known, allowed to this role, a good value).
 */
export async function settingRefusal(
  target: Session,
  { name, value }: NamedValue,
): Promise<string | undefined> {
  if (lookedUpLater.has(name.toLowerCase())) return undefined
  try {
    await target.query('select pg_catalog.set_config($1::text, $2::text, true)', [name, value])
    return await placeholderRefusal(target, name)
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    // 55P02: no session may change it, but a role's or database's setting may, unless it is the whole server's.
    if (error.sqlState === '55P02' && !(await isServerWide(target, name))) return undefined
    const isRefused = ['42704', '42602', '22023', '42501', '0A000', '55P02'].includes(
      error.sqlState ?? '',
    )
    const [reason = error.message] = withoutValue(error.message, { name, value }).split(
      ' (SQLSTATE',
    )
    return isRefused ? reason : undefined
  }
}

/**
 * Any session may set a parameter that no library of the target has defined, but to store one takes a superuser or,
 * from 15 on, the privilege SET on it. PL/pgSQL's own are there as soon as a function of it has been called.
 */
async function placeholderRefusal(target: Session, name: string): Promise<string | undefined> {
  if (!name.includes('.') || name.toLowerCase().startsWith('plpgsql.')) return undefined
  const [row] = await target.query<{ refused: boolean }>(
    `select not (r.rolsuper
                 or exists (select from pg_catalog.pg_settings s where s.name = pg_catalog.lower($1::text)))
            as refused
       from pg_catalog.pg_roles r where r.rolname = current_user`,
    [name],
  )
  if (row?.refused !== true || (await maySet(target, name))) return undefined
  return `permission denied to set parameter "${name}"`
}

/** 15 brought privileges on parameters. */
async function maySet(target: Session, name: string): Promise<boolean> {
  const [row] = await target.query<{ version: number }>(
    `select pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version`,
  )
  if (row === undefined || row.version < 150_000) return false
  const [privilege] = await target.query<{ may: boolean }>(
    `select pg_catalog.has_parameter_privilege($1::text, 'set') as may`,
    [name],
  )
  return privilege?.may === true
}

async function isServerWide(target: Session, name: string): Promise<boolean> {
  const rows = await target.query(
    `select 1 from pg_catalog.pg_settings
      where name = $1::text and context in ('internal', 'postmaster', 'sighup')`,
    [name],
  )
  return rows.length > 0
}

interface ScopedSetting {
  readonly database: string | null
  readonly role: string | null
  readonly setting: string
}

const ofDatabasesAndRoles: ServerCheck = {
  name: 'setting-unknown',
  scope: 'server',
  subject: 'the settings of databases and roles',
  worst: 'warning',
  async run({ sourceSession, targetSession, target, databases }) {
    const settings = await sourceSession.query<ScopedSetting>(
      `select d.datname::pg_catalog.text as database, r.rolname::pg_catalog.text as role,
              pg_catalog.unnest(s.setconfig) as setting
         from pg_catalog.pg_db_role_setting s
         left join pg_catalog.pg_database d on d.oid = s.setdatabase
         left join pg_catalog.pg_roles r on r.oid = s.setrole
        where (s.setdatabase = 0 or d.datname::pg_catalog.text = any($1::pg_catalog.text[]))
          and (s.setrole = 0 or r.oid is not null)
        order by 1, 2, 3`,
      [databases],
    )
    const found = []
    for (const { database, role, setting } of settings) {
      const { name, value } = parseSetting(setting)
      const refusal =
        (await preloadRefusal(target, { name, value })) ??
        (await settingRefusal(targetSession, { name, value }))
      if (refusal === undefined) continue
      found.push({
        severity: 'warning' as const,
        database: database ?? undefined,
        object: name,
        message: `The setting ${describeSetting({ name, value })} of ${describeScope(database, role)} cannot be made on PostgreSQL ${target.facts.major}: ${refusal}. It is left out.`,
        remedy: `-- on the source\n${resetStatement(database, role, name)}`,
      })
    }
    return found
  },
}

/** An application's own setting may hold a secret, so its value is not told. */
function describeSetting({ name, value }: NamedValue): string {
  return isConfidentialSetting(name) ? name : `${name} = ${quoteLiteral(value)}`
}

function describeScope(database: string | null, role: string | null): string {
  if (role === null && database === null) return 'all roles'
  if (role === null) return `the database ${quoteIdentifier(database ?? '')}`
  const where = database === null ? '' : ` in the database ${quoteIdentifier(database)}`
  return `the role ${quoteIdentifier(role)}${where}`
}

function resetStatement(database: string | null, role: string | null, name: string): string {
  const setting = name.split('.').map(quoteIdentifier).join('.')
  if (role === null && database === null) return `alter role all reset ${setting};`
  if (role === null) return `alter database ${quoteIdentifier(database ?? '')} reset ${setting};`
  const where = database === null ? '' : ` in database ${quoteIdentifier(database)}`
  return `alter role ${quoteIdentifier(role)}${where} reset ${setting};`
}

const ofFunctions: DatabaseCheck = {
  name: 'function-setting-unknown',
  scope: 'database',
  subject: 'the settings of functions',
  worst: 'blocking',
  async run({ sourceSession, targetSession, target }) {
    const settings = await sourceSession.query<{ object: string; setting: string }>(
      `select ${identity('pg_proc', 'f.oid')} as object, pg_catalog.unnest(f.proconfig) as setting
         from pg_catalog.pg_proc f
        where f.proconfig is not null and ${isUsers('pg_proc', 'f')} order by 1, 2`,
    )
    const refusals = new Map<string, string | undefined>()
    for (const { setting } of settings) {
      if (refusals.has(setting)) continue
      refusals.set(setting, await settingRefusal(targetSession, parseSetting(setting)))
    }
    return settings.flatMap(({ object, setting }) => {
      const refusal = refusals.get(setting)
      if (refusal === undefined) return []
      const { name } = parseSetting(setting)
      const told = isConfidentialSetting(name) ? name : setting
      return {
        severity: 'blocking',
        object,
        message: `The function ${object} sets ${told}, which PostgreSQL ${target.facts.major} refuses: ${refusal}. It could not be created.`,
        remedy: `-- on the source\nalter function ${object} reset ${name.split('.').map(quoteIdentifier).join('.')};`,
      }
    })
  },
}

export const settingChecks = [ofDatabasesAndRoles, ofFunctions] as const
