/** Parameters that make the server read on where a page is damaged. The sessions of a superuser switch them off; nobody else may. */
import { quoteIdentifier } from '../../server/index.js'
import type { DatabaseCheck } from '../check.js'

const consequences: Readonly<Record<string, string>> = {
  zero_damaged_pages: 'the rows of such a page would be missing on the target',
  ignore_checksum_failure: 'the rows of such a page could arrive with wrong values',
}

export const damagedPages: DatabaseCheck = {
  name: 'damaged-pages',
  scope: 'database',
  subject: 'whether damaged pages are read as errors',
  worst: 'blocking',
  async run({ source, sourceSession, database }) {
    const rows = await sourceSession.query<{ name: string; isOfBoth: boolean }>(
      `select name, source = 'database user' as "isOfBoth" from pg_catalog.pg_settings
        where name = any($1::pg_catalog.text[]) and setting = 'on' order by 1`,
      [Object.keys(consequences)],
    )
    const user = quoteIdentifier(source.facts.user)
    return rows.map(({ name, isOfBoth }) => ({
      severity: 'blocking',
      object: name,
      message: `For the role ${user} the source reads on where a page is damaged (${name} is on): ${consequences[name] ?? ''}, and the comparison would not see it either.`,
      remedy: `-- on the source, as a superuser\nalter role ${user} ${isOfBoth ? `in database ${quoteIdentifier(database)} ` : ''}set ${name} = off;`,
    }))
  },
}
