/** What the checks have found, for the log and the report. */
import type { CheckFinding } from '../check/index.js'
import { UpgradeError } from '../errors.js'
import { kindsOf, mostOfOneKind, type Kind } from '../report/finding-kinds.js'
import type { Finding } from '../report/report.js'
import { addFinding, recordFinding, type Run } from '../run.js'
import { namedOfSeveral } from './named-of-several.js'

/**
 * Says the findings and adds them to the report, which has them all; what blocks ends the run. In a run of several
 * `databases` each line says of which it is.
 */
export function tellFindings(run: Run, findings: readonly CheckFinding[], databases: number): void {
  const nameOf = ({ database }: Finding) => (databases > 1 ? database : undefined)
  for (const { shown, rest } of kindsOf(findings, mostOfOneKind)) {
    for (const finding of shown)
      addFinding(namedOfSeveral(run, finding.database, databases), reported(finding))
    for (const finding of rest) recordFinding(run, reported(finding))
    if (rest.length > 0) run.log.info(moreOfKind(rest))
  }
  const blocking = findings.filter(({ severity }) => severity === 'blocking')
  const [first] = blocking
  if (first === undefined) return
  const kinds = kindsOf(blocking, mostOfOneKind)
  const lines = kinds.flatMap(({ shown, rest }) => [
    ...shown.map((finding) => {
      const { check: name, message } = finding
      return `- ${[nameOf(finding), name, message].filter((part) => part !== undefined).join(': ')}`
    }),
    ...(rest.length > 0 ? [`- ${moreOfKind(rest)}`] : []),
  ])
  throw new UpgradeError(
    `${blocking.length} finding${blocking.length === 1 ? '' : 's'} must be settled first; nothing was touched:\n${lines.join('\n')}`,
    { code: first.check, hint: hintOf(kinds, nameOf(first)) },
  )
}

/** The remedy of the only kind; of several, one would be taken for that of all. */
function hintOf(
  kinds: readonly Kind<CheckFinding>[],
  name: string | undefined,
): string | undefined {
  const firsts = kinds.flatMap(({ shown }) => shown.slice(0, 1))
  if (firsts.every(({ remedy }) => remedy === undefined)) return undefined
  if (firsts.length > 1) {
    return 'What to do about each of them stands with it in the log, the job summary and the report.'
  }
  const [{ remedy = '', remedyInDatabase } = { remedyInDatabase: false }] = firsts
  if (name === undefined) return remedy
  return `${remedyInDatabase ? 'In' : 'For'} database ${JSON.stringify(name)}:\n${remedy}`
}

/** A remedy of the report says itself where it is run. */
function reported(finding: CheckFinding): Finding {
  const { check, database, severity, object, message, remedy } = finding
  return { check, database, severity, object, message, remedy }
}

function moreOfKind(rest: readonly Finding[]): string {
  const [{ check: name, database } = { check: '', database: undefined }] = rest
  const where = database === undefined ? '' : ` in database ${database}`
  return `${name}: … and ${rest.length} more${where}, in report.json with the remedy of each.`
}
