/** How many databases a run moves at the same time, as far as the checks can know. */
import type { MethodName } from '../../report/report.js'

/** The methods that may move databases side by side do so with as many as there are jobs. */
export function mostAtOnce(method: 'auto' | MethodName, jobs: number, databases: number): number {
  return method === 'auto' || method === 'copy' ? Math.min(jobs, databases) : 1
}
