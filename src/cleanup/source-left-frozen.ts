/** What is told of a source that a run has frozen and could not release: the databases, why, and the statements that do it. */
import type { Finding } from '../report/report.js'
import { releaseStatements, type Freeze } from '../server/index.js'

/** Applications cannot write there until somebody has run the statements. */
export function sourceLeftFrozen({ databases }: Freeze, why: string): Finding {
  const isOne = databases.length === 1
  const names = databases.map(({ name }) => JSON.stringify(name)).join(', ')
  return {
    check: 'source-frozen',
    severity: 'warning',
    ...(isOne ? { database: databases[0]?.name } : {}),
    message: `The database${isOne ? '' : 's'} ${names} ${isOne ? 'was' : 'were'} frozen by this run, which could not release what it had frozen: nothing can be written there on the source until somebody does. ${why}`,
    remedy: `-- on the source, as the owner of the databases or a superuser\n${releaseStatements(databases)}`,
  }
}
