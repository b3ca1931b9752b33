/** How roles that the target has lost are told: as differences, and as a finding with the statements that bring them back. */
import { listed } from '../report/format.js'
import type { Difference, Finding, RolePart } from '../report/report.js'
import { quoteIdentifier } from '../server/index.js'
import { isConfidentialSetting } from '../telling/settings.js'
import type { Step } from './step.js'

/** As many are named in a message; all are among the differences. */
const shown = 10

export interface ToldLost {
  /** Roles that are gone. */
  readonly roles: readonly string[]
  /** What is gone of roles that are there. */
  readonly parts: readonly Pick<RolePart, 'role' | 'needs' | 'what'>[]
  /** All that brings back both. */
  readonly steps: readonly Pick<RolePart, 'statement'>[]
}

/** Steps as a report shows them. */
export function toldSteps(steps: readonly Step[]): RolePart[] {
  return steps.map(({ kind, role, needs, what, sql, secret, setting, replaces }) => {
    const isSecret =
      secret !== undefined || (setting !== undefined && isConfidentialSetting(setting.name))
    return {
      role,
      isRole: kind === 'create',
      needs,
      what,
      // Only names stand in a comment, written so that none ends it.
      statement: isSecret
        ? `-- role ${JSON.stringify(role)}: ${what}, which is not shown here, is to be set as well`
        : `${sql};`,
      isSecret,
      ...(isSecret || typeof replaces !== 'string' ? {} : { replaces }),
    }
  })
}

/** What is gone is a difference of the servers each. */
export function lostDifferences({ roles, parts }: ToldLost): Difference[] {
  return [
    ...roles.map((role) => ({
      kind: 'role',
      object: quoteIdentifier(role),
      source: 'present',
      target: null,
    })),
    ...parts.map(({ role, needs, what }) => ({
      kind: 'role',
      // ALL and PUBLIC are words, and no names.
      object: needs.length === 0 ? role : quoteIdentifier(role),
      source: what,
      target: 'as before this run',
    })),
  ]
}

export function lostFinding({ roles, parts, steps }: ToldLost): Finding {
  const lost = [
    ...roles.map((role) => `role ${JSON.stringify(role)}`),
    ...parts.map(({ role, needs, what }) =>
      needs.length === 0 ? what : `role ${JSON.stringify(role)} (${what})`,
    ),
  ]
  return {
    check: 'role-lost',
    severity: 'warning',
    message: `Roles of the target, or parts of them, were there when this run had moved the roles, and are not there any more: ${listed(lost, shown)}. Another server has taken over for the target without them, a crash of the target has taken them back, or somebody has removed them.`,
    remedy: [
      '-- on the target, as the role of target-url or a superuser',
      ...steps.map(({ statement }) => statement),
    ].join('\n'),
  }
}
