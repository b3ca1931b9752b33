/** Decides, from both catalogs alone, which statements make the target's roles like the source's. */
import type { ServerFacts } from '../server/index.js'
import { formatSetting, quoteIdentifier, quoteLiteral } from '../server/index.js'
import { attributeWords } from './attributes.js'
import { planKept } from './plan-kept.js'
import { planMemberships } from './plan-memberships.js'
import { isProviderRole } from './provider-roles.js'
import { lentComment, type Role, type RoleCatalog } from './role.js'
import type { SkippedRole, Step } from './step.js'

type Facts = Pick<ServerFacts, 'major' | 'provider' | 'user' | 'isSuperuser'>

export interface PlanInput {
  readonly source: RoleCatalog
  readonly target: RoleCatalog
  readonly sourceFacts: Facts
  readonly targetFacts: Facts
}

export interface RolePlan {
  /** In the order in which they have to run. */
  readonly steps: readonly Step[]
  /** Roles that are on both sides; what the steps do to them decides between altered and kept. */
  readonly existing: readonly string[]
  readonly skipped: readonly SkippedRole[]
  /** Logins that get no password. */
  readonly withoutPassword: readonly string[]
  /** Logins whose password is an MD5 hash, which a target that wants SCRAM refuses. */
  readonly withMd5Password: readonly string[]
}

/** Plans the move of every role that is neither PostgreSQL's own nor a provider's. */
export function planRoles(input: PlanInput): RolePlan {
  const skipped: SkippedRole[] = []
  const moved = input.source.roles.filter((role) => {
    const reason = reasonToLeave(role, input)
    if (reason !== undefined && reason !== '') skipped.push({ role: role.name, reason })
    return reason === undefined
  })
  const onTarget = new Map(input.target.roles.map((role) => [role.name, role]))
  const plans = moved.map((role) => planRole(role, onTarget.get(role.name), input.targetFacts))
  const names = new Set(moved.map(({ name }) => name))
  const memberships = planMemberships({ ...input, moved: names })
  const steps = [...plans.flatMap((plan) => plan.steps), ...memberships.steps, ...planAll(input)]
  return {
    steps: order.flatMap((kind) => steps.filter((step) => step.kind === kind)),
    existing: moved.map(({ name }) => name).filter((name) => onTarget.has(name)),
    skipped: [
      ...skipped,
      ...plans.flatMap((plan) => plan.skipped),
      ...moved.filter(isCommentedLikeLoan).map(({ name }) => ({ role: name, reason: likeLoan })),
      ...memberships.skipped,
      ...planKept({ ...input, moved: names }),
    ],
    withoutPassword: plans.flatMap((plan) => (plan.password === 'lost' ? [plan.name] : [])),
    withMd5Password: plans.flatMap((plan) => (plan.password === 'md5' ? [plan.name] : [])),
  }
}

/** Words that the target may refuse come last: up to 15, a role with REPLICATION can no longer be altered. */
const order = [
  'create',
  'alter',
  'membership',
  'password',
  'setting',
  'comment',
  'parameter',
  'attribute',
] as const

/** Of a role of users that is called like one of PostgreSQL's. */
export const nameIsReserved = 'names that start with pg_ are reserved for PostgreSQL'

/** Why a role of the source stays behind; empty for PostgreSQL's own, which every server has. */
function reasonToLeave(role: Role, { sourceFacts, targetFacts }: PlanInput): string | undefined {
  if (role.name.startsWith('pg_')) {
    return role.isBuiltIn ? '' : nameIsReserved
  }
  for (const { side, provider } of [
    { side: 'source', provider: sourceFacts.provider },
    { side: 'target', provider: targetFacts.provider },
  ]) {
    if (isProviderRole(role.name, provider)) {
      return `belongs to the provider of the ${side} (${provider})`
    }
  }
  return undefined
}

interface PlannedRole {
  readonly name: string
  readonly steps: readonly Step[]
  readonly skipped: readonly SkippedRole[]
  readonly password: 'carried' | 'md5' | 'lost' | 'none'
}

function planRole(role: Role, existing: Role | undefined, facts: Facts): PlannedRole {
  const untouchable = existing === undefined ? undefined : reasonNotToTouch(existing, facts)
  if (untouchable !== undefined) {
    const differs = attributeWords(role, existing, true).together.length > 0
    const comment = planComment(role, existing)
    const lost =
      differs ||
      missingSettings(role, existing).length > 0 ||
      (comment.length > 0 && !facts.isSuperuser)
    const kept = facts.isSuperuser ? 'password and settings' : 'password, settings and comment'
    const reason = `${untouchable}: its attributes, ${kept} stay as they are`
    return {
      name: role.name,
      steps: facts.isSuperuser ? comment : [],
      skipped: lost ? [{ role: role.name, reason }] : [],
      password: 'none',
    }
  }
  const { steps, skipped } = planAttributes(role, existing, facts.isSuperuser)
  const password = planPassword(role, existing)
  const present = settingsByName(existing)
  const settings = missingSettings(role, existing).map(({ name, value }): Step => ({
    ...about(role),
    kind: 'setting',
    what: `the setting ${JSON.stringify(name)}`,
    sql: `alter role ${quoteIdentifier(role.name)} ${formatSetting(name, value)}`,
    setting: { name, value },
    replaces: present.get(name.toLowerCase()),
  }))
  return {
    name: role.name,
    steps: [...steps, ...password.steps, ...settings, ...planComment(role, existing)],
    skipped,
    password: password.outcome,
  }
}

