/** Looks, at the end of an upgrade, whether the target still has what was carried over to its roles. */
import { informing } from './informing.js'
import type { Servers } from './preparation.js'
import { tellDifferencesOfServers } from './tell-differences.js'
import { listed } from '../report/format.js'
import type { Difference, Finding } from '../report/report.js'
import { readLost, type CarriedOver, type LostRoles, type Step } from '../roles/index.js'
import { addDifferences, addFinding, type Run } from '../run.js'
import { quoteIdentifier } from '../server/index.js'
import { isConfidentialSetting } from '../telling/settings.js'

/** As many are named in a message; all are among the differences. */
const shown = 10

/**
 * What is gone is a difference of the servers each, whatever is validated otherwise: a server that takes over, or a crash,
 * takes back roles that belong to no database, and no comparison of a database would miss them.
 */
export async function tellLostRoles(
  run: Pick<Run, 'report' | 'log' | 'signal'>,
  servers: Servers,
  carriedOver: CarriedOver | undefined,
): Promise<void> {
  if (carriedOver === undefined) return
  const lost = await informing(run, rolesUnknown, () => readLost(carriedOver, servers))
  if (lost === undefined || lost.roles.length + lost.parts.length === 0) return
  const differences = differencesOf(lost)
  addDifferences(run.report.differences, differences)
  tellDifferencesOfServers(run.log, differences)
  addFinding(run, lostFinding(lost))
}

function differencesOf({ roles, parts }: LostRoles): Difference[] {
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

function lostFinding({ roles, parts, steps }: LostRoles): Finding {
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
      ...steps.map(statementOf),
    ].join('\n'),
  }
}

/** Only names stand in a comment, written so that none ends it. */
function statementOf({ role, sql, what, secret, setting }: Step): string {
  const isShown =
    secret === undefined && (setting === undefined || !isConfidentialSetting(setting.name))
  return isShown
    ? `${sql};`
    : `-- role ${JSON.stringify(role)}: ${what}, which is not shown here, is to be set as well`
}

function rolesUnknown(reason: string): Finding {
  return {
    check: 'role-lost',
    severity: 'warning',
    message: `It is not known whether the target still has the roles as this run has moved them: ${reason}`,
    remedy: 'When the target answers, compare both servers with "mode: validate".',
  }
}
