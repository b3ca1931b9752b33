/** The settings that decide what expressions and the queries of materialized views yield, as a new session of a database has them. */
import { QueryError } from '../../errors.js'
import type { Finding } from '../../report/report.js'
import { eventTriggersOff, type Server, type Session } from '../../server/index.js'
import type { NamedValue } from '../../telling/settings.js'

/** In which form values are read and written, and how words are searched: what the run pins for itself, and what it leaves alone. */
const deciding = [
  'DateStyle',
  'IntervalStyle',
  'TimeZone',
  'timezone_abbreviations',
  'default_text_search_config',
  'bytea_output',
  'extra_float_digits',
  'lc_monetary',
  'lc_numeric',
  'lc_time',
  'xmlbinary',
  'xmloption',
  'array_nulls',
  'backslash_quote',
  'standard_conforming_strings',
  'quote_all_identifiers',
  'transform_null_equals',
]

const isDeciding = ({ name }: NamedValue) =>
  name.includes('.') || deciding.some((each) => each.toLowerCase() === name.toLowerCase())

/** Of what is set for everybody in a database alone, those that decide. */
export function decidingSettings<T extends NamedValue & { readonly role: string | null }>(
  settings: readonly T[],
): readonly T[] {
  return settings.filter((setting) => setting.role === null && isDeciding(setting))
}

/**
 * What is set for everybody in this database comes before what is set for everybody in all. Settings of the role that
 * moves the database say nothing of it.
 */
const forEverybody = `
  select distinct on (pg_catalog.lower(c.name)) c.name, c.value
    from pg_catalog.pg_db_role_setting s
    join pg_catalog.pg_database d on d.datname = pg_catalog.current_database()
   cross join lateral (
         select pg_catalog.split_part(u.setting, '=', 1) as name,
                pg_catalog.substr(u.setting, pg_catalog.strpos(u.setting, '=') + 1) as value
           from pg_catalog.unnest(s.setconfig) u (setting)) c
   where s.setrole = 0 and s.setdatabase in (0, d.oid)
   order by pg_catalog.lower(c.name), s.setdatabase desc`

/** What the files give to every session; only superusers may read them. */
const inFiles = (isSuperuser: boolean) =>
  isSuperuser
    ? `select distinct on (pg_catalog.lower(f.name)) f.name, f.setting as value
         from pg_catalog.pg_file_settings f
        where f.applied order by pg_catalog.lower(f.name), f.seqno desc`
    : 'select null::pg_catalog.text as name, null::pg_catalog.text as value where false'

/**
 * A session gives the value in full (a text search configuration with its schema), unless its own role has another. That hides the
 * server's, which is then in a file, or what PostgreSQL begins with.
 */
const valuesSql = (isSuperuser: boolean) => `
  with everybody as (${forEverybody}),
  file as (${inFiles(isSuperuser)}),
  named as (
    select n.name from pg_catalog.unnest($1::pg_catalog.text[]) n (name)
     union
    select e.name from everybody e where pg_catalog.strpos(e.name, '.') > 0),
  valued as (
    select n.name,
           case when not ${String(isSuperuser)} and e.name is null and s.source in ('user', 'database user')
                then pg_catalog.format('alter role %I%s reset %I;', session_user,
                       case when s.source = 'database user'
                            then pg_catalog.format(' in database %I', pg_catalog.current_database()) else '' end,
                       n.name) end as reset,
           case when s.name is not null and s.source not in ('user', 'database user', 'client')
                then pg_catalog.current_setting(n.name, true)
                else coalesce(e.value, f.value, s.boot_val, pg_catalog.current_setting(n.name, true)) end as value
      from named n
      left join everybody e on pg_catalog.lower(e.name) = pg_catalog.lower(n.name)
      left join file f on pg_catalog.lower(f.name) = pg_catalog.lower(n.name)
      left join pg_catalog.pg_settings s on pg_catalog.lower(s.name) = pg_catalog.lower(n.name))
  select v.name, v.value, v.reset from valued v where v.value is not null order by 1`

