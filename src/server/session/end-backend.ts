/** Ends what a lost connection has left at work on its server. */
import { setTimeout as sleep } from 'node:timers/promises'
import { UpgradeError } from '../../errors.js'
import type { Session } from './session.js'

const pollMs = 100

/**
 * Ends the process of a run whose connection was lost, and waits until it is gone. A server notices a lost client only
 * when it next reads from it; until then the session keeps its locks, and may still commit. Fails with
 * `transaction-undecided` where it does not end: nobody may begin anew beside it.
 */
export async function endBackend(
  session: Session,
  processId: number | undefined,
  applicationName: string,
  patienceMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const rows = await session.query(
      `select pg_catalog.pg_terminate_backend(pid)
         from pg_catalog.pg_stat_activity
        where pid = $1::pg_catalog.int4 and application_name = $2::pg_catalog.text
          and pid <> pg_catalog.pg_backend_pid()`,
      [processId, applicationName],
    )
    if (rows.length === 0) return
    if (Date.now() >= deadline) throw notEnded(session, processId)
    await sleep(pollMs)
  }
}

function notEnded({ side, database }: Session, processId: number | undefined): UpgradeError {
  return new UpgradeError(
    `Process ${String(processId)} of this run on the ${side}, whose connection was lost, has been told to end and is still there. What it was doing in database ${JSON.stringify(database)} may yet be committed.`,
    {
      code: 'transaction-undecided',
      side,
      hint: `Wait until the process is gone from pg_stat_activity of the ${side}, or restart that server; then see whether the database is there under its own name, and run the upgrade again where it is not.`,
    },
  )
}
