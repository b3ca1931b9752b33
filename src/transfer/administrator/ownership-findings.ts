/** What has to be told when owners and privileges could not all be carried over. */
import type { Finding } from '../../report/report.js'
import { quoteIdentifier, quoteLiteral, type OwnedObject } from '../../server/index.js'
import { alterOwner } from './alter-owner.js'
import { getsOwner, type DefaultPrivileges } from './owned-objects.js'
import { defaultPrivilegeStatements, missingRoles, type RoleMap } from './privileges.js'
import type { RefusedStatement } from './run-statements.js'
import { listed } from '../../report/format.js'

type Found = Omit<Finding, 'database'>

const shown = 5
/** A remedy is there to be read before it is pasted. */
const givenByRemedy = 50

const routines: ReadonlySet<string> = new Set(['function', 'procedure'])

/** The objects that stay with the administrator, though the source has another owner. The schema public has an owner already. */
export function ownedInstead(
  objects: readonly OwnedObject[],
  roles: RoleMap,
  administrator: string,
): OwnedObject[] {
  return objects.filter(
    (each) =>
      getsOwner(each) &&
      each.identity !== 'public' &&
      each.owner !== administrator &&
      roles.ownerFor(each.owner) === administrator,
  )
}

/**
 * One finding for each role whose objects stay with the administrator. `definers` are the object identifiers of functions that
 * others may call with the rights of their owner.
 */
export function ownerFindings(
  objects: readonly OwnedObject[],
  roles: RoleMap,
  administrator: string,
  definers: ReadonlySet<string> = new Set(),
): Found[] {
  const lost = ownedInstead(objects, roles, administrator)
  return [...group(lost, ({ owner }) => owner)].map(([owner, list]) => {
    const names = list.map(({ type, identity }) => `${type} ${identity}`)
    const why = roles.exists(owner) ? 'may not act as it' : 'finds no such role'
    const open = list
      .filter(({ type, oid }) => routines.has(type) && definers.has(oid))
      .map(({ type, identity }) => `${type} ${identity}`)
    const danger =
      open.length === 0
        ? ''
        : ` Whoever calls these acts as ${JSON.stringify(administrator)} (SECURITY DEFINER): ${listed(open, shown)}.`
    return {
      check: 'owner-replaced',
      severity: 'warning',
      object: `role ${JSON.stringify(owner)}`,
      message: `${list.length} object${list.length === 1 ? '' : 's'} of ${JSON.stringify(owner)} on the source belong${list.length === 1 ? 's' : ''} to ${JSON.stringify(administrator)} on the target, which ${why}: ${listed(names, shown)}.${danger}`,
      remedy: ownerRemedy(list, owner, roles),
    }
  })
}

/** Statement by statement: REASSIGN OWNED would give away everything else of the administrator's as well. */
function ownerRemedy(list: readonly OwnedObject[], owner: string, roles: RoleMap): string {
  return [
    '-- on the target, in the database, as a superuser',
    ...(roles.exists(owner) ? [] : [createMissingRole(owner)]),
    ...list.slice(0, givenByRemedy).map((object) => `${alterOwner(object)};`),
    ...andMore(list),
  ].join('\n')
}

/** Several findings may ask for one role, and their remedies are pasted one behind the other. */
function createMissingRole(role: string): string {
  const body = `begin create role ${quoteIdentifier(role)}; exception when duplicate_object then null; end`
  return `do ${quoteLiteral(body)};`
}

