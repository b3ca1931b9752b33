/** Ends what a lost connection has left at work on its server. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from './session.js'

const pollMs = 100
const patienceMs = 60_000

/**
 * Ends the process of a run whose connection was lost, and waits until it is gone. A server notices a lost client only
 * when it next reads from it; until then the session keeps its locks, and may still commit.
 */
export async function endBackend(
  session: Session,
  processId: number | undefined,
  applicationName: string,
): Promise<void> {
  const deadline = Date.now() + patienceMs
  while (Date.now() < deadline) {
    const rows = await session.query(
      `select pg_catalog.pg_terminate_backend(pid)
         from pg_catalog.pg_stat_activity
        where pid = $1::pg_catalog.int4 and application_name = $2::pg_catalog.text
          and pid <> pg_catalog.pg_backend_pid()`,
      [processId, applicationName],
    )
    if (rows.length === 0) return
    await sleep(pollMs)
  }
}
