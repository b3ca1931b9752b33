/** What the checks have found, for the log and the report. */
import { UpgradeError } from '../errors.js'
import { kindsOf, mostOfOneKind } from '../report/finding-kinds.js'
import type { Finding } from '../report/report.js'
import { addFinding, recordFinding, type Run } from '../run.js'

/** Says the findings and adds them to the report, which has them all; what blocks ends the run. */
export function tellFindings(run: Run, findings: readonly Finding[]): void {
  for (const { shown, rest } of kindsOf(findings, mostOfOneKind)) {
    for (const finding of shown) addFinding(run, finding)
    for (const finding of rest) recordFinding(run, finding)
    if (rest.length > 0) run.log.info(moreOfKind(rest))
  }
  const blocking = findings.filter(({ severity }) => severity === 'blocking')
  const [first] = blocking
  if (first === undefined) return
  const lines = kindsOf(blocking, mostOfOneKind).flatMap(({ shown, rest }) => [
    ...shown.map(({ check: name, message }) => `- ${name}: ${message}`),
    ...(rest.length > 0 ? [`- ${moreOfKind(rest)}`] : []),
  ])
  throw new UpgradeError(
    `${blocking.length} finding${blocking.length === 1 ? '' : 's'} must be settled first; nothing was touched:\n${lines.join('\n')}`,
    { code: first.check, hint: first.remedy },
  )
}

function moreOfKind(rest: readonly Finding[]): string {
  const [{ check: name, database } = { check: '', database: undefined }] = rest
  const where = database === undefined ? '' : ` in database ${database}`
  return `${name}: … and ${rest.length} more${where}, in report.json with the remedy of each.`
}
