/** What the servers' and the tools' error messages mean, and what to do. */
import type { Side } from '../errors.js'
import { circumstanceErrors } from './known/circumstances.js'
import { dataErrors } from './known/data.js'
import { extensionErrors } from './known/extensions.js'
import { operatorErrors } from './known/operators.js'
import { privilegeErrors } from './known/privileges.js'
import { removalErrors } from './known/removals.js'
import type { KnownError } from './known/known-error.js'
import type { ToolError } from './tool-errors.js'

/** All of them; the first that fits counts. */
export const knownErrors: readonly KnownError[] = [
  ...extensionErrors,
  ...operatorErrors,
  ...privilegeErrors,
  ...removalErrors,
  ...dataErrors,
  ...circumstanceErrors,
]

export interface Explanation {
  readonly cause: string
  readonly remedy: string
  readonly heading: string
}

/** What the error means, when it is known; `side` is the one that said it, where that is known. */
export function explainError(error: ToolError, side?: Side): Explanation | undefined {
  const everything = `${error.message} ${error.detail} ${error.hint}`.trim()
  const surroundings = [
    error.statement,
    ...(error.context === '' ? [] : [`CONTEXT: ${error.context}`]),
  ]
  for (const { pattern, when, side: only, cause, remedy, heading } of knownErrors) {
    if (only !== undefined && side !== undefined && side !== only) continue
    const match = pattern.exec(error.message) ?? pattern.exec(everything)
    if (match === null) continue
    const around = surroundings.map((text) => when?.exec(text)).find((found) => found) ?? null
    if (when !== undefined && around === null) continue
    const told = typeof remedy === 'string' ? remedy : remedy(match, around, side)
    return { cause, remedy: told, heading }
  }
  return undefined
}
