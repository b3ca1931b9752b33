/** What the plan of a matrix has carried over to the roles of the target, and the last of its jobs did not find there any more. */
import type { Report, RolePart } from '../report/report.js'
import type { ToldLost } from '../roles/index.js'

/** Undefined where nothing is gone. The last look counts: what had come back by then is not lost. */
export function findLostRoles(plan: Report, jobs: readonly Report[]): ToldLost | undefined {
  const { roles } = plan
  const lacking = lastLook(jobs)
  if (roles?.carriedOver === undefined || lacking === undefined) return undefined
  const { carriedOver } = roles
  const moved = new Set([...roles.created, ...roles.altered, ...roles.kept])
  const gone = new Set(
    lacking.filter(({ isRole, role }) => isRole && moved.has(role)).map(({ role }) => role),
  )
  const needsGone = ({ needs }: RolePart) => needs.some((role) => gone.has(role))
  // What somebody has changed since does not show in a secret.
  const isTakenBack = (part: RolePart) =>
    !part.isRole && !part.isSecret && carriedOver.some((before) => isSame(before, part))
  const parts = lacking.filter((part) => !needsGone(part) && isTakenBack(part))
  if (gone.size + parts.length === 0) return undefined
  const created = lacking.filter(({ isRole, role }) => isRole && gone.has(role))
  return {
    roles: [...gone],
    parts,
    steps: [...created, ...carriedOver.filter(needsGone), ...parts],
  }
}

function lastLook(jobs: readonly Report[]): readonly RolePart[] | undefined {
  const endOf = ({ startedAt, durationSeconds }: Report) =>
    Date.parse(startedAt) + durationSeconds * 1000
  return jobs
    .toSorted((a, b) => endOf(b) - endOf(a))
    .find(({ roles }) => roles?.lacking !== undefined)?.roles?.lacking
}

function isSame(before: RolePart, again: RolePart): boolean {
  return before.statement === again.statement && before.replaces === again.replaces
}
