/** Runs the planned statements in one transaction; what the target refuses is recorded and left out. */
import { messageOf, QueryError, throwIfCancelled, UpgradeError } from '../errors.js'
import type { Session } from '../server/index.js'
import { withoutValue } from '../telling/settings.js'
import type { RolePlan } from './plan.js'
import type { SkippedRole, Step } from './step.js'

export interface AppliedRoles {
  readonly created: string[]
  readonly altered: string[]
  readonly kept: string[]
  /** What was carried out, of the steps of the plan. */
  readonly steps: Step[]
  readonly skipped: SkippedRole[]
  /** Roles whose password the target refused. */
  readonly refusedPasswords: string[]
  /** Those of them that were on the target before and keep what they have there. */
  readonly keptPasswords: string[]
}

export interface ApplyOptions {
  readonly session: Session
  readonly plan: RolePlan
  /** Whether the transaction is rolled back in the end. */
  readonly rehearsal: boolean
  /** Whether a password that the target refuses ends the run. */
  readonly needsPasswords: boolean
  readonly signal: AbortSignal
  /** Told what has been done, just before the transaction ends. */
  readonly beforeEnd?: (applied: AppliedRoles) => Promise<void>
}

/** Runs every step of the plan, then commits, or in a rehearsal rolls back. */
export async function applyRoles(options: ApplyOptions): Promise<AppliedRoles> {
  const { session, plan, rehearsal } = options
  await session.query('begin')
  try {
    const { skipped, ...done } = await runSteps(options)
    const applied = { ...done, skipped: [...plan.skipped, ...skipped] }
    await options.beforeEnd?.(applied)
    await session.query(rehearsal ? 'rollback' : 'commit')
    return applied
  } catch (error) {
    await session.query('rollback').catch(() => undefined)
    throw error
  }
}

async function runSteps(options: ApplyOptions): Promise<AppliedRoles> {
  const { session, plan, signal, needsPasswords } = options
  const created = new Set<string>()
  const changed = new Set<string>()
  const missing = new Set<string>()
  const steps: Step[] = []
  const skipped: SkippedRole[] = []
  const refusedPasswords: string[] = []
  const keptPasswords: string[] = []
  for (const step of plan.steps) {
    throwIfCancelled(signal)
    if (step.needs.some((role) => missing.has(role))) continue
    const refusal = await runStep(session, step)
    if (refusal === undefined) {
      steps.push(step)
      ;(step.kind === 'create' ? created : changed).add(step.role)
      continue
    }
    if (step.kind === 'password') {
      if (needsPasswords) throw refusedPassword(step, refusal.reason)
      refusedPasswords.push(step.role)
    }
    if (step.kind === 'create') missing.add(step.role)
    const keeps = keepsPassword(step, refusal, plan)
    if (keeps) keptPasswords.push(step.role)
    const reason = `${step.what} was not carried over: ${refusal.reason}${keeps ? '; the role keeps what it has on the target' : ''}`
    skipped.push({ role: step.role, reason })
  }
  return {
    created: [...created],
    altered: plan.existing.filter((role) => changed.has(role)),
    kept: plan.existing.filter((role) => !changed.has(role)),
    steps,
    skipped,
    refusedPasswords,
    keptPasswords,
  }
}

interface Refusal {
  readonly reason: string
  readonly sqlState: string | undefined
}

/** Insufficient privilege. */
const notAllowed = '42501'

/** A login that has a password, or one of somebody else's: where that is not to be read, who made it has seen to it. */
function keepsPassword(step: Step, { sqlState }: Refusal, { existing }: RolePlan): boolean {
  if (step.kind !== 'password' || !existing.includes(step.role)) return false
  return step.onTarget ?? sqlState === notAllowed
}

/**
 * Runs one statement behind a savepoint. Returns why the target refused it; throws for everything that is
 * no refusal. Nothing of the statement, nor of the error's context, gets into either.
 */
async function runStep(session: Session, step: Step): Promise<Refusal | undefined> {
  try {
    await session.query(`savepoint step; ${step.sql}; release savepoint step`)
    return undefined
  } catch (error) {
    const reason = withoutSecret(reasonOf(error), step)
    if (!(error instanceof QueryError) || !isRefusal(error.sqlState)) {
      throw new UpgradeError(
        `Could not carry over ${step.what} of the role ${JSON.stringify(step.role)}: ${reason}`,
        {
          code: error instanceof UpgradeError ? error.code : 'unexpected',
          side: 'target',
          sqlState: error instanceof UpgradeError ? error.sqlState : undefined,
          ...(step.secret === undefined ? { cause: error } : {}),
        },
      )
    }
    await session.query('rollback to savepoint step; release savepoint step')
    return { reason, sqlState: error.sqlState }
  }
}

/** The server's own words as a part of a sentence, without the statement that it may quote as context. */
function reasonOf(error: unknown): string {
  const answer = error instanceof QueryError ? error.cause : error
  const detail = (answer as { detail?: unknown }).detail
  const said = typeof detail === 'string' ? `${messageOf(answer)}. ${detail}` : messageOf(answer)
  return said.replace(/\.$/, '')
}

function withoutSecret(message: string, { secret, setting }: Step): string {
  const left = secret === undefined ? message : message.replaceAll(secret, '…')
  return setting === undefined ? left : withoutValue(left, setting)
}

/**
 * The statement is understood and not allowed: privileges and names (42), values (22), features (0A),
 * grants (0L), authorisation (28), parameters that cannot be changed (55P02), a provider's own hook (P0).
 */
function isRefusal(sqlState: string | undefined): boolean {
  return sqlState !== undefined && (sqlState === '55P02' || /^(?:42|22|0A|0L|28|P0)/.test(sqlState))
}

function refusedPassword(step: Step, reason: string): UpgradeError {
  return new UpgradeError(
    `Could not set the password of the role ${JSON.stringify(step.role)} on the target: ${reason}`,
    {
      code: 'roles-password-refused',
      side: 'target',
      hint: 'With "roles: auto" the role is moved without its password and listed, so that it can be set by hand.',
    },
  )
}
