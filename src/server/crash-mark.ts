/** Tells whether a server has been through a crash. */
import type { Session } from './session/session.js'

/** Since when a server counts two of its statistics; null where nobody is told. */
export type CrashMark = readonly [writer: string | null, archiver: string | null]

/**
 * Recovery from a crash discards all statistics, and a restart in order keeps them (manual section 27.2). So does a standby that
 * takes over, which may lack the last commits as well.
 */
export async function readCrashMark(session: Session): Promise<CrashMark> {
  const [row] = await session.query<{ writer: string | null; archiver: string | null }>(
    `select pg_catalog.pg_stat_get_bgwriter_stat_reset_time()::pg_catalog.text as writer, a.stats_reset::pg_catalog.text as archiver
       from pg_catalog.pg_stat_get_archiver() a`,
  )
  return [row?.writer ?? null, row?.archiver ?? null]
}

/** Somebody may reset one kind of statistics with pg_stat_reset_shared; a crash discards them all. */
export function hasCrashedBetween(before: CrashMark, after: CrashMark): boolean {
  return before.every((since, kind) => since !== after[kind])
}
