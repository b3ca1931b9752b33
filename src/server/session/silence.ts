/** What keeps the statements of a run, some of which hold passwords, out of a server's log and statistics. */
import type { Session } from './session.js'

const silent = {
  log_statement: 'none',
  log_min_duration_statement: '-1',
  log_min_duration_sample: '-1',
  log_transaction_sample_rate: '0',
  log_min_error_statement: 'panic',
  'pg_stat_statements.track_utility': 'off',
}

/** Those of these settings that the server has and the role may set: a superuser, and from 15 on whoever was granted that. */
export async function readSilencing(
  session: Session,
  { major, isSuperuser }: { readonly major: number; readonly isSuperuser: boolean },
): Promise<Readonly<Record<string, string>>> {
  if (!isSuperuser && major < 15) return {}
  const may = isSuperuser ? 'true' : `pg_catalog.has_parameter_privilege(s.name, 'set')`
  const settable = await session.query<{ name: string }>(
    `select s.name from pg_catalog.pg_settings s
      where s.name = any ($1::pg_catalog.text[]) and ${may}`,
    [Object.keys(silent)],
  )
  const names = new Set(settable.map(({ name }) => name))
  return Object.fromEntries(Object.entries(silent).filter(([name]) => names.has(name)))
}