/** One finding for each role that the target does not have. */
export function roleFindings(
  privileged: readonly {
    readonly privileges: OwnedObject['privileges']
    readonly owner?: string
  }[],
  roles: RoleMap,
): Found[] {
  const missing = privileged.flatMap(({ privileges, owner }) =>
    missingRoles(privileges, roles).filter((role) => role !== owner),
  )
  return [...group(missing, (role) => role)].map(([role, list]) => {
    const oid = oidOfDropped(role)
    const privileges = `${list.length} privilege${list.length === 1 ? '' : 's'}`
    const common = { check: 'grantee-missing', severity: 'warning' } as const
    if (oid !== undefined) {
      return {
        ...common,
        object: `OID ${oid}`,
        message: `${privileges} of the role with the OID ${oid} could not be granted: it was dropped on the source (role-vanished).`,
      }
    }
    return {
      ...common,
      object: `role ${JSON.stringify(role)}`,
      message: `${privileges} of the role ${JSON.stringify(role)} could not be granted: the target has no such role.`,
      remedy: `-- on the target, before the upgrade runs again\n${createMissingRole(role)}`,
    }
  })
}

/** What pg_get_userbyid says where there is no such role. */
function oidOfDropped(role: string): string | undefined {
  return /^unknown \(OID=(\d+)\)$/.exec(role)?.[1]
}

/** One finding for each role whose default privileges cannot be set. */
export function defaultFindings(
  lost: readonly DefaultPrivileges[],
  roles: RoleMap,
  administrator: string,
): Found[] {
  return [...group(lost, ({ role }) => role)].map(([role, list]) => ({
    check: 'default-privileges-skipped',
    severity: 'warning',
    object: `role ${JSON.stringify(role)}`,
    message: `The default privileges of the role ${JSON.stringify(role)} were not carried over: ${JSON.stringify(administrator)} may not act as it on the target.`,
    remedy: [
      '-- on the target, in the database, as a superuser',
      ...(roles.exists(role) ? [] : [createMissingRole(role)]),
      ...list
        .flatMap((each) => defaultPrivilegeStatements(each, roles))
        .map(({ sql }) => `${sql};`),
    ].join('\n'),
  }))
}

/**
 * One finding for each statement that the target refused; one for all where it gives more than a few the same
 * reason, as for every function of an extension.
 */
export function refusalFindings(refused: readonly RefusedStatement[]): Found[] {
  return [...group(refused, ({ reason }) => withoutNames(reason)).values()].flatMap((list) =>
    list.length > shown ? [refusalOfMany(list)] : list.map(refusalOfOne),
  )
}

function refusalOfOne({ sql, what, reason }: RefusedStatement): Found {
  return {
    check: 'ownership-refused',
    severity: 'warning',
    object: what,
    message: `The target did not accept ${what} as the source has it: ${reason}.${openToAll(sql)}`,
    remedy: `-- on the target, in the database, as a superuser\n${sql};`,
  }
}

/** What could not be revoked, new objects have. */
function openToAll(sql: string): string {
  const isOpen = sql.startsWith('revoke ') && sql.endsWith(' from public')
  return isOpen ? ' Everybody has there what the source has revoked from PUBLIC.' : ''
}

function refusalOfMany(list: readonly RefusedStatement[]): Found {
  const names = list.slice(0, shown).map(({ what }) => what)
  return {
    check: 'ownership-refused',
    severity: 'warning',
    object: `${list.length} objects`,
    message: `The target refused ${list.length} statements for one reason, so the objects are not as the source has them: ${names.join(', ')} and ${list.length - shown} more. Of the first it said: ${list[0]?.reason ?? ''}.`,
    remedy: [
      '-- on the target, in the database, as a superuser',
      ...list.slice(0, givenByRemedy).map(({ sql }) => `${sql};`),
      ...andMore(list),
    ].join('\n'),
  }
}

function withoutNames(reason: string): string {
  return reason.replace(/"(?:[^"]|"")*"/g, '""')
}

function andMore(list: readonly unknown[]): string[] {
  const more = list.length - givenByRemedy
  return more > 0 ? [`-- and ${more} more in the same way`] : []
}

function group<T>(list: readonly T[], keyOf: (each: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const each of list) {
    const list = groups.get(keyOf(each))
    if (list === undefined) groups.set(keyOf(each), [each])
    else list.push(each)
  }
  return groups
}
