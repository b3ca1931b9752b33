/** Keeps other runs from freezing a database of the source, and from releasing it, for as long as the run that has frozen it lives. */
import { UpgradeError } from '../../errors.js'
import type { Log } from '../../log.js'
import type { Server } from '../server.js'
import type { Session } from '../session/session.js'
import { repeatWithPauses } from '../session/ticks.js'

/** The first key of the advisory locks: "upgf" in ASCII. The second is the database's identifier. */
export const freezeLockClass = 0x75_70_67_66

const keepAliveMs = 20_000

/** Another run that has frozen a database, or is about to. */
export interface FreezingRun {
  readonly database: string
  /** In words: its sessions' name, role and process. */
  readonly who: string
}

/**
 * Locks the databases, in a session that a cancel does not end: so the clean-up still has them, and the end of the process gives
 * them back, even after a kill. Nobody waits for these locks, which are shared: who has one looks whether others have it too, and
 * then fails with `freeze-failed`. Taken over, their freeze would end with them, and their sessions at once.
 */
export async function holdFreezeLocks(
  source: Server,
  databases: readonly string[],
  log: Log,
): Promise<{ readonly release: () => Promise<void> }> {
  const session = await source.connect(undefined, { outlivesCancel: true })
  try {
    await session.query(
      `select pg_catalog.pg_advisory_lock_shared($2::pg_catalog.int4, d.oid::pg_catalog.int4)
         from pg_catalog.pg_database d
        where d.datname::pg_catalog.text = any($1::pg_catalog.text[])`,
      [databases, freezeLockClass],
    )
    const [other] = await readFreezingRuns(session, databases, source.applicationName)
    if (other !== undefined) throw refused(other)
  } catch (error) {
    await session.close()
    throw error
  }
  const stop = repeatWithPauses(
    keepAliveMs,
    async () => {
      await session.query('select 1')
    },
    () => {
      log.warning(
        'The session that keeps other runs from freezing the source was lost; start no other run with "freeze-source" before this one has ended.',
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

/** What to do about a run that is in the way of a freeze. */
export const otherRunHint =
  'Wait until that run has ended, or cancel it, then run again. If the machine on which it ran is gone, end that process on the source with pg_terminate_backend.'

function refused({ database, who }: FreezingRun): UpgradeError {
  return new UpgradeError(
    `Database ${JSON.stringify(database)} could not be frozen on the source: ${who} has frozen it, or is about to, and is still at work.`,
    { code: 'freeze-failed', side: 'source', hint: otherRunHint },
  )
}

/** Which other runs hold any of the databases. Whoever looks after it has locked them itself misses none. */
export async function readFreezingRuns(
  session: Session,
  databases: readonly string[],
  own: string,
): Promise<FreezingRun[]> {
  // The locks are in the database of the session that holds them, and seen from any.
  const rows = await session.query<{
    database: string
    name: string
    role: string
    process: number
  }>(
    `select distinct d.datname::pg_catalog.text as database, a.application_name as name,
            coalesce(a.usename::pg_catalog.text, '') as role, a.pid as process
       from pg_catalog.pg_locks l
       join pg_catalog.pg_database d on d.oid = l.objid
       join pg_catalog.pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and l.objsubid = 2
        and l.classid::pg_catalog.int4 = $3::pg_catalog.int4
        and d.datname::pg_catalog.text = any($1::pg_catalog.text[])
        and a.application_name is distinct from $2::pg_catalog.text
      order by 1, 4`,
    [databases, own, freezeLockClass],
  )
  return rows.map(({ database, name, role, process }) => ({
    database,
    who: `${name || 'a session'} (role ${JSON.stringify(role)}, process ${String(process)} of the source)`,
  }))
}
