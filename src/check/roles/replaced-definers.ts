/** Functions that would act as the target's administrator for whoever calls them, because it cannot give them to their owner. */
import { foreseeUsableRoles } from '../../roles/index.js'
import { readOpenDefiners, readRoleNames } from '../../server/index.js'
import { listed } from '../../report/format.js'
import type { DatabaseCheck } from '../check.js'
import { lendingRemedy } from './borrowing.js'
import { foreseeOwners } from './foreseen-owners.js'

const shown = 5

export const definerReplaced: DatabaseCheck = {
  name: 'definer-replaced',
  scope: 'database',
  subject: 'functions with the rights of their owner',
  worst: 'blocking',
  async run(context) {
    const { sourceSession, target, targetSession, maintenanceSession } = context
    const { facts } = target
    if (facts.isSuperuser) return []
    const definers = await readOpenDefiners(sourceSession)
    if (definers.length === 0) return []
    const owners = await foreseeOwners(context)
    const { withheld } = await foreseeUsableRoles(targetSession, facts)
    return (await readRoleNames(maintenanceSession)).flatMap(({ oid, role }) => {
      const routines = definers.flatMap(({ owner, routine }) => (owner === oid ? [routine] : []))
      if (routines.length === 0 || owners.ownerFor(role) === role) return []
      const members = withheld.get(role)
      const source = [
        'on the source, in the database',
        ...routines.map((routine) => `alter ${routine} security invoker;`),
      ].join('\n')
      const found = {
        severity: 'blocking' as const,
        object: `role ${JSON.stringify(role)}`,
        message: `Functions of ${JSON.stringify(role)} that others may call with its rights (SECURITY DEFINER) would belong to ${JSON.stringify(facts.user)} on the target, and whoever calls them would act as ${JSON.stringify(facts.user)} there: ${listed(routines, shown)}.`,
      }
      return members === undefined
        ? { ...found, remedy: `-- ${source}` }
        : {
            ...found,
            remedy: `${lendingRemedy(role, members, facts)}\n-- or ${source}`,
            remedyInDatabase: false as const,
          }
    })
  },
}
