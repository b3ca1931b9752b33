/** Says for whom the run waits, so that nobody has to find out at night. */
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

/**
 * Who holds what sessions of the run wait for, or is before them in the queue; a prepared transaction has the process 0. Not
 * those of the run itself, which go on by themselves.
 */
async function findBlocking(session: Session, waiting: number | undefined): Promise<Blocking[]> {
  return session.query<Blocking>(
    `select distinct blocking.pid as process, coalesce(other.usename::pg_catalog.text, '') as role,
            coalesce(other.application_name, '') as application, coalesce(other.state, 'unknown') as state,
            pg_catalog.round(extract(epoch from pg_catalog.clock_timestamp() - other.xact_start)::pg_catalog.numeric)::pg_catalog.int4 as seconds,
            (${awaitedObject}) as object
       from pg_catalog.pg_stat_activity ours
      cross join lateral pg_catalog.unnest(pg_catalog.pg_blocking_pids(ours.pid)) as blocking (pid)
       left join pg_catalog.pg_stat_activity other on other.pid = blocking.pid
      where coalesce(ours.pid = $1::pg_catalog.int4, ours.application_name = pg_catalog.current_setting('application_name'))
        and other.application_name is distinct from ours.application_name
      order by 1`,
    [waiting ?? null],
  )
}

function describe({ process, role, application, state, seconds, object }: Blocking): string {
  const what = `has ${object ?? 'something'} locked`
  if (process === 0) return `a prepared transaction ${what}`
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