interface ValueRow extends NamedValue {
  /** The statement that would bring to light what a setting of the run's own role hides; null where nothing is hidden. */
  readonly reset: string | null
}

export interface FillSettings {
  readonly settings: readonly NamedValue[]
  /** Not known. */
  readonly hidden: readonly { readonly name: string; readonly reset: string }[]
}

/** A library's parameter may be one of the whole server. */
const isOfSessions = (name: string) => `
  not exists (select from pg_catalog.pg_settings o
               where pg_catalog.lower(o.name) = pg_catalog.lower(${name}) and o.context not in ('user', 'superuser'))`

/** Parameters of the users' own are in no list but that of the files, which only superusers may read. */
const namesInFilesSql = `
  select distinct f.name from pg_catalog.pg_file_settings f
   where f.applied and pg_catalog.strpos(f.name, '.') > 0 and ${isOfSessions('f.name')}`

/** Whatever the role of the run has of its own. */
export function readFillSettings(server: Server, database: string): Promise<FillSettings> {
  const { isSuperuser } = server.facts
  return server.withSession(
    database,
    async (session) => {
      // Once the settings are taken over: the name of a text search configuration is looked up in the database's own path.
      await session.query('set search_path = pg_catalog')
      const named = isSuperuser ? await session.query<{ name: string }>(namesInFilesSql) : []
      const rows = await session.query<ValueRow>(valuesSql(isSuperuser), [
        [...deciding, ...named.map(({ name }) => name)],
      ])
      return {
        settings: rows.filter(({ reset }) => reset === null),
        hidden: rows.flatMap(({ name, reset }) => (reset === null ? [] : [{ name, reset }])),
      }
    },
    {
      asConfigured: true,
      settings: {
        statement_timeout: '0',
        default_transaction_read_only: 'on',
        role: 'none',
        ...eventTriggersOff(server.facts),
      },
    },
  )
}

/** A parameter with a dot is one of a library or of the users, which a session may always name; others have to be known. */
const applySql = `
  select pg_catalog.set_config($1::pg_catalog.text, $2::pg_catalog.text, false)
   where pg_catalog.current_setting($1, true) is distinct from $2
     and (pg_catalog.strpos($1, '.') > 0 or pg_catalog.current_setting($1, true) is not null)
     and ${isOfSessions('$1')}`

/** Makes the settings in a session of the target; returns the names of those that it refuses. */
export async function applyFillSettings(
  session: Session,
  settings: readonly NamedValue[],
): Promise<string[]> {
  const refused: string[] = []
  for (const { name, value } of settings) {
    try {
      await session.query(applySql, [name, value])
    } catch (error) {
      if (!(error instanceof QueryError)) throw error
      refused.push(name)
    }
  }
  return refused
}

/** Of the settings, only the names: a value may be a secret. */
export function refusedSettings(
  database: string,
  names: readonly string[],
  views: readonly string[],
): Finding {
  return {
    check: 'setting-unknown',
    severity: 'warning',
    database,
    object: names.join(', '),
    message: `Materialized views are filled under the settings of the source's database, of which the target refuses these: ${names.join(', ')}. A view whose query depends on them holds other values than on the source.`,
    remedy: `-- on the target, in the database, once it has such values for these settings\n${views.map((view) => `refresh materialized view ${view};`).join('\n')}`,
  }
}

/** The settings that a role of the run has of its own, where the source does not show what they hide. */
export function hiddenSettings(database: string, hidden: FillSettings['hidden']): Finding {
  const names = hidden.map(({ name }) => name).join(', ')
  return {
    check: 'setting-unknown',
    severity: 'warning',
    database,
    object: names,
    message: `Materialized views are filled under the settings of the source's database. The role of the run has its own values there for these, and may not read what others have: ${names}. On the target its sessions have the target's values. A view whose query depends on them may hold other values than on the source.`,
    remedy: `-- on the source, and then run the upgrade again\n${hidden.map(({ reset }) => reset).join('\n')}`,
  }
}
