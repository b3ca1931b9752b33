/** What an attempt to connect has failed with, in one word: the server's SQLSTATE, Node's own code, or one for what the driver says without any. */
import { codeOf, messageOf } from '../../errors.js'

/** Nobody has answered within `connect_timeout`. */
export const noAnswer = 'no-answer'

/** The line was closed before the server had let us in: whether that is an end or a reset depends on the moment alone. */
export const closed = ['ECONNRESET', 'EPIPE'] as const

const withoutCode = new Map<string, string>([
  ['timeout expired', noAnswer],
  ['Connection terminated unexpectedly', closed[0]],
])

export function attemptCode(error: unknown): string | undefined {
  return codeOf(error) ?? withoutCode.get(messageOf(error))
}
