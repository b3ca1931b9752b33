/** Runs many statements that a target may refuse one by one, in few round trips. */
import { messageOf, QueryError, throwIfCancelled } from '../../errors.js'
import type { Session } from '../../server/index.js'
import type { Statement } from './privileges.js'

export interface RefusedStatement extends Statement {
  readonly reason: string
}

/** Small enough that the locks of one transaction stay far below max_locks_per_transaction. */
const batchSize = 50

/** Warnings with which GRANT and REVOKE say that they did nothing, or not all of it. */
const nothingDone = new Set(['01006', '01007'])

/** The word that 16 has reserved; an older source writes it without quotes as a name. Strings and quoted names are passed over. */
const reserved = /'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$])(system_user)(?![\w$])/g

function withReservedQuoted(statement: Statement): Statement {
  const sql = statement.sql.replace(reserved, (found, word?: string) =>
    word === undefined ? found : `"${word}"`,
  )
  return { ...statement, sql }
}

/** Runs the statements in order and returns those that the target refused. */
export async function runStatements(
  session: Session,
  statements: readonly Statement[],
  signal: AbortSignal,
): Promise<RefusedStatement[]> {
  const warnings: string[] = []
  await session.query("set client_min_messages = 'warning'")
  session.onNotice(({ sqlState, message }) => {
    if (sqlState !== undefined && nothingDone.has(sqlState)) warnings.push(message)
  })
  const refused: RefusedStatement[] = []
  for (let start = 0; start < statements.length; start += batchSize) {
    throwIfCancelled(signal)
    const batch = statements.slice(start, start + batchSize).map(withReservedQuoted)
    if ((await attempt(session, batch, warnings)) === undefined) continue
    for (const single of batch) {
      const reason = await attempt(session, [single], warnings)
      if (reason !== undefined) refused.push({ ...single, reason })
    }
  }
  return refused
}

/** All of it in one transaction, or nothing of it and the reason. */
async function attempt(
  session: Session,
  batch: readonly Statement[],
  warnings: string[],
): Promise<string | undefined> {
  warnings.length = 0
  try {
    await session.query(`begin; ${batch.map(({ sql }) => sql).join('; ')}`)
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    await session.query('rollback')
    return messageOf(error.cause ?? error)
  }
  await session.query(warnings.length === 0 ? 'commit' : 'rollback')
  return warnings[0]
}
