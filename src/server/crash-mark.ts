/** Tells whether a server has been through a crash, or another one has taken over for it. */
import { QueryError } from '../errors.js'
import type { Session } from './session/session.js'

export interface CrashMark {
  /** Since when it counts two of its statistics, the background writer's and the archiver's; null where nobody is told. */
  readonly statistics: readonly (string | null)[]
  /** The timeline of its WAL; null in recovery, and where nobody is told. */
  readonly timeline: string | null
}

const timeline = `case when pg_catalog.pg_is_in_recovery() then null
  else pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) end`

/** Whether the server tells its timeline: a provider may refuse, or have no such thing. To be asked outside of a transaction. */
export async function tellsTimeline(session: Session): Promise<boolean> {
  try {
    await session.query(`select ${timeline}`)
    return true
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    return false
  }
}

/**
 * Recovery from a crash discards all statistics, and a restart in order keeps them (manual section 27.2). So does a standby that
 * takes over, which may lack the last commits as well; one that is a copy of a server that was shut down in order has kept that
 * server's, but it begins a timeline of its own.
 */
export async function readCrashMark(session: Session, withTimeline: boolean): Promise<CrashMark> {
  const [row] = await session.query<{
    writer: string | null
    archiver: string | null
    timeline: string | null
  }>(
    `select pg_catalog.pg_stat_get_bgwriter_stat_reset_time()::pg_catalog.text as writer, a.stats_reset::pg_catalog.text as archiver,
            ${withTimeline ? timeline : 'null::pg_catalog.text'} as timeline
       from pg_catalog.pg_stat_get_archiver() a`,
  )
  return {
    statistics: [row?.writer ?? null, row?.archiver ?? null],
    timeline: row?.timeline ?? null,
  }
}

/** Somebody may reset one kind of statistics with pg_stat_reset_shared; a crash discards them all. */
export function hasCrashedBetween(before: CrashMark, after: CrashMark): boolean {
  return (
    before.timeline !== after.timeline ||
    before.statistics.every((since, kind) => since !== after.statistics[kind])
  )
}
