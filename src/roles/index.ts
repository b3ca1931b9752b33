/** Moves roles, memberships, settings and passwords, fitted to what the target's administrator may do. */
import { CancelledError, doing, messageOf, UpgradeError } from '../errors.js'
import type { Log } from '../log.js'
import type { RolesReport } from '../report/report.js'
import { repeatedWhenLost, type Server, type Session } from '../server/index.js'
import { applyOnce } from './apply-once.js'
import { applyRoles, type AppliedRoles } from './apply.js'
import { readRoleCatalog } from './catalog.js'
import { foreseeRefusals, type ForeseenRefusal } from './foresee.js'
import { keepLoadable } from './loadable.js'
import { withoutIgnored, type CarriedOver } from './lost.js'
import { planRoles, type RolePlan } from './plan.js'
import type { Membership, Role, RoleCatalog } from './role.js'
import type { SkippedRole, Step } from './step.js'

export {
  borrowRoles,
  returnRoles,
  returnStatement,
  type BorrowedRole,
  type Borrowing,
} from './borrow.js'
export { foreseeUsableRoles, readUsableRoles, type ForeseenRoles } from './usable.js'
export { readLacking, readLost, type CarriedOver, type LostRoles } from './lost.js'
export { lostDifferences, lostFinding, toldSteps, type ToldLost } from './told-lost.js'
export type { Step } from './step.js'
export { lendRoles, settleLentRoles, takeBackRoles } from './rehearsal-roles.js'
export { nameIsReserved } from './plan.js'
export { isProviderRole, providerRoles } from './provider-roles.js'
export {
  readSystemColumnPrivileges,
  readSystemPrivileges,
  readUncarriedColumnPrivileges,
  readUncarriedPrivileges,
} from './system-privileges.js'
export { takeTurn, type Turn } from './turn.js'

/** The values of the `roles` input. */
export const rolesModes = ['auto', 'with-passwords', 'without-passwords', 'skip'] as const
export type RolesMode = (typeof rolesModes)[number]

export interface MoveRolesOptions {
  readonly source: Server
  readonly target: Server
  readonly mode: RolesMode
  /** True in a rehearsal: everything happens inside one transaction that is rolled back. */
  readonly rehearsal: boolean
  readonly log: Log
  readonly signal: AbortSignal
}

export interface MovedRoles {
  readonly report: RolesReport
  /** Roles of the source that are, or would be, superusers on the target as well. */
  readonly superusers: readonly string[]
  /** The planned memberships, whether they have been made or only tried. */
  readonly memberships: readonly Step[]
  /** Those that wait for `grantLater`: whoever is a member of the administrator cannot lend itself to it up to 15. */
  readonly later: readonly Step[]
  /** What the target has of it from then on; undefined where nothing was carried over. */
  readonly carriedOver: CarriedOver | undefined
}

/**
 * Makes the target's roles like the source's, in one transaction. What the target refuses is reported with
 * its reason; the role that the run is connected as is never touched. Fails with
 * `roles-passwords-unreadable`, `roles-password-refused` (both only with `with-passwords`) or
 * `roles-not-allowed`.
 */
export async function moveRoles(options: MoveRolesOptions): Promise<MovedRoles> {
  const { source, target, mode, rehearsal, log, signal } = options
  if (mode === 'skip') {
    log.info('Roles: skipped, as asked.')
    return {
      report: emptyReport(),
      superusers: [],
      memberships: [],
      later: [],
      carriedOver: undefined,
    }
  }
  const sourceRoles = await doing('read the roles of the source', () =>
    repeatedWhenLost(() =>
      source.withSession(undefined, (session) =>
        readRoleCatalog(session, source.facts.major, mode !== 'without-passwords'),
      ),
    ),
  )
  if (mode === 'with-passwords' && !sourceRoles.passwordsReadable) throw unreadable(source)
  const targetRoles = await doing('read the roles of the target', () =>
    repeatedWhenLost(() =>
      target.withSession(undefined, (session) =>
        readRoleCatalog(session, target.facts.major, true),
      ),
    ),
  )
  const sides = { sourceFacts: source.facts, targetFacts: target.facts }
  const planned = planRoles({ source: sourceRoles, target: targetRoles, ...sides })
  const plan = await repeatedWhenLost(() => keepLoadable(planned, target))
  refuseWithoutCreateRole(plan, target)
  const later = rehearsal ? [] : plan.steps.filter((step) => isInAdministrator(step, target))
  const steps = plan.steps.filter((step) => !later.includes(step))
  const applied = await applyOnce(target, {
    plan: { ...plan, steps },
    rehearsal,
    needsPasswords: mode === 'with-passwords',
    signal,
  })
  const { created, altered, kept, steps: done } = applied
  const roles = [...created, ...altered, ...kept]
  return {
    later,
    carriedOver: rehearsal
      ? undefined
      : await withoutIgnored({ source: sourceRoles, roles, steps: done }, { source, target }),
    report: reportRoles(plan, applied, sourceRoles, log),
    superusers: target.facts.isSuperuser ? superusersOf(sourceRoles) : [],
    memberships: plan.steps.filter(({ kind }) => kind === 'membership'),
  }
}

function superusersOf({ roles }: RoleCatalog): string[] {
  return roles.filter(({ attributes }) => attributes.superuser).map(({ name }) => name)
}

function isInAdministrator({ subject }: Step, { facts }: Server): boolean {
  return !facts.isSuperuser && subject?.kind === 'membership' && subject.role === facts.user
}

/**
 * Grants what had to wait until everything borrowed was given back. Returns what was not granted: the databases have been
 * moved by then, so that it fails only when cancelled.
 */
