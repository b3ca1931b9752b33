/** What a run has carried over to the roles of the target, and the target does not have any more. */
import { repeatedWhenLost, type Server } from '../server/index.js'
import { readRoleCatalog } from './catalog.js'
import { planRoles } from './plan.js'
import type { RoleCatalog } from './role.js'
import type { Step } from './step.js'

interface Servers {
  readonly source: Server
  readonly target: Server
}

export interface CarriedOver {
  /** The roles of the source, as they were read for the plan. */
  readonly source: RoleCatalog
  /** Those of them that the target had when they had been moved. */
  readonly roles: readonly string[]
  /** What was carried out to make the target have them, and all that is theirs. */
  readonly steps: readonly Step[]
}

export interface LostRoles {
  /** Roles that are gone. */
  readonly roles: readonly string[]
  /** What is gone of roles that are there. */
  readonly parts: readonly Step[]
  /** All that brings back both, in the order in which it has to run. */
  readonly steps: readonly Step[]
}

/**
 * Plans the move once more. A role that would have to be created again is gone, and so is what would have to be done again
 * where the target has what it had before: what somebody has changed into something else since is left to them.
 */
export async function readLost(
  { source, roles, steps: done }: CarriedOver,
  servers: Servers,
): Promise<LostRoles> {
  const planned = await planAgain(source, servers)
  const moved = new Set(roles)
  const isOfGone = ({ kind, role }: Step) => kind === 'create' && moved.has(role)
  const gone = new Set(planned.filter(isOfGone).map(({ role }) => role))
  const steps = planned.filter(
    (step) =>
      isOfGone(step) ||
      (isCompared(step, gone) && done.some((before) => isTakenBack(before, step))),
  )
  return {
    roles: [...gone],
    parts: steps.filter(
      ({ kind, needs }) => kind !== 'create' && !needs.some((role) => gone.has(role)),
    ),
    steps,
  }
}

/** What the target lacks of the roles that the source has now. Passwords are not read. */
export async function readLacking(servers: Servers): Promise<readonly Step[]> {
  const source = await readRoles(servers.source, false)
  return planAgain(source, servers)
}

/** Without what the target took and that still is not there: a provider may ignore a statement. To be asked right after the move. */
export async function withoutIgnored(
  carriedOver: CarriedOver,
  servers: Servers,
): Promise<CarriedOver> {
  const { parts } = await readLost(carriedOver, servers)
  const isIgnored = (step: Step) => parts.some((again) => isTakenBack(step, again))
  return { ...carriedOver, steps: carriedOver.steps.filter((step) => !isIgnored(step)) }
}

async function planAgain(source: RoleCatalog, servers: Servers): Promise<readonly Step[]> {
  const target = await readRoles(servers.target, true)
  const sides = { sourceFacts: servers.source.facts, targetFacts: servers.target.facts }
  return planRoles({ source, target, ...sides }).steps
}

function readRoles(server: Server, withPasswords: boolean): Promise<RoleCatalog> {
  return repeatedWhenLost(() =>
    server.withSession(undefined, (session) =>
      readRoleCatalog(session, server.facts.major, withPasswords),
    ),
  )
}

/** A password that cannot be read is not. */
function isCompared({ kind, role, onTarget }: Step, gone: ReadonlySet<string>): boolean {
  return kind !== 'password' || onTarget !== undefined || gone.has(role)
}

function isTakenBack(before: Step, again: Step): boolean {
  return before.sql === again.sql && (before.replaces ?? null) === (again.replaces ?? null)
}
