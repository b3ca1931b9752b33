/** Statements that are no questions, and are refused before anything is done. */
import { withoutLeadingComments } from './split.js'

const reasons: readonly (readonly [RegExp, string])[] = [
  // The driver's cursor has no answer to the server's messages.
  [/^copy\b/i, 'which answers with a file and not with rows; write a SELECT'],
  // Behind it, the source would be asked without its snapshot, and no longer read-only.
  [
    /^(?:abort|begin|commit|end|prepare\s+transaction|release|rollback|savepoint|start\s+transaction)\b/i,
    'which controls the transaction that all queries run in; leave it out',
  ],
  // Of these a read-only transaction takes none (manual, "SET TRANSACTION").
  [
    /^(?:alter|comment|create|delete|drop|grant|insert|merge|revoke|truncate|update)\b/i,
    'which writes; validation queries only read',
  ],
]

/** Why the query is not run, as the end of a sentence; undefined where it is. */
export function whyRefused(sql: string): string | undefined {
  const statement = withoutLeadingComments(sql)
  for (const [words, reason] of reasons) {
    const match = words.exec(statement)
    if (match !== null) return `${match[0].toUpperCase().replace(/\s+/g, ' ')}, ${reason}`
  }
  return undefined
}
