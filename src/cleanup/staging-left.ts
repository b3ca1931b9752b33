/** What is told of staging databases that a run could not drop: their names, why, and the statements that do it. */
import type { Finding } from '../report/report.js'
import { quoteIdentifier } from '../server/index.js'

/** The result of the run stands: nothing under a real name is touched by what is left. */
export function stagingLeft(names: readonly string[], why: string): Finding {
  const [name = '', ...others] = names
  const isOne = others.length === 0
  return {
    check: 'staging-left',
    severity: 'warning',
    ...(isOne ? { object: name } : {}),
    message: `This run could not drop its staging database${isOne ? '' : 's'} ${names.join(', ')} on the target, and what is there of ${isOne ? 'it' : 'them'} takes disk until it is dropped: ${why}`,
    remedy: [
      '-- on the target, when it lets sessions in and nobody keeps a lock on its databases (pg_locks, pg_prepared_xacts)',
      ...names.map((each) => `drop database if exists ${quoteIdentifier(each)};`),
    ].join('\n'),
  }
}
