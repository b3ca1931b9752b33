/** Privileges as statements: what has to be said so that an object gets those of its source. */
import {
  defaultWords,
  grantRounds,
  grantWords,
  quoteIdentifier,
  type ColumnPrivileges,
  type OwnedObject,
  type Privilege,
} from '../../server/index.js'
import type { DefaultPrivileges } from './owned-objects.js'

export interface Statement {
  readonly sql: string
  /** What is carried over, as the object of a sentence. */
  readonly what: string
  /** The object that it is about, as `type identity`. */
  readonly object: string
}

/** Who is who on the target. */
export interface RoleMap {
  /** The role that owns what `role` owns on the source; the administrator where that cannot be. */
  readonly ownerFor: (role: string) => string
  readonly exists: (role: string) => boolean
  /** Whether the administrator can act as the role. */
  readonly isUsable: (role: string) => boolean
}

/** To a superuser, every role is as on the source. */
export const sameRoles: RoleMap = {
  ownerFor: (role) => role,
  exists: () => true,
  isUsable: () => true,
}

/** Statements for one object that now belongs to its owner on the target and has the privileges of a new one. */
export function privilegeStatements(
  object: Pick<OwnedObject, 'type' | 'identity' | 'owner' | 'privileges' | 'defaults'>,
  roles: RoleMap,
): Statement[] {
  const { privileges, type, identity, owner } = object
  const word = grantWords[type]
  if (privileges === null || word === undefined) return []
  const on = { clause: `${word} ${identity}`, object: `${type} ${identity}` }
  const defaults = object.defaults ?? []
  return [
    ...minus(defaults, privileges).map(({ grantee, privilege }) =>
      statement(`revoke ${privilege} on ${on.clause} from ${nameOf(grantee, owner, roles)}`, on),
    ),
    ...grants(
      { privileges, defaults, owner },
      (list) => `${list.join(', ')} on ${on.clause}`,
      on,
      roles,
    ),
  ]
}

/** Statements for the privileges on one column. */
export function columnStatements(column: ColumnPrivileges, roles: RoleMap): Statement[] {
  const name = quoteIdentifier(column.column)
  const on = { clause: `table ${column.table}`, object: column.identity }
  const { privileges, defaults, owner } = column
  return [
    ...minus(defaults, privileges).map(({ grantee, privilege }) =>
      statement(
        `revoke ${privilege} (${name}) on ${on.clause} from ${nameOf(grantee, owner, roles)}`,
        on,
      ),
    ),
    ...grants(
      { privileges, defaults, owner },
      (list) => `${list.map((privilege) => `${privilege} (${name})`).join(', ')} on ${on.clause}`,
      on,
      roles,
    ),
  ]
}

/** Statements for what ALTER DEFAULT PRIVILEGES has set for one role. */
export function defaultPrivilegeStatements(entry: DefaultPrivileges, roles: RoleMap): Statement[] {
  const { identity, role, schema, kind, privileges, defaults } = entry
  const word = defaultWords[kind]
  if (word === undefined) return []
  const scope = schema === null ? '' : ` in schema ${schema}`
  const prefix = `alter default privileges for role ${quoteIdentifier(role)}${scope}`
  const what = {
    clause: `${word} of the role ${JSON.stringify(role)}${scope} to come`,
    object: `default privilege ${identity}`,
  }
  const [wanted, given] = [privileges ?? [], defaults ?? []]
  const revoked = minus(given, wanted).map(({ grantee, privilege }) =>
    statement(
      `${prefix} revoke ${privilege} on ${word} from ${nameOf(grantee, role, roles)}`,
      what,
    ),
  )
  const granted = groupByGrantee(possible(minus(wanted, given), role, roles)).map(
    ({ grantee, list, option }) =>
      statement(
        `${prefix} grant ${list.join(', ')} on ${word} to ${nameOf(grantee, role, roles)}${option}`,
        what,
      ),
  )
  return [...revoked, ...granted]
}

/** Roles that stand in the privileges and are not on the target. */
export function missingRoles(privileges: readonly Privilege[] | null, roles: RoleMap): string[] {
  return (privileges ?? []).flatMap(({ grantee }) =>
    grantee === null || roles.exists(grantee) ? [] : [grantee],
  )
}

/** An object as GRANT names it, and as the catalogs do. */
interface Target {
  readonly clause: string
  readonly object: string
}

function statement(sql: string, { clause, object }: Target): Statement {
  return { sql, what: `the privileges on ${clause}`, object }
}

interface Wanted {
  readonly privileges: readonly Privilege[]
  /** What is there already. */
  readonly defaults: readonly Privilege[]
  readonly owner: string
}

/** The owner grants first; then those who were given the right to grant, each in its own name. */
function grants(
  { privileges, defaults, owner }: Wanted,
  clause: (list: readonly string[]) => string,
  on: Target,
  roles: RoleMap,
): Statement[] {
  const isOwners = (grantor: string) => grantor === owner || !roles.isUsable(grantor)
  const rounds = grantRounds(possible(privileges, owner, roles), isOwners)
  const missing = rounds.map((round) => minus(round, defaults))
  return missing.flatMap(byGrantor).flatMap(({ grantor, given }) => {
    const role = quoteIdentifier(grantor)
    return groupByGrantee(given).map(({ grantee, list, option }) => {
      const grant = `grant ${clause(list)} to ${nameOf(grantee, owner, roles)}${option}`
      return statement(isOwners(grantor) ? grant : `set role ${role}; ${grant}; reset role`, on)
    })
  })
}

/** Without those of roles that the target lacks, of which a finding tells. */
function possible(
  privileges: readonly Privilege[],
  owner: string,
  roles: RoleMap,
): readonly Privilege[] {
  return privileges.filter(
    ({ grantee }) => grantee === null || grantee === owner || roles.exists(grantee),
  )
}

interface Granted {
  readonly grantor: string
  readonly given: readonly Privilege[]
}

function byGrantor(privileges: readonly Privilege[]): Granted[] {
  const grantors = [...new Set(privileges.map(({ grantor }) => grantor))]
  return grantors.map((grantor) => ({
    grantor,
    given: privileges.filter((privilege) => privilege.grantor === grantor),
  }))
}

function groupByGrantee(privileges: readonly Privilege[]) {
  const groups = new Map<string, { grantee: string | null; list: string[]; option: string }>()
  for (const { grantee, privilege, isGrantable } of privileges) {
    const key = JSON.stringify([grantee, isGrantable])
    const group = groups.get(key)
    if (group !== undefined) group.list.push(privilege)
    else {
      const option = isGrantable ? ' with grant option' : ''
      groups.set(key, { grantee, list: [privilege], option })
    }
  }
  return [...groups.values()]
}

function nameOf(grantee: string | null, owner: string, roles: RoleMap): string {
  if (grantee === null) return 'public'
  return quoteIdentifier(grantee === owner ? roles.ownerFor(owner) : grantee)
}

function minus(these: readonly Privilege[], those: readonly Privilege[]): Privilege[] {
  const key = ({ grantor, grantee, privilege, isGrantable }: Privilege) =>
    JSON.stringify([grantor, grantee, privilege, isGrantable])
  const known = new Set(those.map(key))
  return these.filter((privilege) => !known.has(key(privilege)))
}
