/** Says for whom the run waits, so that nobody has to find out at night. */
import { quoteIdentifier, quoteLiteral } from '../quote.js'
import type { Server } from '../server.js'
import type { Session } from './session.js'
import { repeatWithPauses } from './ticks.js'

interface Blocking {
  readonly process: number
  readonly role: string
  readonly application: string
  readonly state: string
  /** Of its transaction, so far. */
  readonly seconds: number | null
  /** What is waited for; null where it has no name that can be read from here. */
  readonly object: string | null
  /** Of a prepared transaction: its identifier, and the database in which it can be decided. */
  readonly prepared: string | null
  readonly database: string | null
}

/**
 * What a lock is on that is not granted: a table of this database or of all, a database, or a role. A row that somebody else has
 * written is waited for through its transaction (a role of that name, say), which has no name.
 */
const awaitedObject = `
  select case when l.locktype = 'relation' and l.database in (0, here.oid) then l.relation::pg_catalog.regclass::pg_catalog.text
              when l.locktype = 'object' and l.classid = 'pg_catalog.pg_database'::pg_catalog.regclass
                then (select pg_catalog.format('database %I', d.datname) from pg_catalog.pg_database d where d.oid = l.objid)
              when l.locktype = 'object' and l.classid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                then (select pg_catalog.format('role %I', r.rolname) from pg_catalog.pg_roles r where r.oid = l.objid)
          end
    from pg_catalog.pg_locks l, (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()) here
   where l.pid = ours.pid and not l.granted limit 1`

/** For each mode of a lock, from the weakest, the modes that it keeps others from (manual, "Table-Level Locks"). */
const conflicts = [
  ['AccessShareLock', '8'],
  ['RowShareLock', '78'],
  ['RowExclusiveLock', '5678'],
  ['ShareUpdateExclusiveLock', '45678'],
  ['ShareLock', '34678'],
  ['ShareRowExclusiveLock', '345678'],
  ['ExclusiveLock', '2345678'],
  ['AccessExclusiveLock', '12345678'],
] as const

/** A table of those modes: the number of each, and the numbers of those with which it conflicts. */
const modes = `(values ${conflicts.map(([mode, others], index) => `('${mode}', '${index + 1}', '${others}')`).join(', ')}) as`

/** What tells a lock's object, whatever its kind. */
const sameObject = [
  ...['locktype', 'database', 'relation', 'page', 'tuple', 'transactionid'],
  ...['classid', 'objid', 'objsubid'],
]
  .map((column) => `held.${column} is not distinct from wanted.${column}`)
  .join(' and ')

/** A prepared transaction has no process; its lock on its transaction identifier tells which of the other locks are its own. */
const awaitedPrepared = `
  select p.gid, p.database
    from pg_catalog.pg_locks wanted
    join ${modes} asked (mode, number, conflicting) on asked.mode = wanted.mode
    join pg_catalog.pg_locks held on held.pid is null and held.granted and ${sameObject}
    join ${modes} given (mode, number, conflicting) on given.mode = held.mode
    join pg_catalog.pg_locks own on own.pid is null and own.virtualtransaction = held.virtualtransaction
    join pg_catalog.pg_prepared_xacts p on p.transaction = own.transactionid
   where wanted.pid = ours.pid and not wanted.granted
     and pg_catalog.strpos(asked.conflicting, given.number) > 0`

/**
 * Who holds what sessions of the run wait for, or is before them in the queue; a prepared transaction has the process 0. Not
 * those of the run itself, which go on by themselves.
 */
async function findBlocking(session: Session, waiting: number | undefined): Promise<Blocking[]> {
  return session.query<Blocking>(
    `select distinct blocking.pid as process, coalesce(other.usename::pg_catalog.text, '') as role,
            coalesce(other.application_name, '') as application, coalesce(other.state, 'unknown') as state,
            pg_catalog.round(extract(epoch from pg_catalog.clock_timestamp() - other.xact_start)::pg_catalog.numeric)::pg_catalog.int4 as seconds,
            (${awaitedObject}) as object, prepared.gid as prepared, prepared.database::pg_catalog.text as database
       from pg_catalog.pg_stat_activity ours
      cross join lateral pg_catalog.unnest(pg_catalog.pg_blocking_pids(ours.pid)) as blocking (pid)
       left join pg_catalog.pg_stat_activity other on other.pid = blocking.pid
       left join lateral (${awaitedPrepared}) prepared on blocking.pid = 0
      where coalesce(ours.pid = $1::pg_catalog.int4, ours.application_name = pg_catalog.current_setting('application_name'))
        and other.application_name is distinct from ours.application_name
      order by 1`,
    [waiting ?? null],
  )
}

function describe(blocking: Blocking): string {
  const { process, role, application, state, seconds, object, prepared, database } = blocking
  const what = `has ${object ?? 'something'} locked`
  if (process === 0) {
    if (prepared === null || database === null) return `a prepared transaction ${what}`
    const id = quoteLiteral(prepared)
    return `the prepared transaction ${id} ${what}; in the database ${quoteIdentifier(database)}, rollback prepared ${id} or commit prepared ${id} would end it`
  }
  const since = seconds === null ? '' : `, its transaction is ${seconds} s old`
  return `process ${process} ${what} (role ${JSON.stringify(role)}, application ${JSON.stringify(application)}, ${state}${since}); pg_terminate_backend(${process}) would end it`
}

export interface WaitingOptions {
  /** The only session that is looked at; otherwise all of the run, those of the tools included. */
  readonly session?: Session
  readonly say: (who: string) => void
  /** Does the look again and again, until the returned function is called. */
  readonly repeat: (look: () => Promise<void>) => () => void
}

/** With a pause before each look. */
export function pausing(pauseMs: number): WaitingOptions['repeat'] {
  return (look) => repeatWithPauses(pauseMs, look, () => undefined)
}

/** While the work lasts, it is looked now and then whom it waits for; who is found twice in a row is said. A server that does not tell hides nothing else. */
export async function sayingWhomItAwaits<T>(
  server: Server,
  { session, say, repeat }: WaitingOptions,
  work: () => Promise<T>,
): Promise<T> {
  let isOver = false
  let before: ReadonlySet<number> = new Set()
  const look = async () => {
    const found = await server.withSession(session?.database, (other) =>
      findBlocking(other, session?.processId),
    )
    // Everybody waits for somebody now and then; whoever is still in the way at the next look is told.
    const lasting = found.filter(({ process }) => before.has(process))
    before = new Set(found.map(({ process }) => process))
    if (lasting.length > 0 && !isOver) say(lasting.map(describe).join('; '))
  }
  const stop = repeat(() => look().catch(() => undefined))
  try {
    return await work()
  } finally {
    isOver = true
    stop()
  }
}
