/** One run at a time changes, lends or borrows roles of a target, so that none takes away what another still uses. */
import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfCancelled } from '../errors.js'
import type { Log } from '../log.js'
import { sayWhileRunning, type Clock } from '../report/progress.js'
import { repeatWithPauses, type Server, type Session } from '../server/index.js'

/** A run's turn at the roles of a target. */
export interface Turn {
  /** Lets the next run have its turn. Never fails. */
  readonly release: () => Promise<void>
}

export interface TurnOptions {
  readonly log: Log
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Called with the waiting, when there is any. */
  readonly waiting: (wait: () => Promise<void>) => Promise<void>
}

/** The keys of the advisory locks: "upgr" in ASCII, and one number for each purpose. */
const lockClass = 0x75_70_67_72
const turnLock = 1
const changeLock = 2

const pollMs = 500
const keepAliveMs = 20_000

/**
 * Waits until no other run has its turn. The turn is an advisory lock of a session that a cancel does not end: so the
 * clean-up still has it, and the end of the process gives it back, even after a kill. The lock is asked for again and
 * again, because a session that waited for it would hold back VACUUM for as long.
 */
export async function takeTurn(target: Server, options: TurnOptions): Promise<Turn> {
  const database = await databaseOfLocks(target)
  const session = await target.connect(database, { outlivesCancel: true })
  try {
    if (!(await tryLock(session))) {
      await options.waiting(() => waitForTurn(session, options))
    }
  } catch (error) {
    await session.close()
    throw error
  }
  return hold(session, options.log)
}

async function waitForTurn(session: Session, { log, signal, clock }: TurnOptions): Promise<void> {
  const holder = await readHolder(session)
  log.info(`Waiting for ${holder}, which is at work with the roles of the target.`)
  await sayWhileRunning(
    log.info,
    (seconds) =>
      `Waiting for ${holder}, which is at work with the roles of the target: ${Math.round(seconds)} s gone`,
    async () => {
      do {
        throwIfCancelled(signal)
        await sleep(pollMs, undefined, { signal })
      } while (!(await tryLock(session)))
    },
    clock,
  )
}

async function tryLock(session: Session): Promise<boolean> {
  const [row] = await session.query<{ locked: boolean }>(
    'select pg_catalog.pg_try_advisory_lock($1::pg_catalog.int4, $2::pg_catalog.int4) as locked',
    [lockClass, turnLock],
  )
  return row?.locked === true
}

async function readHolder(session: Session): Promise<string> {
  const [row] = await session.query<{ name: string; role: string; process: number }>(
    `select a.application_name as name, a.usename::pg_catalog.text as role, a.pid as process
       from pg_catalog.pg_locks l
       join pg_catalog.pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted
        and l.classid = $1::pg_catalog.oid and l.objid = $2::pg_catalog.oid`,
    [lockClass, turnLock],
  )
  if (row === undefined) return 'another run'
  return `${row.name || 'a session'} (role ${JSON.stringify(row.role)}, process ${String(row.process)} of the target)`
}

function hold(session: Session, log: Log): Turn {
  const stop = repeatWithPauses(
    keepAliveMs,
    async () => {
      await session.query('select 1')
    },
    () => {
      log.warning(
        'The session that keeps other runs from the roles of the target was lost; start no other run on this target before this one has ended.',
      )
    },
  )
  return {
    async release() {
      stop()
      await session.close()
    },
  }
}

/**
 * Runs `work` in one transaction, apart from those of other runs. For a few statements only; unlike the turn, the
 * clean-up after a kill may have it as well.
 */
export type ChangeAlone = <T>(work: (session: Session) => Promise<T>) => Promise<T>

/** Lends `work` one session for such transactions, one after the other. */
export async function withChanges<T>(
  target: Server,
  work: (changeAlone: ChangeAlone) => Promise<T>,
): Promise<T> {
  return target.withSession(await databaseOfLocks(target), (session) =>
    work(async (change) => {
      await session.query('begin')
      await session.query(
        'select pg_catalog.pg_advisory_xact_lock($1::pg_catalog.int4, $2::pg_catalog.int4)',
        [lockClass, changeLock],
      )
      const result = await change(session)
      await session.query('commit')
      return result
    }),
  )
}

/** Advisory locks belong to a database: all runs meet in `postgres`, where there is one that lets them in. */
async function databaseOfLocks(target: Server): Promise<string> {
  const rows = await target.withSession(undefined, (session) =>
    session.query(
      `select from pg_catalog.pg_database d
        where d.datname = 'postgres' and d.datallowconn
          and pg_catalog.has_database_privilege(d.oid, 'connect')`,
    ),
  )
  return rows.length === 0 ? target.parameters.database : 'postgres'
}
