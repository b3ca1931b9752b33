/** What only informs about a database or a server: where it fails, it is told as a warning, and costs nobody a validated database. */
import { CancelledError, messageOf } from '../errors.js'
import type { Finding } from '../report/report.js'
import { addFinding, type Run } from '../run.js'
import { quoteLiteral, type Writers } from '../server/index.js'
import { listed } from '../report/format.js'

/** As many of what may be much are named. */
const shown = 10

/** Returns what the work returns; undefined where it failed, which a finding tells. Only a cancelled run is thrown. */
export async function informing<T>(
  run: Pick<Run, 'report' | 'log' | 'signal'>,
  finding: (reason: string) => Finding,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (run.signal.aborted || error instanceof CancelledError) throw error
    addFinding(run, finding(messageOf(error)))
    return undefined
  }
}

/** The drift could not be counted. */
export function driftUnknown(database: string): (reason: string) => Finding {
  return (reason) => ({
    check: 'drift-unknown',
    severity: 'warning',
    database,
    message: `It is not known whether rows of database ${JSON.stringify(database)} were written on the source after the snapshot: ${reason}`,
  })
}

/** Sessions may have written what the server does not know of yet. */
export function unreportedWrites(database: string, sessions: number): Finding {
  const [which, have, their] =
    sessions === 1 ? ['1 session', 'has', 'its'] : [`${sessions} sessions`, 'have', 'their']
  return {
    check: 'drift-unknown',
    severity: 'warning',
    database,
    message: `${which} of others in database ${JSON.stringify(database)} ${have} been at work on the source since the snapshot, and may not have reported ${their} last writes to the server's statistics yet: rows may have been written that the drift does not name.`,
    remedy:
      'Set "freeze-source" for the upgrade itself, or stop what writes; or compare both servers afterwards with "mode: validate".',
  }
}

/** Transactions have written and are still open; their sessions in one finding, because they may be many. */
export function openWrites(database: string, { sessions, prepared }: Writers): Finding[] {
  const name = JSON.stringify(database)
  const finding = (object: string, message: string): Finding => ({
    check: 'drift-unknown',
    severity: 'warning',
    database,
    object,
    message,
    remedy:
      'Find out what it has written, and bring it to the target if it is committed on the source; or compare both servers afterwards with "mode: validate".',
  })
  const told = sessions.map(
    ({ process, role, application }) =>
      `process ${process} (role ${JSON.stringify(role)}, application ${JSON.stringify(application)})`,
  )
  return [
    ...(sessions.length === 0
      ? []
      : [
          finding(
            'open transactions',
            `Transactions that have written to database ${name} are still open on the source: ${listed(told, shown)}. What they have written is not on the target.`,
          ),
        ]),
    ...prepared.map(({ id, since }) =>
      finding(
        id,
        `The transaction ${quoteLiteral(id)} of database ${name} has been prepared since ${since} UTC on the source and is not decided. What it has written is not on the target.`,
      ),
    ),
  ]
}

/** The bodies of the functions could not be read. */
export function functionsUnread(database: string): (reason: string) => Finding {
  return (reason) => ({
    check: 'function-refused',
    severity: 'warning',
    database,
    message: `It is not known whether the target takes the functions of database ${JSON.stringify(database)}: ${reason}`,
  })
}

/** ANALYZE ended early. */
export function analyzeUnfinished(database: string): (reason: string) => Finding {
  return (reason) => ({
    check: 'analyze-skipped',
    severity: 'warning',
    database,
    message: `ANALYZE of database ${JSON.stringify(database)} could not be finished: ${reason}`,
    remedy:
      '-- on the target, in the database, as the owner of the tables or a superuser\nanalyze;',
  })
}

/** The parameters of the servers could not be read. */
export function settingsNotCompared(reason: string): Finding {
  return {
    check: 'settings-not-compared',
    severity: 'warning',
    message: `The server parameters could not be compared: ${reason}`,
  }
}

/** The target could not be asked, at the end, whether it has crashed. */
export function crashUnknown(reason: string): Finding {
  return {
    check: 'target-crashed',
    severity: 'warning',
    message: `It is not known whether the target has crashed since the databases were published; a crash empties unlogged tables and sets back unlogged sequences, and a server that takes over may lack the publication: ${reason}`,
    remedy:
      'When the target answers, look whether every database is there, or compare both servers with "mode: validate".',
  }
}
