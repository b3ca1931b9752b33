/** Whether a database was compared: a table or not, what counts is that the comparison came to its end. */
import type { DatabaseReport } from './report.js'

/** True where nothing was left uncompared; "no differences" is said only of these. */
export function isCompared({ tables, phases, error }: DatabaseReport): boolean {
  const validated = phases.some(
    ({ name, durationSeconds }) => name === 'validate' && durationSeconds !== null,
  )
  return tables.length > 0 || (validated && error === null)
}