export async function grantLater(
  target: Server,
  steps: readonly Step[],
  signal: AbortSignal,
): Promise<readonly SkippedRole[]> {
  if (steps.length === 0) return []
  const plan = { steps, existing: [], skipped: [], withoutPassword: [], withMd5Password: [] }
  try {
    // To grant what has been granted is no error.
    const { skipped } = await repeatedWhenLost(() =>
      target.withSession(undefined, (session) =>
        applyRoles({ session, plan, rehearsal: false, needsPasswords: false, signal }),
      ),
    )
    return skipped
  } catch (error) {
    if (signal.aborted || error instanceof CancelledError) throw error
    return steps.map(({ role, what, sql }) => ({
      role,
      reason: `${what} was not carried over (${messageOf(error)}). Run this on the target by hand: ${sql};`,
    }))
  }
}

/** What `moveRoles` would do, told from both catalogs without writing anything. */
export interface PlannedMove {
  /** Roles that it would create. */
  readonly created: readonly string[]
  /** The source's roles, as it has them. */
  readonly onSource: readonly Role[]
  /** Roles that are on the target already. */
  readonly existing: readonly string[]
  /** Roles, or parts of them, that it would not carry over. */
  readonly skipped: readonly (SkippedRole & Partial<ForeseenRefusal>)[]
  /** Those that are on the target, and all that will be there afterwards. */
  readonly memberships: {
    readonly present: readonly Inheritance[]
    readonly foreseen: readonly Inheritance[]
  }
}

/** Of a membership: whether the member has the rights of the role. */
export type Inheritance = Pick<Membership, 'role' | 'member' | 'inherit'>

/** Plans the move of the roles for the checks; passwords are not looked at. */
export async function planMove(sides: {
  readonly source: Server
  readonly target: Server
  readonly sourceSession: Session
  readonly targetSession: Session
}): Promise<PlannedMove> {
  const { source, target, sourceSession, targetSession } = sides
  const [onSource, onTarget] = await Promise.all([
    readRoleCatalog(sourceSession, source.facts.major, false),
    readRoleCatalog(targetSession, target.facts.major, false),
  ])
  const input = {
    source: onSource,
    target: onTarget,
    sourceFacts: source.facts,
    targetFacts: target.facts,
  }
  const plan = planRoles(input)
  const refusals = await foreseeRefusals(plan, input, targetSession)
  const refused = new Set(refusals.map(({ step }) => step))
  const given = plan.steps.flatMap((step) => {
    const { role: member, subject } = step
    return subject?.kind === 'membership' && !refused.has(step) ? [{ ...subject, member }] : []
  })
  return {
    created: plan.steps.filter(({ kind }) => kind === 'create').map(({ role }) => role),
    onSource: onSource.roles,
    existing: onTarget.roles.map(({ name }) => name),
    skipped: [...plan.skipped, ...refusals],
    memberships: { present: onTarget.memberships, foreseen: [...onTarget.memberships, ...given] },
  }
}

function emptyReport(): RolesReport {
  return {
    created: [],
    altered: [],
    kept: [],
    skipped: [],
    withoutPassword: [],
  }
}

function unreadable({ facts }: Server): UpgradeError {
  return new UpgradeError(
    `Could not read the passwords of the source: the role ${JSON.stringify(facts.user)} may not read pg_catalog.pg_authid.`,
    {
      code: 'roles-passwords-unreadable',
      side: 'source',
      hint: 'Connect to the source as a superuser, or use "roles: auto", which moves the roles and lists the logins that need a new password.',
    },
  )
}

function refuseWithoutCreateRole(plan: RolePlan, { facts }: Server): void {
  if (facts.canCreateRoles || !plan.steps.some((step) => step.kind === 'create')) return
  throw new UpgradeError(
    `Could not create roles on the target: the role ${JSON.stringify(facts.user)} has neither SUPERUSER nor CREATEROLE.`,
    {
      code: 'roles-not-allowed',
      side: 'target',
      hint: 'Connect to the target as its administrator, or create the roles yourself and use "roles: skip".',
    },
  )
}

function reportRoles(
  plan: RolePlan,
  applied: AppliedRoles,
  source: RoleCatalog,
  log: Log,
): RolesReport {
  const logins = new Set(
    source.roles.filter((role) => role.attributes.login).map((role) => role.name),
  )
  const refused = applied.refusedPasswords.filter((role) => logins.has(role))
  const lost = refused.filter((role) => !applied.keptPasswords.includes(role))
  const moved = new Set([...applied.created, ...applied.altered, ...applied.kept])
  const isMoved = (role: string) => moved.has(role)
  const report: RolesReport = {
    created: applied.created,
    altered: applied.altered,
    kept: applied.kept,
    skipped: applied.skipped,
    withoutPassword: [...plan.withoutPassword.filter(isMoved), ...lost].sort(),
    withMd5Password: plan.withMd5Password.filter(
      (role) => isMoved(role) && !refused.includes(role),
    ),
  }
  const { created, altered, kept, skipped, withoutPassword, withMd5Password = [] } = report
  log.info(
    `Roles: ${created.length} created, ${altered.length} altered, ${kept.length} kept as they were.`,
  )
  for (const { role, reason } of skipped) log.info(`Role ${JSON.stringify(role)}: ${reason}`)
  if (withoutPassword.length > 0) {
    log.warning(`Logins that need a new password on the target: ${namesOf(withoutPassword)}`)
  }
  if (withMd5Password.length > 0) {
    log.info(`Logins that still have an MD5 password: ${namesOf(withMd5Password)}`)
  }
  return report
}

function namesOf(roles: readonly string[]): string {
  return roles.map((role) => JSON.stringify(role)).join(', ')
}
