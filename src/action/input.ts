/** Reads an input as the workflow gives it. */
import * as core from '@actions/core'

/** The whole text: a password may begin or end with white space. */
export function readInput(name: string): string {
  return core.getInput(name, { trimWhitespace: false })
}
