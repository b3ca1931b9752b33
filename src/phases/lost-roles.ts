/** Looks, at the end of an upgrade, whether the target still has what was carried over to its roles. */
import { informing } from './informing.js'
import type { Servers } from './preparation.js'
import { tellDifferencesOfServers } from './tell-differences.js'
import type { Finding } from '../report/report.js'
import {
  lostDifferences,
  lostFinding,
  readLacking,
  readLost,
  toldSteps,
  type CarriedOver,
} from '../roles/index.js'
import { addDifferences, addFinding, type Run } from '../run.js'

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
  const found = await informing(run, rolesUnknown, () => readLost(carriedOver, servers))
  if (found === undefined || found.roles.length + found.parts.length === 0) return
  const lost = { ...found, steps: toldSteps(found.steps) }
  const differences = lostDifferences(lost)
  addDifferences(run.report.differences, differences)
  tellDifferencesOfServers(run.log, differences)
  addFinding(run, lostFinding(lost))
}

/** A matrix job does not know what its plan has carried over: the merge of their reports tells what of this is lost. */
export async function recordLackingRoles(
  run: Pick<Run, 'report' | 'log' | 'signal'>,
  servers: Servers,
): Promise<void> {
  const { roles } = run.report
  if (roles === null) return
  const lacking = await informing(run, rolesUnknown, () => readLacking(servers))
  if (lacking !== undefined) roles.lacking = toldSteps(lacking)
}

function rolesUnknown(reason: string): Finding {
  return {
    check: 'role-lost',
    severity: 'warning',
    message: `It is not known whether the target still has the roles as they were moved: ${reason}`,
    remedy: 'When the target answers, compare both servers with "mode: validate".',
  }
}
