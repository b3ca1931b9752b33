/** `mode: validate` for one database: both sides as they are, under the same name. */
import type { Servers } from './preparation.js'
import { countWhileRunning } from '../report/progress.js'
import { tellComputedOtherwise } from './computed-otherwise.js'
import { tellMovedOrders } from './moved-orders.js'
import { tellDifferences } from './tell-differences.js'
import { tellRefusedFunctions } from './refused-functions.js'
import { startDatabaseReport, type DatabaseReport } from '../report/report.js'
import { addFinding, addDifferences, reportedError, timePhase, type Run } from '../run.js'
import type { DatabaseFacts, Server } from '../server/index.js'
import { compareDatabaseProperties, queriesFor, validateDatabase } from '../validate/index.js'

/**
 * Adds one database's comparison, with up to `jobs` sessions on either side, to the report; what could not be compared is
 * an error of that database.
 */
export async function compareDatabase(
  run: Run,
  servers: Servers,
  database: DatabaseFacts,
  jobs: number,
): Promise<void> {
  const entry = startDatabaseReport(database.name, database.bytes)
  run.report.databases.push(entry)
  const started = run.now()
  entry.startedAt = started.toISOString()
  try {
    await timePhase(run, entry.phases, 'validate', 'both', () => compare(run, servers, entry, jobs))
    entry.result = entry.differences.length === 0 ? 'passed' : 'failed'
  } catch (error) {
    entry.result = 'failed'
    entry.error = reportedError(error, run.signal)
    run.log.error(`${database.name}: ${entry.error.message}`)
    if (entry.error.hint !== undefined) run.log.info(entry.error.hint)
  } finally {
    entry.durationSeconds = (run.now().getTime() - started.getTime()) / 1000
  }
  tellDifferences(run.log, database.name, entry.differences)
  if (entry.error === null && entry.differences.length === 0) {
    run.log.info(`${database.name}: no differences.`)
  }
}

async function compare(
  run: Run,
  servers: Servers,
  { name, tables, differences, spans }: DatabaseReport,
  jobs: number,
): Promise<void> {
  const { source, target } = servers
  if ((await isThere(source, name)) && !(await isThere(target, name))) {
    differences.push({ kind: 'database', object: name, source: 'present', target: null })
    addFinding(run, {
      check: 'database-missing',
      severity: 'warning',
      database: name,
      message: `The target has no database ${JSON.stringify(name)}, which is on the source: was it renamed or dropped there, or never moved?`,
      remedy:
        'Where it was renamed, give it its name again on the target, and compare once more; where it was not moved, move it, or leave it out of "databases".',
    })
    return
  }
  addDifferences(differences, await compareDatabaseProperties(source, target, name))
  await countWhileRunning(`${name}: validate`, run, async (advance, turnTo) => {
    const result = await validateDatabase({
      source: { server: source, database: name },
      target: { server: target, database: name },
      level: run.inputs.validate === 'none' ? 'counts' : run.inputs.validate,
      queries: queriesFor(run.inputs.validationQueries, name),
      jobs,
      onTable: advance,
      onStage: turnTo,
      span: (span) => spans.push(span),
      log: run.log,
      signal: run.signal,
    })
    tables.push(...result.tables)
    addDifferences(differences, result.differences)
    tellComputedOtherwise(run, name, result.computedOtherwise, target.facts.major)
    turnTo('the functions')
    await tellRefusedFunctions(run, { source, target, name, targetDatabase: name })
    await tellMovedOrders(run, servers, name)
  })
}

async function isThere(server: Server, name: string): Promise<boolean> {
  const rows = await server.withSession(undefined, (session) =>
    session.query('select from pg_catalog.pg_database where datname = $1', [name]),
  )
  return rows.length > 0
}
