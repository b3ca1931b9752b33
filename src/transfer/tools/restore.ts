/** Decides whether a restore by pg_restore succeeded: every exit code counts, and with one that is not 0 every error. */
import { explainErrors, hintOf, type ExplainedError } from '../../explain/index.js'
import { programError, type ProgramResult } from '../../client/run.js'
import { CancelledError, ProgramError } from '../../errors.js'
import type { TransferResult } from '../transfer.js'

const shown = 10

/** The ignored errors of a restore that succeeded; throws for one that did not. */
export function judgeRestore(result: ProgramResult, signal: AbortSignal): TransferResult {
  if (signal.aborted) throw new CancelledError()
  // It has ignored none, whatever a name or a notice says that looks like one.
  if (result.exitCode === 0) return { ignoredErrors: [] }
  const errors = explainErrors(result.lines)
  const real = errors.filter(({ harmless }) => !harmless)
  if (real.length > 0) throw restoreError(result, real)
  const counted = errors.reduce((sum, { count }) => sum + count, 0)
  const isExplained = result.exitCode === 1 && counted > 0 && counted === claimedErrors(result)
  if (!isExplained) throw programError(result)
  return {
    ignoredErrors: errors.map(({ message, why, count }) => ({ message, why: why ?? '', count })),
  }
}

/** Says the causes; what only follows from one is counted under it. */
function restoreError(result: ProgramResult, causes: readonly ExplainedError[]): ProgramError {
  const total = causes.reduce(
    (sum, { count, consequences }) => sum + count + consequences.length,
    0,
  )
  const more = causes.length > shown ? [`… and ${causes.length - shown} more`] : []
  const list = [...causes.slice(0, shown).map(describe), ...more]
  const known = causes.find(({ explanation }) => explanation !== undefined)?.explanation
  const log = `All that pg_restore said is in ${result.logFile}.`
  return new ProgramError(
    `pg_restore met ${total} error${total === 1 ? '' : 's'} on the target:\n${list.join('\n')}`,
    {
      code: 'restore-failed',
      side: 'target',
      hint:
        known === undefined
          ? `The first error is often the cause of the others. ${log}`
          : `${hintOf(known)} ${log}`,
      program: result.tool,
      output: result.lines,
    },
  )
}

function describe(error: ExplainedError): string {
  const { message, details, statement, count, consequences, explanation } = error
  const parts = [
    message,
    ...(details === '' ? [] : [details]),
    ...(statement === '' ? [] : [`in: ${statement.slice(0, 200)}`]),
    ...(count > 1 ? [`${count} times`] : []),
    ...(consequences.length === 0 ? [] : [`${consequences.length} more that follow from it`]),
    ...(explanation === undefined ? [] : [explanation.cause]),
  ]
  return `- ${parts.join(' — ')}`
}

/** pg_restore's own count; an exit code of 1 is only explained when every error it counted is accounted for. */
function claimedErrors(result: ProgramResult): number {
  for (const line of result.lines.toReversed()) {
    const count = /errors ignored on restore: (\d+)/.exec(line)?.[1]
    if (count !== undefined) return Number(count)
  }
  return -1
}
