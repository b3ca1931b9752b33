/** The plan of a matrix as GitHub takes it. */
import type { PlanReport } from './report.js'

/** One job of the matrix: what it gives to the inputs of the same names. */
export interface MatrixEntry {
  readonly job: number
  readonly mode: PlanReport['mode']
  /** A JSON array, which the input takes as it is: a name may hold commas, quotes and line breaks. */
  readonly databases: string
  readonly roles: string
  readonly plan: string
}

/** The value of `strategy.matrix`; empty where there is nothing to move, because an empty matrix is an error. */
export function matrixOf(plan: PlanReport): string {
  if (plan.jobs.length === 0) return ''
  const include = plan.jobs.map(({ job, databases }): MatrixEntry => ({
    job,
    mode: plan.mode,
    databases: JSON.stringify(databases),
    roles: plan.roles,
    plan: `${plan.id}/${job}`,
  }))
  return JSON.stringify({ include })
}
