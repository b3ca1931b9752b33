/** Decides whether two texts that two majors printed mean the same, by letting the target read both. */
import type { Difference } from '../../report/report.js'
import { readEventTriggersToDisable, type Session } from '../../server/index.js'
import { workOff, type Both, type DatabaseSide } from '../sides.js'
import type { Naming } from './naming.js'
import { readingOf, type Reading } from './readings.js'

/** A text that the two sides print differently. */
export interface CodePair {
  /** What is told where they do not mean the same. */
  readonly difference: Difference
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
const pairsPerTask = 20

const afresh = 'savepoint reread'
/** The savepoint goes too: were they left in each other, every one would make those after it slower. */
const undo = `rollback to savepoint reread; release savepoint reread; ${afresh}`

/**
 * Majors print the same parse tree differently: 16 no longer repeats the table's name before each column of a
 * view on one table, and an IN list of varchar changes its casts each time it is read. So where texts differ, the
 * target makes a temporary object of either, inside a transaction that is rolled back, and prints it again. What
 * reads the same there is the same. A target that cannot do so (no TEMPORARY privilege, an object
 * missing) leaves the texts different.
 */
export async function rereadCode(
  target: DatabaseSide,
  pairs: readonly CodePair[],
  { forTarget }: Naming,
  jobs: number,
): Promise<Set<CodePair>> {
  const equal = new Set<CodePair>()
  const readable = pairs.filter((pair) => pair.source !== null && pair.target !== null)
  if (readable.length === 0 || target.server.facts.isStandby) return equal
  const work = async (session: Session, task: readonly CodePair[]): Promise<void> => {
    // A session that only reads could make nothing.
    await session.query('begin read write')
    await keepFromEventTriggers(session, target)
    await session.query(afresh)
    for (const pair of task) {
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
  await workOff(target, { jobs, tasks: inTasks(readable), work, stop: new AbortController() })
  return equal
}

/**
 * What they write is rolled back with the rest, but not the numbers that they take from sequences; and what they forbid could not be
 * read. Most need no lock for that, in a database that others may be using; the others are enabled again by the rollback.
 */
async function keepFromEventTriggers(session: Session, { server }: DatabaseSide): Promise<void> {
  const triggers = await readEventTriggersToDisable(session, server.facts)
  if (triggers.length === 0) return
  await session.query('set local session_replication_role = replica')
  for (const { disable } of triggers.filter(({ firesInReplica }) => firesInReplica)) {
    await session.query(disable)
  }
}

function inTasks(pairs: readonly CodePair[]): CodePair[][] {
  return Array.from({ length: Math.ceil(pairs.length / pairsPerTask) }, (_, task) =>
    pairs.slice(task * pairsPerTask, (task + 1) * pairsPerTask),
  )
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
