/** Tells whether a server has been through a crash. */
import type { Server } from './server.js'

/**
 * Since when the server counts its statistics: recovery from a crash discards them, and a restart in order keeps them (manual
 * section 27.2). So does a standby that takes over, which may lack the last commits as well. Null where nobody is told.
 */
export async function readCrashMark(server: Server): Promise<string | null> {
  const [row] = await server.withSession(undefined, (session) =>
    session.query<{ since: string | null }>(
      'select pg_catalog.pg_stat_get_bgwriter_stat_reset_time()::pg_catalog.text as since',
    ),
  )
  return row?.since ?? null
}
