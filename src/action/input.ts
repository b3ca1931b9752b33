/** Reads an input as the workflow gives it. */
import * as core from '@actions/core'

/** The whole text: a password may begin or end with white space. */
export function readInput(name: string): string {
  return core.getInput(name, { trimWhitespace: false })
}

/** Whether the runner has passed it on, be it empty. It passes on every input, with the default of action.yml where a step leaves it out. */
export function isInputSet(name: string): boolean {
  return process.env[`INPUT_${name.toUpperCase()}`] !== undefined
}
