/** The two sides that are compared, and sessions on them that cannot write and cannot be shown fewer rows. */
import { CancelledError } from '../errors.js'
import {
  passBytesThrough,
  repeatedWhenLost,
  type ConnectOptions,
  type Server,
  type ServerSide,
  type Session,
  type Snapshot,
} from '../server/index.js'

/** One database of one server. */
export interface DatabaseSide {
  readonly server: Server
  readonly database: string
  /** Everything is read inside this snapshot; absent: as it is now. */
  readonly snapshot?: Snapshot | undefined
  /** Readers that are free for the next who reads: see `keepingReaders`. */
  readonly idle?: Session[]
}

/** The majors of both servers: what is compared, and how, depends on the pair. */
export interface Majors {
  readonly source: number
  readonly target: number
}

/** The value of both sides. */
export type Both<T> = Readonly<Record<ServerSide, T>>

/** The majors of the servers that both sides are on. */
export function majorsOf({ source, target }: Both<DatabaseSide>): Majors {
  return { source: source.server.facts.major, target: target.server.facts.major }
}

/** Runs the same work for both sides at once; when one fails, the other's result is waited for and dropped. */
export async function onBothSides<T>(
  sides: Both<DatabaseSide>,
  work: (side: DatabaseSide) => Promise<T>,
): Promise<Both<T>> {
  const [source, target] = await Promise.allSettled([work(sides.source), work(sides.target)])
  if (source.status === 'rejected') throw source.reason
  if (target.status === 'rejected') throw target.reason
  return { source: source.value, target: target.value }
}

const readNothingYet = 'savepoint nothing_read'
const forgetLocks = 'rollback to savepoint nothing_read'

/**
 * The statement, before which a reader gives up what it has locked. Reading a table locks its indexes as well, and a
 * transaction keeps that to its end: thousands of tables would fill the lock table of the source, on which its
 * applications live. The snapshot stays, and so do the tables, which its holder has locked.
 */
export function withoutEarlierLocks({ snapshot }: DatabaseSide, sql: string): string {
  return snapshot === undefined ? sql : `${forgetLocks}; ${sql}`
}

/**
 * Opens a session that only reads, in the place of one that is idle: inside the side's snapshot, if it has one. A
 * row-level security policy that would hide rows is an error on both sides, never a smaller number.
 */
export async function openReader(
  side: DatabaseSide,
  options: ConnectOptions = {},
): Promise<Session> {
  const settings = {
    default_transaction_read_only: 'on',
    row_security: 'off',
    synchronize_seqscans: 'off',
    // The jobs are the parallel workers, and compiling pays for no statement of ours.
    max_parallel_workers_per_gather: '0',
    ...(side.server.facts.major >= 11 ? { jit: 'off' } : {}),
    ...options.settings,
  }
  const readOnly = { ...options, settings }
  await side.idle?.pop()?.close()
  const session =
    side.snapshot === undefined
      ? await side.server.connect(side.database, readOnly)
      : await side.snapshot.connect(readOnly)
  try {
    await session.query(passBytesThrough)
    if (side.snapshot !== undefined) await session.query(readNothingYet)
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}

/**
 * What reads on both sides for `work` is used again, one after the other: of a small database, opening a session takes
 * longer than most of what it is asked. There are never more than read at once.
 */
export async function keepingReaders<T>(
  { source, target }: Both<DatabaseSide>,
  work: (sides: Both<DatabaseSide>) => Promise<T>,
): Promise<T> {
  const idle = { source: [] as Session[], target: [] as Session[] }
  try {
    return await work({
      source: { ...source, idle: idle.source },
      target: { ...target, idle: idle.target },
    })
  } finally {
    await Promise.all([...idle.source, ...idle.target].map((session) => session.close()))
  }
}

/**
 * A reader for `work`, which leaves it as it was; one with options is its own. After a failure it is closed, and so are
 * those that nobody uses: their server may be gone.
 */
async function lendReader<T>(
  side: DatabaseSide,
  work: (session: Session) => Promise<T>,
  options?: ConnectOptions,
): Promise<T> {
  const idle = options === undefined ? side.idle : undefined
  const session = idle?.pop() ?? (await openReader(side, options))
  try {
    const result = await work(session)
    if (idle === undefined) {
      await session.close()
      return result
    }
    if (side.snapshot !== undefined) await session.query(forgetLocks)
    idle.push(session)
    return result
  } catch (error) {
    const unused = idle?.splice(0) ?? []
    await Promise.all([session, ...unused].map((each) => each.close()))
    throw error
  }
}

/** Lends a reader to `work`. After a lost connection, the work is done again. */
export async function withReader<T>(
  side: DatabaseSide,
  work: (session: Session) => Promise<T>,
  options?: ConnectOptions,
): Promise<T> {
  return repeatedWhenLost(() => lendReader(side, work, options))
}

/** The schemas that a session opened with `usersSearchPath` looks into, as a value for search_path that means the same to every role. */
export async function usersPath(session: Session): Promise<string> {
  const [row] = await session.query<{ path: string | null }>(
    `select pg_catalog.string_agg(pg_catalog.quote_ident(schema), ', ' order by position) as path
       from pg_catalog.unnest(pg_catalog.current_schemas(false)) with ordinality as p (schema, position)`,
  )
  return row?.path ?? 'pg_catalog'
}

interface Queue<T> {
  readonly jobs: number
  /** Taken in this order; one whose connection is lost is taken again. */
  readonly tasks: readonly T[]
  readonly work: (session: Session, task: T, worker: number) => Promise<void>
  /** Raised from outside when nobody needs the result any more; running statements are cut off. */
  readonly stop: AbortController
}

/** Lets `jobs` sessions of one side work off a list; the first failure stops all of them. */
export async function workOff<T>(side: DatabaseSide, queue: Queue<T>): Promise<void> {
  const { jobs, tasks, work, stop } = queue
  const waiting = [...tasks]
  const readOn = (session: Session, number: number): Promise<void> =>
    cutOn(stop.signal, session, async () => {
      let current: T | undefined
      try {
        for (current = waiting.shift(); current !== undefined; current = waiting.shift()) {
          if (stop.signal.aborted) throw new CancelledError()
          await work(session, current, number)
        }
      } catch (error) {
        if (stop.signal.aborted) throw new CancelledError()
        if (current !== undefined) waiting.unshift(current)
        throw error
      }
    })
  const worker = async (_: unknown, number: number): Promise<void> => {
    try {
      await withReader(side, (session) => readOn(session, number))
    } catch (error) {
      stop.abort(stop.signal.reason ?? error)
      throw error
    }
  }
  const workers = Array.from({ length: Math.max(1, Math.min(jobs, tasks.length)) }, worker)
  const results = await Promise.allSettled(workers)
  if (results.some((result) => result.status === 'rejected')) throw firstReason(stop, results)
}

/** Drops the session's connection, whatever runs, when the signal is raised before `work` has ended. */
async function cutOn(
  signal: AbortSignal,
  session: Session,
  work: () => Promise<void>,
): Promise<void> {
  const cut = () => {
    session.destroy()
  }
  signal.addEventListener('abort', cut)
  try {
    await work()
  } finally {
    signal.removeEventListener('abort', cut)
  }
}

/** What went wrong first, not the sessions that were cut off because of it. */
function firstReason(
  stop: AbortController,
  results: readonly PromiseSettledResult<unknown>[],
): unknown {
  if (stop.signal.aborted) return stop.signal.reason
  return results.find((result) => result.status === 'rejected')?.reason
}
