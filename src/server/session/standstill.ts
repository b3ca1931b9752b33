/** Sees when the run and an application wait for each other: neither would ever go on, and no server calls it a deadlock. */
import { QueryError, UpgradeError } from '../../errors.js'
import type { Session } from './session.js'

interface Standstill {
  readonly process: number
  readonly role: string
  readonly application: string
  readonly table: string | null
  /** Of a standby: what its primary has done is applied by no session of anybody. */
  readonly isReplay: boolean
}

/**
 * True of the replay that waits for the holder. pg_blocking_pids knows nothing of that process; but on a standby it alone asks
 * for ACCESS EXCLUSIVE.
 */
const isReplay = `(pg_catalog.pg_is_in_recovery() and exists (
        select from pg_catalog.pg_locks wanted
          join pg_catalog.pg_locks held on held.database = wanted.database and held.relation = wanted.relation
         where wanted.pid = other.pid and not wanted.granted and wanted.mode = 'AccessExclusiveLock'
           and held.pid = pg_catalog.pg_backend_pid() and held.granted))`

/**
 * A session of this run that waits behind another one, which waits for the holder of the snapshot. That happens when an
 * application alters, truncates or drops a table during the run: it waits for our lock, and whoever wants the table next
 * waits behind it. The holder waits for nobody, so that it is no deadlock to the server. pg_stat_activity is read anew only
 * when its copy in the transaction is given up.
 */
async function findStandstill(holder: Session): Promise<Standstill | undefined> {
  await holder.query('select pg_catalog.pg_stat_clear_snapshot()')
  const [found] = await holder.query<Standstill>(
    `select other.pid as process, coalesce(other.usename::pg_catalog.text, '') as role,
            coalesce(other.application_name, '') as application,
            (select l.relation::pg_catalog.regclass::pg_catalog.text from pg_catalog.pg_locks l
              where l.pid = other.pid and not l.granted and l.relation is not null limit 1) as table,
            ${isReplay} as "isReplay"
       from pg_catalog.pg_stat_activity ours
      cross join lateral pg_catalog.unnest(pg_catalog.pg_blocking_pids(ours.pid)) as blocking (pid)
       join pg_catalog.pg_stat_activity other on other.pid = blocking.pid
      where ours.application_name = pg_catalog.current_setting('application_name')
        and ours.datname = pg_catalog.current_database()
        and ours.wait_event_type = 'Lock'
        and (pg_catalog.pg_backend_pid() = any (pg_catalog.pg_blocking_pids(other.pid)) or ${isReplay})
      limit 1`,
  )
  return found
}

/** A server may refuse the look: then nothing is seen, and the transaction, with its snapshot and its locks, goes on. */
async function lookCarefully(holder: Session): Promise<Standstill | undefined> {
  await holder.query('savepoint look')
  const found = await findStandstill(holder).catch(async (error: unknown) => {
    if (!(error instanceof QueryError)) throw error
    await holder.query('rollback to savepoint look')
    return undefined
  })
  await holder.query('release savepoint look')
  return found
}

/** Who waits with a lock_timeout of some seconds gives up first. */
const patience = 3

/** Returns a look at the source, to be taken again and again; one fails with `source-blocked` when nothing moves any more. */
export function standstillWatch(holder: Session): () => Promise<void> {
  let seen = 0
  return async () => {
    const found = await lookCarefully(holder)
    seen = found === undefined ? 0 : seen + 1
    if (found === undefined || seen < patience) return
    const { table, isReplay } = found
    throw new UpgradeError(
      `The run and ${whoWaits(found)} would wait for each other for ever: it wants to change ${table ?? 'a table'} of database ${JSON.stringify(holder.database)} on the source, which the snapshot keeps as it is, and the run waits behind it. The snapshot was given up, so that ${isReplay ? 'the replay' : 'the application'} can go on.`,
      {
        code: 'source-blocked',
        side: 'source',
        hint: isReplay
          ? 'Pause the replay on the standby for the time of a run ("select pg_wal_replay_pause()", afterwards "select pg_wal_replay_resume()"), or run again when nobody alters, truncates, drops, rewrites or vacuums tables on its primary.'
          : 'Run again when nobody alters, truncates, drops or rewrites tables of the source: no migrations, no jobs that drop partitions.',
      },
    )
  }
}

function whoWaits({ process, role, application, isReplay }: Standstill): string {
  if (isReplay) return `the standby's replay (process ${String(process)})`
  return `process ${String(process)} (role ${JSON.stringify(role)}, application ${JSON.stringify(application)})`
}
