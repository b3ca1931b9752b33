/** Whether every validation query has a database to run in: `\connect name` is easily misspelt, and the query would never run. */
import { quoteIdentifier } from '../server/index.js'
import type { CheckOptions, Found, ServerCheck } from './check.js'
import { readDatabases } from './databases.js'

type QueryOptions = Pick<CheckOptions, 'source' | 'databases' | 'queryDatabases' | 'isPart'>

/** What is found of the databases that the validation queries name and that are not among the chosen. */
export async function findUnusedQueries(options: QueryOptions): Promise<Found[]> {
  const { source, databases, queryDatabases = [], isPart = false } = options
  const unused = queryDatabases.filter((name) => !databases.includes(name))
  if (unused.length === 0) return []
  const rows = await source.withSession(undefined, (session) => readDatabases(session, unused))
  const existing = new Set(rows.map(({ name }) => name))
  return unused
    .filter((name) => !isPart || !existing.has(name))
    .map((name) => ({
      severity: existing.has(name) ? 'warning' : 'blocking',
      message: `"validation-queries" has queries for the database ${quoteIdentifier(name)}, which ${existing.has(name) ? 'is not among the chosen ones' : 'the source does not have'}: they would never run.`,
      remedy: `Correct the name behind \\connect in "validation-queries", take the queries out, or name the database in "databases".`,
    }))
}

export const validationQueryUnused: ServerCheck = {
  name: 'validation-query-unused',
  scope: 'server',
  subject: 'whether every validation query has a database to run in',
  worst: 'blocking',
  run: findUnusedQueries,
}
