/** What a role is, as both servers' catalogs tell it. */

/** The attributes of a role that CREATE ROLE and ALTER ROLE take as one word each. */
export interface RoleAttributes {
  readonly superuser: boolean
  readonly createDatabase: boolean
  readonly createRole: boolean
  readonly inherit: boolean
  readonly login: boolean
  readonly replication: boolean
  readonly bypassRowSecurity: boolean
}

/** One `ALTER ROLE … SET`: the value as the catalog holds it. */
export interface RoleSetting {
  readonly name: string
  readonly value: string
}

export interface Role {
  readonly name: string
  readonly attributes: RoleAttributes
  /** -1 for no limit. */
  readonly connectionLimit: number
  /** ISO time in UTC or `infinity`; null for none. */
  readonly validUntil: string | null
  /** In the order of the catalog. Those of single databases are not among them. */
  readonly settings: readonly RoleSetting[]
  readonly comment: string | null
  /** The hash; null where the role has none, undefined where it could not be read. */
  readonly password: string | null | undefined
  /** Made by initdb: the bootstrap superuser, and PostgreSQL's own `pg_…` roles. */
  readonly isBuiltIn: boolean
  /** The superuser that initdb made, who owns the catalogs and grants in every superuser's name. */
  readonly isBootstrap: boolean
}

/** What the comment of a role begins with that a rehearsal has lent; a role that a person made has another one. */
export const lentComment = 'Lent to a rehearsal by '

/** Whether the comment is that of a loan, which the next run ends. What can log in or has rights is nobody's loan. */
export function isForRehearsal({ comment, attributes }: Role): boolean {
  // By itself, to inherit is no right.
  return (
    comment?.startsWith(lentComment) === true &&
    !Object.values({ ...attributes, inherit: false }).includes(true)
  )
}

/** `member` belongs to `role`. */
export interface Membership {
  readonly role: string
  readonly member: string
  /** Null where the grantor no longer exists (possible up to 15). */
  readonly grantor: string | null
  readonly admin: boolean
  /** Before 16 this follows from the member's INHERIT attribute. */
  readonly inherit: boolean
  /** Always true before 16. */
  readonly set: boolean
}

/** A privilege on a server parameter (15 and later), manual section "GRANT … ON PARAMETER". */
export interface ParameterPrivilege {
  readonly parameter: string
  readonly grantee: string
  readonly grantor: string
  readonly privilege: string
  readonly grantable: boolean
}

/** Everything about the roles of one server. */
export interface RoleCatalog {
  readonly roles: readonly Role[]
  readonly memberships: readonly Membership[]
  readonly parameterPrivileges: readonly ParameterPrivilege[]
  /** `ALTER ROLE ALL SET`: for every role in every database. */
  readonly settingsOfAll: readonly RoleSetting[]
  /** Whether pg_authid could be read. */
  readonly passwordsReadable: boolean
}