function reasonNotToTouch(existing: Role, facts: Facts): string | undefined {
  if (existing.name === facts.user) return 'the run is connected to the target as this role'
  if (existing.isBootstrap) return 'it is the superuser that the target was set up with'
  if (existing.attributes.superuser && !facts.isSuperuser) {
    return 'it is a superuser on the target, which only a superuser may alter'
  }
  return undefined
}

function about(role: Role): Pick<Step, 'role' | 'needs'> {
  return { role: role.name, needs: [role.name] }
}

function planAttributes(
  role: Role,
  existing: Role | undefined,
  asSuperuser: boolean,
): { steps: Step[]; skipped: SkippedRole[] } {
  const { together, apart, lacksSuperuser } = attributeWords(role, existing, asSuperuser)
  const name = quoteIdentifier(role.name)
  const steps: Step[] = []
  if (existing === undefined) {
    const sql = ['create role', name, ...together].join(' ')
    steps.push({ kind: 'create', role: role.name, needs: [], what: 'the role', sql })
  } else if (together.length > 0) {
    const sql = ['alter role', name, ...together].join(' ')
    const { attributes, connectionLimit, validUntil } = existing
    const replaces = JSON.stringify([attributes, connectionLimit, validUntil])
    const what = 'the rest of its attributes'
    steps.push({ ...about(role), kind: 'alter', what, sql, replaces })
  }
  for (const { word, attribute } of apart) {
    steps.push({
      ...about(role),
      kind: 'attribute',
      what: `the attribute ${word.toUpperCase()}`,
      sql: `alter role ${name} ${word}`,
      subject: { kind: 'attribute', attribute },
    })
  }
  const reason = 'the attribute SUPERUSER was not carried over: only a superuser may give it'
  return { steps, skipped: lacksSuperuser ? [{ role: role.name, reason }] : [] }
}

function planPassword(
  role: Role,
  existing: Role | undefined,
): { steps: Step[]; outcome: PlannedRole['password'] } {
  const { password } = role
  if (password === null) return { steps: [], outcome: 'none' }
  if (password === undefined) {
    // A login that has a password on the target already can log in.
    const hasOne = typeof existing?.password === 'string'
    return { steps: [], outcome: role.attributes.login && !hasOne ? 'lost' : 'none' }
  }
  const isMd5 = password.startsWith('md5') && role.attributes.login
  const outcome = isMd5 ? 'md5' : 'carried'
  if (password === existing?.password) return { steps: [], outcome }
  const step: Step = {
    ...about(role),
    kind: 'password',
    what: 'the password',
    sql: `alter role ${quoteIdentifier(role.name)} password ${quoteLiteral(password)}`,
    secret: password,
    replaces: existing?.password,
    ...(existing?.password === undefined ? {} : { onTarget: existing.password !== null }),
  }
  return { steps: [step], outcome }
}

function missingSettings(role: Role, existing: Role | undefined): Role['settings'] {
  const present = settingsByName(existing)
  return role.settings.filter(({ name, value }) => present.get(name.toLowerCase()) !== value)
}

function settingsByName(existing: Role | undefined): ReadonlyMap<string, string> {
  return new Map(existing?.settings.map(({ name, value }) => [name.toLowerCase(), value]))
}

/** The target's next run would take the role for a loan, and drop it. */
function isCommentedLikeLoan({ comment }: Role): boolean {
  return comment?.startsWith(lentComment) === true
}

const likeLoan = `its comment begins with "${lentComment.trim()}", like that of a role that the next run drops, and is not carried over`

function planComment(role: Role, existing: Role | undefined): Step[] {
  if (role.comment === null || role.comment === existing?.comment) return []
  if (isCommentedLikeLoan(role)) return []
  const sql = `comment on role ${quoteIdentifier(role.name)} is ${quoteLiteral(role.comment)}`
  const replaces = existing?.comment
  return [{ ...about(role), kind: 'comment', what: 'the comment', sql, replaces }]
}

/** `ALTER ROLE ALL SET`. */
function planAll({ source, target }: PlanInput): Step[] {
  const present = new Map(target.settingsOfAll.map(({ name, value }) => [name, value]))
  return source.settingsOfAll
    .filter(({ name, value }) => present.get(name) !== value)
    .map(({ name, value }) => ({
      kind: 'setting',
      role: 'ALL',
      needs: [],
      what: `the setting ${JSON.stringify(name)} of all roles`,
      sql: `alter role all ${formatSetting(name, value)}`,
      setting: { name, value },
      replaces: present.get(name),
    }))
}
