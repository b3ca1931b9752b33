/** Decides whether two texts that two majors printed mean the same, by letting the target read both. */
import type { Session } from '../../server/index.js'
import type { Naming, Place } from './naming.js'
import { readingOf, type Reading } from './readings.js'

/** A text that the two sides print differently. */
export interface CodePair {
  readonly kind: string
  readonly object: string
  /** `query`, `default`, `check`, … */
  readonly name: string
  readonly source: string | null
  readonly target: string | null
  /** What the code stands in: see `InventoryRow`. */
  readonly within: string | null
}

/** Reading what was printed settles at the latest here: see `fixedPoint`. */
const rounds = 3

/**
 * Majors print the same parse tree differently: 16 no longer repeats the table's name before each column of a
 * view on one table, and an IN list of varchar changes its casts each time it is read. So where texts differ, the
 * target makes a temporary object of either, inside a transaction that is rolled back, and prints it again. What
 * reads the same there is the same. A target that cannot do so (a standby, no TEMPORARY privilege, an object
 * missing) leaves the texts different.
 */
export async function rereadCode(
  target: Place,
  pairs: readonly CodePair[],
  { forTarget }: Naming,
): Promise<Set<CodePair>> {
  const equal = new Set<CodePair>()
  const readable = pairs.filter((pair) => pair.source !== null && pair.target !== null)
  if (readable.length === 0 || target.server.facts.isStandby) return equal
  await target.server.withSession(target.database, async (session) => {
    // The sessions of a mode that only reads could make nothing.
    await session.query('begin read write')
    for (const pair of readable) {
      const reading = readingOf(pair.name, pair.within)
      if (reading === undefined) continue
      const before = await fixedPoint(session, reading, forTarget(pair.source ?? ''))
      const after = await fixedPoint(session, reading, pair.target ?? '')
      if (before !== undefined && before === after) equal.add(pair)
    }
    await session.query('rollback')
  })
  return equal
}

/** Reads and prints until nothing changes any more; undefined when the target cannot read it. */
async function fixedPoint(
  session: Session,
  reading: Reading,
  code: string,
): Promise<string | undefined> {
  let text: string | undefined = reading.start(code)
  for (let round = 0; text !== undefined && round < rounds; round += 1) {
    const printed = await printAgain(session, reading, text)
    if (printed === text) return printed
    text = printed
  }
  return text
}

async function printAgain(
  session: Session,
  reading: Reading,
  text: string,
): Promise<string | undefined> {
  await session.query('savepoint reread')
  try {
    for (const statement of reading.statements(text)) await runOne(session, statement)
    const [row] = await session.query<{ printed: string }>(reading.print)
    return row?.printed
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
