/** Decides whether two texts that two majors printed mean the same, by letting the target read both. */
import type { Session } from '../../server/index.js'
import type { Both } from '../sides.js'
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

/** Reading what was printed settles at the latest here. */
const rounds = 3

/** For fewer, another session is not worth its start. */
const fewestPerSession = 20

const afresh = 'savepoint reread'
/** The savepoint goes too: were they left in each other, every one would make those after it slower. */
const undo = `rollback to savepoint reread; release savepoint reread; ${afresh}`

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
  jobs: number,
): Promise<Set<CodePair>> {
  const equal = new Set<CodePair>()
  const waiting = pairs.filter((pair) => pair.source !== null && pair.target !== null)
  if (target.server.facts.isStandby) return equal
  const work = async (session: Session): Promise<void> => {
    // The sessions of a mode that only reads could make nothing.
    await session.query(`begin read write; ${afresh}`)
    for (let pair = waiting.shift(); pair !== undefined; pair = waiting.shift()) {
      const reading = readingOf(pair.name, pair.within)
      if (reading === undefined) continue
      const texts = {
        source: reading.start(forTarget(pair.source ?? '')),
        target: reading.start(pair.target ?? ''),
      }
      if (await readTheSame(session, reading, texts)) equal.add(pair)
    }
    await session.query('rollback')
  }
  const sessions = Math.min(jobs, Math.ceil(waiting.length / fewestPerSession))
  const ended = await Promise.allSettled(
    Array.from({ length: sessions }, () =>
      target.server.withSession(target.database, work).catch((error: unknown) => {
        waiting.length = 0
        throw error
      }),
    ),
  )
  const failed = ended.find((each) => each.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return equal
}

/** Reads and prints either text until both are the same; false too when the target cannot read one of them. */
async function readTheSame(
  session: Session,
  reading: Reading,
  texts: Both<string>,
): Promise<boolean> {
  const { source, target } = texts
  const current: { source?: string | undefined; target?: string | undefined } = { source, target }
  for (let round = 0; round < rounds; round += 1) {
    for (const side of ['source', 'target'] as const) {
      const text = current[side]
      if (text === undefined) return false
      current[side] = await printAgain(session, reading, text)
      if (current[side] !== undefined && current.source === current.target) return true
    }
  }
  return false
}

async function printAgain(
  session: Session,
  reading: Reading,
  text: string,
): Promise<string | undefined> {
  try {
    for (const statement of reading.statements(text)) await session.queryOne(statement)
    const [row] = await session.query<{ printed: string }>(reading.print)
    await session.query(undo)
    return row?.printed
  } catch (error) {
    // A session that is gone cannot do this; a refused statement leaves it in a failed transaction.
    await session.query(undo).catch(() => {
      throw error
    })
    return undefined
  }
}
