/**
 * Whether every validation query has a database to run in, as `\connect name` is easily misspelt and the query would never
 * run; and whether it can run there, which would otherwise show only when everything has been moved.
 */
import { quoteIdentifier } from '../../server/index.js'
import { foreseeQueryFailures, queriesFor } from '../../validate/index.js'
import type { Check, CheckOptions, DatabaseContext, Found } from '../check.js'
import { readDatabases } from './databases.js'

type QueryOptions = Pick<CheckOptions, 'source' | 'databases' | 'queries' | 'isPart'>

/** What is found of the databases that the validation queries name and that are not among the chosen. */
export async function findUnusedQueries(options: QueryOptions): Promise<Found[]> {
  const { source, databases, queries = [], isPart = false } = options
  const named = new Set(queries.flatMap(({ database }) => database ?? []))
  const unused = [...named].filter((name) => !databases.includes(name))
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

/** What is found of the queries that are for a database and cannot start there, on the source. */
export async function findFailingQueries({
  source,
  database,
  queries = [],
}: Pick<DatabaseContext, 'source' | 'database' | 'queries'>): Promise<Found[]> {
  const side = { server: source, database }
  const failures = await foreseeQueryFailures(side, queriesFor(queries, database))
  return failures.map(({ error, isCertain }) => ({
    severity: isCertain ? 'blocking' : 'warning',
    message: isCertain
      ? error.message
      : `${error.message} It may be otherwise when the run comes to it.`,
    remedy: error.hint,
  }))
}

export const queryChecks: readonly Check[] = [
  {
    name: 'validation-query-unused',
    scope: 'server',
    subject: 'whether every validation query has a database to run in',
    worst: 'blocking',
    run: findUnusedQueries,
  },
  {
    name: 'validation-query-failed',
    scope: 'database',
    subject: 'whether the validation queries can run on the source',
    worst: 'blocking',
    run: findFailingQueries,
  },
]
