/**
 * Asks the source before anything is moved whether the validation queries can start there, in a session like the one that
 * will run them. What only shows while rows are read, as a division by zero, is left to the run.
 */
import type { UpgradeError } from '../../errors.js'
import { isLostConnection, repeatedWhenLost, type Session } from '../../server/index.js'
import { openReader, type DatabaseSide } from '../sides.js'
import { beginReading, explainQueryFailure, writingRefused } from './compare.js'
import { withoutLeadingComments } from './split.js'

export interface ForeseenFailure {
  readonly error: UpgradeError
  /** False where it may be otherwise in the run: something was in the way, or a query before it has prepared it. */
  readonly isCertain: boolean
}

/** Nobody is to wait for an upgrade that has not begun. */
const settings = { statement_timeout: '120s', lock_timeout: '2s' }

const question = /^(?:select|values|table|with|\()/i
const leavesNothing = /^(?:select|values|table|with|show|explain|set|reset|\()/i
const setting = /^(?:set|reset)\b/i
const writing = /\b(?:insert|update|delete|merge)\b/i
/** Not supported, wrong values, missing schemas, and wrong syntax, names and privileges. */
const certain = /^(?:0A|22|3F|42)|^25006$/
const syntaxError = '42601'

/** Which of the queries would fail on the source, in their order. */
export async function foreseeQueryFailures(
  source: DatabaseSide,
  queries: readonly string[],
): Promise<ForeseenFailure[]> {
  return queries.length === 0 ? [] : repeatedWhenLost(() => foreseeAll(source, queries))
}

async function foreseeAll(
  source: DatabaseSide,
  queries: readonly string[],
): Promise<ForeseenFailure[]> {
  const session = await openReader(source, { usersSearchPath: true, settings })
  try {
    await beginReading(session, source)
    const failures: ForeseenFailure[] = []
    for (const [index, query] of queries.entries()) {
      await session.query('savepoint started')
      const error = await start(session, query)
      if (error === undefined) continue
      const { sqlState = '' } = error
      if (isLostConnection(error)) throw error
      await session.query('rollback to savepoint started')
      const isCertain =
        sqlState === syntaxError ||
        (certain.test(sqlState) && !(await mayPrepare(session, queries.slice(0, index))))
      failures.push({ error, isCertain })
    }
    return failures
  } finally {
    await session.close()
  }
}

async function start(session: Session, query: string): Promise<UpgradeError | undefined> {
  const statement = withoutLeadingComments(query)
  try {
    // Those behind it depend on it.
    if (setting.test(statement)) await session.queryOne(query)
    else if (await changes(session, query, await session.start(query)))
      return writingRefused(session, query)
    return undefined
  } catch (error) {
    return explainQueryFailure(error, session, query)
  }
}

/** A SELECT with INTO answers with no rows. One with a part that writes is stopped only when it is executed. */
async function changes(session: Session, query: string, hasRows: boolean): Promise<boolean> {
  if (!question.test(withoutLeadingComments(query))) return false
  if (!hasRows) return true
  if (!writing.test(query)) return false
  const plan = await session.queryText(`explain (format json, costs off) ${query}`)
  return plan.some(([text]) => text?.includes('"Node Type": "ModifyTable"'))
}

/** Whether one of the queries can have an effect on those behind it: it is more than a question, or its functions do it. */
async function mayPrepare(session: Session, queries: readonly string[]): Promise<boolean> {
  if (queries.some((query) => !leavesNothing.test(withoutLeadingComments(query)))) return true
  const [row] = await session.query<{ prepares: boolean }>(
    `select exists (
       select from pg_catalog.pg_proc
        where provolatile operator(pg_catalog.=) 'v'
          and (pronamespace operator(pg_catalog.<>) 'pg_catalog'::pg_catalog.regnamespace
               or proname operator(pg_catalog.=) 'set_config')
          and pg_catalog.strpos(pg_catalog.lower($1), pg_catalog.lower(proname::pg_catalog.text))
                operator(pg_catalog.>) 0) as prepares`,
    [queries.join('\n')],
  )
  return row?.prepares === true
}
