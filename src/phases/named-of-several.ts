/** Whose a line of the log is, where a run has several databases: an annotation stands without the title of its step. */
import { namedLog } from '../log.js'
import { visible } from '../report/format.js'
import type { Run } from '../run.js'

/** The run with a log that names the database, unless it is the only one of so many. */
export function namedOfSeveral(run: Run, database: string | undefined, databases: number): Run {
  return database !== undefined && databases > 1
    ? { ...run, log: namedLog(run.log, database, visible(database)) }
    : run
}
