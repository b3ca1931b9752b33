/** Foresees which steps of a plan the target will refuse to an administrator who is no superuser, so that a check can tell. */
import type { Session } from '../server/index.js'
import type { PlanInput, RolePlan } from './plan.js'
import type { RoleAttributes } from './role.js'
import type { SkippedRole, Step } from './step.js'

/** What the administrator may hand on, as the target itself says. */
interface Rights {
  readonly attributes: RoleAttributes | undefined
  /** Roles on which it has the ADMIN option. */
  readonly administered: ReadonlySet<string>
  /** Parameters whose privileges it may grant. */
  readonly parameters: ReadonlySet<string>
}

export interface ForeseenRefusal extends SkippedRole {
  /** Of a privilege on a parameter: the statement that gives it. */
  readonly grant?: string
  readonly step: Step
}

/**
 * The steps are tried all the same: providers let their administrators do more than PostgreSQL does. Settings of roles
 * are not among them, because another check asks the target for each value.
 */
export async function foreseeRefusals(
  plan: RolePlan,
  input: PlanInput,
  target: Session,
): Promise<ForeseenRefusal[]> {
  if (input.targetFacts.isSuperuser) return []
  const rights = await readRights(plan, input, target)
  const untouchable = new Set<string>()
  return plan.steps.flatMap((step) => {
    const { role, what } = step
    const blanket = reasonOfRole(step, input, rights)
    if (blanket !== undefined) {
      if (untouchable.has(role)) return []
      untouchable.add(role)
      return [{ role, reason: blanket, step }]
    }
    const reason = reasonOfStep(step, input, rights)
    if (reason === undefined) return []
    const told = { role, reason: `${what} is not carried over: ${reason}`, step }
    return [step.kind === 'parameter' ? { ...told, grant: step.sql } : told]
  })
}

async function readRights(
  plan: RolePlan,
  { target, targetFacts }: PlanInput,
  session: Session,
): Promise<Rights> {
  const administered = await session.query<{ name: string }>(
    `select r.rolname::pg_catalog.text as name from pg_catalog.pg_roles r
      where pg_catalog.pg_has_role(r.oid, 'member with admin option')`,
  )
  const wanted = plan.steps.flatMap(({ subject }) =>
    subject?.kind === 'parameter' ? [[subject.parameter, subject.privilege]] : [],
  )
  const parameters =
    wanted.length === 0
      ? []
      : await session.query<{ name: string }>(
          `select p.name from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) p (name, privilege)
            where pg_catalog.has_parameter_privilege(p.name, p.privilege || ' with grant option')`,
          [wanted.map(([name]) => name), wanted.map(([, privilege]) => privilege)],
        )
  return {
    attributes: target.roles.find(({ name }) => name === targetFacts.user)?.attributes,
    administered: new Set(administered.map(({ name }) => name)),
    parameters: new Set(parameters.map(({ name }) => name)),
  }
}

/** What needs a right on the role itself. */
const changes = new Set<Step['kind']>(['alter', 'password', 'attribute'])
const changesSince16 = new Set<Step['kind']>([...changes, 'setting', 'comment'])

/** Why nothing of a role that is there already can be changed. */
function reasonOfRole(
  step: Step,
  { target, targetFacts }: PlanInput,
  { administered }: Rights,
): string | undefined {
  const existing = isOfAll(step) ? undefined : target.roles.find(({ name }) => name === step.role)
  if (existing === undefined) return undefined
  if (targetFacts.major >= 16) {
    return changesSince16.has(step.kind) && !administered.has(step.role)
      ? 'its attributes, password, settings and comment stay as they are: it is on the target already, and the role of target-url has no ADMIN option on it'
      : undefined
  }
  const isClosed = existing.attributes.replication && targetFacts.provider === 'self-managed'
  return changes.has(step.kind) && isClosed
    ? 'its attributes and password stay as they are: it has REPLICATION on the target, and up to 15 only a superuser may alter such a role'
    : undefined
}

/** ALTER ROLE ALL: a role of that name is needed by its own steps. */
function isOfAll({ kind, needs }: Step): boolean {
  return kind === 'setting' && needs.length === 0
}

/** Why one step will be refused. 16 parted the rights of CREATEROLE: what one has not, one cannot give. */
function reasonOfStep(
  step: Step,
  { target, targetFacts }: PlanInput,
  { attributes, administered, parameters }: Rights,
): string | undefined {
  const isParted = targetFacts.major >= 16
  const { subject } = step
  if (isOfAll(step)) return 'only a superuser may set it for all roles'
  switch (subject?.kind) {
    case 'attribute':
      return reasonOfAttribute(subject.attribute, attributes, targetFacts)
    case 'membership': {
      const existing = target.roles.find(({ name }) => name === subject.role)
      if (existing === undefined) return undefined
      if (existing.attributes.superuser)
        return 'only a superuser may grant a role that is a superuser'
      return isParted && !administered.has(subject.role)
        ? 'the role of target-url has no ADMIN option on it'
        : undefined
    }
    case 'parameter':
      return parameters.has(subject.parameter)
        ? undefined
        : 'the role of target-url has no GRANT OPTION for it'
    case undefined:
      return undefined
  }
}

function reasonOfAttribute(
  attribute: keyof RoleAttributes,
  own: RoleAttributes | undefined,
  { major, provider }: PlanInput['targetFacts'],
): string | undefined {
  if (attribute === 'createRole' || (major < 16 && attribute === 'createDatabase')) return undefined
  if (own?.[attribute] !== true) {
    return major >= 16
      ? 'the role of target-url does not have it itself'
      : 'only a superuser may give it'
  }
  return major < 16 && provider === 'self-managed' ? 'only a superuser may give it' : undefined
}
