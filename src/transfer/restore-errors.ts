/** Sorts what pg_restore says into errors that are known to be harmless and errors that fail the database. */
import type { IgnoredError } from '../report/report.js'

/** Why an error of the tools may be passed over; the list is short, and each entry is argued. */
const harmless: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  {
    pattern: /^schema "public" already exists$/,
    why: 'Every database made from template0 has the schema "public"; an archive that creates it finds it there.',
  },
]

export interface SortedErrors {
  readonly ignored: readonly IgnoredError[]
  readonly real: readonly string[]
}

const executed = /^pg_restore: (?:error: |\[archiver \(db\)\] )could not execute query: (.*)$/
const otherError = /^pg_restore: (?:error: |\[[^\]]*\] )(.*)$/
/** Headings that pg_restore prints around an error, and the count at its end. */
const noise =
  /^(?:Error while |Error from TOC entry |WARNING: errors ignored on restore|while (?:INITIALIZING|PROCESSING|FINALIZING) TOC)/

/** Reads stderr of pg_restore 10 and later. */
export function sortRestoreErrors(lines: readonly string[]): SortedErrors {
  const counts = new Map<string, IgnoredError>()
  const real: string[] = []
  lines.forEach((line, index) => {
    const text = (executed.exec(line) ?? otherError.exec(line))?.[1]
    if (text === undefined || noise.test(text)) return
    const message = text.replace(/^(?:ERROR|FATAL): +/, '')
    const known = harmless.find(({ pattern }) => pattern.test(message))
    if (known === undefined) {
      real.push(withContext(message, lines, index))
      return
    }
    const seen = counts.get(message)
    if (seen === undefined) counts.set(message, { message, why: known.why, count: 1 })
    else seen.count += 1
  })
  return { ignored: [...counts.values()], real }
}

/** The error with its DETAIL, HINT and the start of its statement, which follow on lines of their own. */
function withContext(message: string, lines: readonly string[], index: number): string {
  const parts = [message]
  for (const line of lines.slice(index + 1, index + 8)) {
    if (line.startsWith('pg_restore:')) break
    const detail = /^(?:DETAIL|HINT|CONTEXT): +(.*)$/.exec(line)
    const statement = /^Command was: (.*)$/.exec(line)
    if (detail?.[1] !== undefined) parts.push(detail[1])
    if (statement?.[1] !== undefined) parts.push(`in: ${statement[1].slice(0, 200)}`)
  }
  return parts.join(' — ')
}
