/** Says for whom a session waits, so that nobody has to find out at night. */
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
  readonly table: string | null
}

/** Who holds what the process waits for, or is before it in the queue; a prepared transaction has the process 0. */
async function findBlocking(session: Session, waiting: number): Promise<Blocking[]> {
  return session.query<Blocking>(
    `select blocking.pid as process, coalesce(other.usename::pg_catalog.text, '') as role,
            coalesce(other.application_name, '') as application, coalesce(other.state, 'unknown') as state,
            pg_catalog.round(extract(epoch from pg_catalog.clock_timestamp() - other.xact_start)::pg_catalog.numeric)::pg_catalog.int4 as seconds,
            (select l.relation::pg_catalog.regclass::pg_catalog.text from pg_catalog.pg_locks l
              where l.pid = $1 and not l.granted and l.relation is not null limit 1) as table
       from pg_catalog.unnest(pg_catalog.pg_blocking_pids($1)) as blocking (pid)
       left join pg_catalog.pg_stat_activity other on other.pid = blocking.pid
      order by 1`,
    [waiting],
  )
}

function describe({ process, role, application, state, seconds, table }: Blocking): string {
  const what = `has ${table ?? 'something'} locked`
  if (process === 0) return `a prepared transaction ${what}`
  const since = seconds === null ? '' : `, its transaction is ${seconds} s old`
  return `process ${process} ${what} (role ${JSON.stringify(role)}, application ${JSON.stringify(application)}, ${state}${since}); pg_terminate_backend(${process}) would end it`
}

/** While the work of the session lasts, it is looked now and then whom it waits for. A server that does not tell hides nothing else. */
export async function sayingWhomItAwaits<T>(
  server: Server,
  session: Session,
  { say, everyMs }: { readonly say: (who: string) => void; readonly everyMs: number },
  work: () => Promise<T>,
): Promise<T> {
  const look = async () => {
    const found = await server.withSession(session.database, (other) =>
      findBlocking(other, session.processId),
    )
    if (found.length > 0) say(found.map(describe).join('; '))
  }
  const stop = repeatWithPauses(
    everyMs,
    () => look().catch(() => undefined),
    () => undefined,
  )
  try {
    return await work()
  } finally {
    stop()
  }
}
