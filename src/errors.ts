/** The errors of the whole action: each says what was being done, to which object, on which side, and what to do. */
import { types } from 'node:util'

/** Who has to act: the source server, the target server, or the machine that the action runs on. */
export type Side = 'source' | 'target' | 'runner'

export interface UpgradeErrorDetails {
  /** Stable kebab-case string; the `error-code` output and a heading in docs/troubleshooting.md. */
  readonly code: string
  readonly side?: Side | undefined
  /** What the reader can do about it. */
  readonly hint?: string | undefined
  /** The server's SQLSTATE, five characters; absent for everything that is not a server's answer. */
  readonly sqlState?: string | undefined
  readonly cause?: unknown
}

/** Any failure that the action can explain. */
export class UpgradeError extends Error {
  override readonly name: string = 'UpgradeError'
  readonly code: string
  readonly side: Side | undefined
  readonly hint: string | undefined
  readonly sqlState: string | undefined

  constructor(message: string, details: UpgradeErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = details.code
    this.side = details.side
    this.hint = details.hint
    this.sqlState = details.sqlState
  }
}

/** One thing that is wrong with an input. */
export interface InputProblem {
  readonly input: string
  readonly message: string
}

/** Inputs that are missing, malformed or contradict each other; all problems at once. */
export class InputError extends UpgradeError {
  override readonly name = 'InputError'
  readonly problems: readonly InputProblem[]

  constructor(problems: readonly InputProblem[]) {
    const lines = problems.map((problem) => `- ${problem.input}: ${problem.message}`)
    super(`The inputs cannot be used:\n${lines.join('\n')}`, {
      code: 'invalid-input',
      side: 'runner',
    })
    this.problems = problems
  }
}

/** A connection that could not be opened, or was lost. */
export class ConnectionError extends UpgradeError {
  override readonly name = 'ConnectionError'
}

/** A statement that the server refused. */
export class QueryError extends UpgradeError {
  override readonly name = 'QueryError'
}

/** A client tool that failed; `output` holds its last lines on stderr. */
export class ProgramError extends UpgradeError {
  override readonly name = 'ProgramError'
  readonly program: string
  readonly output: readonly string[]

  constructor(
    message: string,
    details: UpgradeErrorDetails & { program: string; output: readonly string[] },
  ) {
    super(message, details)
    this.program = details.program
    this.output = details.output
  }
}

/** The run was cancelled (SIGINT or SIGTERM, or the workflow's own cancel). */
export class CancelledError extends UpgradeError {
  override readonly name = 'CancelledError'

  constructor(message = 'The run was cancelled.') {
    super(message, { code: 'cancelled', side: 'runner' })
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  // isNativeError, unlike instanceof, also knows the errors that Node itself throws at code in a vm context.
  if (!types.isNativeError(error)) return String(error)
  if (error.message === '' && 'errors' in error) {
    return (error as AggregateError).errors.map(messageOf).join('; ')
  }
  return error.message
}

/** What Node's own errors (`ENOENT`) and the driver's (a SQLSTATE) say of themselves; undefined for all else that is thrown. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

const limits: readonly (readonly [RegExp, string])[] = [
  [
    /\b(?:EMFILE|ENFILE)\b/,
    'This process may open no more files and connections ("ulimit -n"; after ENFILE, the whole machine may not): raise that limit, or set fewer "jobs".',
  ],
  [
    /\bCannot create a string longer than\b/,
    'A server has sent more than 512 MB in one piece, such as an error or a notice: look for RAISE in the functions that indexes, checks and views call.',
  ],
  [
    /\bEFBIG\b/,
    'The file is larger than this machine allows it to be ("ulimit -f"; some file systems have a limit of their own): raise that limit, or name a folder on another disk.',
  ],
]

/** What to do where a limit of this machine was in the way, as Node names it; undefined for everything else. */
export function limitHint(message: string): string | undefined {
  return limits.find(([names]) => names.test(message))?.[1]
}

/** Throws `CancelledError` when the signal has been raised. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new CancelledError()
}

/**
 * Puts what was being done in front of whatever goes wrong in `work`:
 * `doing('create role "app" on the target', …)` fails with `Could not create role "app" on the target: …`.
 */
export async function doing<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CancelledError) throw error
    const known = error instanceof UpgradeError ? error : undefined
    throw new UpgradeError(`Could not ${what}: ${messageOf(error)}`, {
      code: known?.code ?? 'unexpected',
      side: known?.side,
      hint: known?.hint,
      sqlState: known?.sqlState,
      cause: error,
    })
  }
}
