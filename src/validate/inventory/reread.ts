/** Decides whether two texts of SQL that two majors printed mean the same, by letting the target read both. */
import { quoteIdentifier, type Session } from '../../server/index.js'
import type { DatabaseSide } from '../sides.js'

/** A piece of SQL that the two sides print differently. */
export interface CodePair {
  readonly kind: string
  readonly object: string
  /** `query`, `default`, `check`, … */
  readonly name: string
  readonly source: string | null
  readonly target: string | null
  /** The relation whose columns an expression speaks of; null for a whole query. */
  readonly within: string | null
}

/** Reading what was printed settles at the latest here: see `fixedPoint`. */
const rounds = 3
const view = quoteIdentifier('upgrade-postgres rereads')

/**
 * Majors print the same parse tree differently: 16 no longer repeats the table's name before each column of a
 * view on one table, and an IN list of varchar changes its casts each time it is read. So where texts differ, the
 * target makes a temporary view of either, inside a transaction that is rolled back, and prints it again. What
 * reads the same there is the same. A target that cannot do so (read-only, no TEMPORARY privilege, an object
 * missing) leaves the texts different.
 */
export async function rereadCode(
  target: DatabaseSide,
  pairs: readonly CodePair[],
): Promise<Set<CodePair>> {
  const equal = new Set<CodePair>()
  const readable = pairs.filter((pair) => pair.source !== null && pair.target !== null)
  if (readable.length === 0) return equal
  await target.server.withSession(target.database, async (session) => {
    await session.query('begin')
    for (const pair of readable) {
      const before = await fixedPoint(session, pair, pair.source ?? '')
      const after = await fixedPoint(session, pair, pair.target ?? '')
      if (before !== undefined && before === after) equal.add(pair)
    }
    await session.query('rollback')
  })
  return equal
}

/** Reads and prints until nothing changes any more; undefined when the target cannot read it. */
async function fixedPoint(
  session: Session,
  pair: CodePair,
  text: string,
): Promise<string | undefined> {
  let query = queryOf(pair, text)
  for (let round = 0; query !== undefined && round < rounds; round += 1) {
    const printed = await printAgain(session, query)
    if (printed === query) return printed
    query = printed
  }
  return query
}

/** An expression becomes a query on its table: `row()`, because an index may have several, all of one name. */
function queryOf({ name, within }: CodePair, text: string): string | undefined {
  if (name === 'query') return text.replace(/;\s*$/, '')
  return within === null ? undefined : `select from ${within} where row(${text}) is null`
}

async function printAgain(session: Session, query: string): Promise<string | undefined> {
  await session.query('savepoint reread')
  try {
    await runOne(session, `create temporary view ${view} as ${query}`)
    const [row] = await session.query<{ printed: string }>(
      'select pg_catalog.pg_get_viewdef($1::pg_catalog.text::pg_catalog.regclass) as printed',
      [`pg_temp.${view}`],
    )
    return row?.printed.replace(/;\s*$/, '')
  } catch (error) {
    if (await isInTransaction(session)) return undefined
    throw error
  } finally {
    await session.query('rollback to savepoint reread').catch(() => undefined)
  }
}

/** By the extended protocol, which takes one statement: text from a server cannot bring a second one along. */
async function runOne(session: Session, statement: string): Promise<void> {
  await session.textBatches(statement)[Symbol.asyncIterator]().next()
}

/** False when the session itself is gone; a refused statement leaves it in a failed transaction. */
async function isInTransaction(session: Session): Promise<boolean> {
  return session.query('rollback to savepoint reread').then(
    () => true,
    () => false,
  )
}
