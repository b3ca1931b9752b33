/** What only informs about a database or a server: where it fails, it is told as a warning, and costs nobody a validated database. */
import { CancelledError, messageOf } from './errors.js'
import type { Finding } from './report/report.js'
import { addFinding, type Run } from './run.js'

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
    message: `It is not known whether the target has crashed since the databases were published; a crash empties unlogged tables: ${reason}`,
  }
}
