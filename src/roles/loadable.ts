/** Keeps back the settings that would end every login of a role: libraries that the target cannot load. */
import { preloadRefusal, type Server } from '../server/index.js'
import type { RolePlan } from './plan.js'
import type { SkippedRole, Step } from './step.js'

/** The plan without the steps that would make such a setting; each is told as skipped. */
export async function keepLoadable(plan: RolePlan, target: Server): Promise<RolePlan> {
  const steps: Step[] = []
  const skipped: SkippedRole[] = []
  for (const step of plan.steps) {
    const { role, what, setting } = step
    const refusal = setting === undefined ? undefined : await preloadRefusal(target, setting)
    if (refusal === undefined) steps.push(step)
    else skipped.push({ role, reason: `${what} was not carried over: ${refusal}` })
  }
  return { ...plan, steps, skipped: [...plan.skipped, ...skipped] }
}
