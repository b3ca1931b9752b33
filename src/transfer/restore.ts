/** Decides whether a restore by pg_restore succeeded: every exit code and every error counts. */
import { programError, type ProgramResult } from '../client/run.js'
import { CancelledError, ProgramError } from '../errors.js'
import { sortRestoreErrors } from './restore-errors.js'
import type { TransferResult } from './transfer.js'

const shown = 10

/** The ignored errors of a restore that succeeded; throws for one that did not. */
export function judgeRestore(result: ProgramResult, signal: AbortSignal): TransferResult {
  if (signal.aborted) throw new CancelledError()
  const { ignored, real } = sortRestoreErrors(result.lines)
  if (real.length > 0) {
    const more = real.length > shown ? `\n… and ${real.length - shown} more` : ''
    const list = real.slice(0, shown).map((text) => `- ${text}`)
    throw new ProgramError(
      `pg_restore met ${real.length} error${real.length === 1 ? '' : 's'} on the target:\n${list.join('\n')}${more}`,
      {
        code: 'restore-failed',
        side: 'target',
        hint: `The first error is often the cause of the others. All that pg_restore said is in ${result.logFile}.`,
        program: result.tool,
        output: result.lines,
      },
    )
  }
  const counted = ignored.reduce((sum, { count }) => sum + count, 0)
  const isExplained = result.exitCode === 1 && counted > 0 && counted === claimedErrors(result)
  if (result.exitCode !== 0 && !isExplained) throw programError(result)
  return { ignoredErrors: ignored }
}

/** pg_restore's own count; an exit code of 1 is only explained when every error it counted is accounted for. */
function claimedErrors(result: ProgramResult): number {
  for (const line of result.lines.toReversed()) {
    const count = /errors ignored on restore: (\d+)/.exec(line)?.[1]
    if (count !== undefined) return Number(count)
  }
  return -1
}
