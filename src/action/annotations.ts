/** Errors, warnings and notices stand beside the job, too; of each of them GitHub shows only the first ten of a step. */
import { countOf } from '../report/format.js'

const shown = 10

/** A line for the end of the step, where more was said than is shown. */
export function annotationsLeftOut(said: {
  readonly errors: number
  readonly warnings: number
}): string | undefined {
  const counts = [
    ...(said.errors > shown ? [countOf(said.errors, 'error')] : []),
    ...(said.warnings > shown ? [countOf(said.warnings, 'warning')] : []),
  ]
  if (counts.length === 0) return undefined
  return `There are ${counts.join(' and ')}, of which GitHub shows the first ${shown} beside the job. All are in the log, and in the job summary with the most urgent first.`
}
