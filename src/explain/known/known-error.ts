/** One kind of error message that something is known of. */
import type { Side } from '../../errors.js'
import { quoteIdentifier } from '../../server/index.js'

/** The first entry that fits an error counts. */
export interface KnownError {
  /** Tried on the message, then on message, detail and hint together. */
  readonly pattern: RegExp
  /** Must fit the statement or the context as well. */
  readonly when?: RegExp
  /** Absent where either side may say it; what helps on the target does not help on the source. */
  readonly side?: 'target'
  readonly cause: string
  /** Made of what `pattern` matched, `when` where there is one, and the side that said it where that is known. */
  readonly remedy:
    | string
    | ((match: RegExpExecArray, around: RegExpExecArray | null, side: Side | undefined) => string)
  /** A heading in docs/troubleshooting.md. */
  readonly heading: string
}

/** A matched group as a quoted name. */
export function quotedGroup(match: RegExpExecArray | null, group = 1): string {
  return quoteIdentifier(match?.[group] ?? '')
}
