/** Names of databases, roles and tablespaces that the target may not take. */
import { quoteIdentifier } from '../../server/index.js'
import type { ServerCheck } from '../check.js'

export const nameWithNewline: ServerCheck = {
  name: 'name-with-newline',
  scope: 'server',
  subject: 'names with line breaks',
  worst: 'blocking',
  async run({ sourceSession, target, databases }) {
    const rows = await sourceSession.query<{ kind: string; name: string }>(
      `select o.kind, o.name from (
         select 'database', datname::pg_catalog.text from pg_catalog.pg_database
          where datname::pg_catalog.text = any($1::pg_catalog.text[])
         union all select 'role', rolname::pg_catalog.text from pg_catalog.pg_roles
         union all select 'tablespace', spcname::pg_catalog.text from pg_catalog.pg_tablespace
       ) o (kind, name) where o.name ~ '[\\n\\r]' order by 1, 2`,
      [databases],
    )
    const isRefused = target.facts.major >= 19
    return rows.map(({ kind, name }) => ({
      severity: isRefused ? 'blocking' : 'warning',
      object: name,
      message: `The name of the ${kind} ${JSON.stringify(name)} holds a line break, which PostgreSQL ${isRefused ? target.facts.major : '19 and later'} does not allow.`,
      remedy: `-- on the source\nalter ${kind} ${quoteIdentifier(name)} rename to ${quoteIdentifier(name.replaceAll(/[\n\r]+/g, '_'))};`,
    }))
  },
}
