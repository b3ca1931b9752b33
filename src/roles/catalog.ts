/** Reads the roles of one server from its catalogs; passwords only where the server lets the session read them. */
import type { Session } from '../server/index.js'
import type { Membership, ParameterPrivilege, Role, RoleCatalog, RoleSetting } from './role.js'
import { parseSetting } from '../telling/settings.js'

/** Object identifiers below this one were given by initdb (FirstNormalObjectId). */
const firstNormalOid = 16_384
/** The superuser that initdb made (BOOTSTRAP_SUPERUSERID). */
const bootstrapOid = 10

interface RoleRow {
  readonly oid: string
  readonly name: string
  readonly superuser: boolean
  readonly create_database: boolean
  readonly create_role: boolean
  readonly inherit: boolean
  readonly login: boolean
  readonly replication: boolean
  readonly bypass_row_security: boolean
  readonly connection_limit: number
  readonly valid_until: string | null
  readonly settings: string[] | null
  readonly comment: string | null
}

/** Reads all roles, memberships and parameter privileges. `withPasswords` false leaves pg_authid alone. */
export async function readRoleCatalog(
  session: Session,
  major: number,
  withPasswords: boolean,
): Promise<RoleCatalog> {
  const passwords = withPasswords ? await readPasswords(session) : undefined
  const rows = await session.query<RoleRow>(
    `select r.oid::pg_catalog.text as oid, r.rolname::pg_catalog.text as name,
            r.rolsuper as superuser, r.rolcreatedb as create_database, r.rolcreaterole as create_role,
            r.rolinherit as inherit, r.rolcanlogin as login, r.rolreplication as replication,
            r.rolbypassrls as bypass_row_security, r.rolconnlimit as connection_limit,
            r.rolvaliduntil::pg_catalog.text as valid_until, r.rolconfig as settings,
            pg_catalog.shobj_description(r.oid, 'pg_authid') as comment
       from pg_catalog.pg_roles r
      order by r.rolname`,
  )
  const [all] = await session.query<{ settings: string[] | null }>(
    `select s.setconfig as settings
       from pg_catalog.pg_db_role_setting s
      where s.setdatabase = 0 and s.setrole = 0`,
  )
  return {
    roles: rows.map((row) => roleFrom(row, passwords)),
    memberships: await session.query<Membership>(membershipsQuery(major)),
    // pg_parameter_acl came with 15.
    parameterPrivileges: major >= 15 ? await readParameterPrivileges(session) : [],
    settingsOfAll: settingsFrom(all?.settings ?? null),
    passwordsReadable: passwords !== undefined,
  }
}

/** The hashes by oid; undefined where this session may not read them. */
async function readPasswords(session: Session): Promise<Map<string, string | null> | undefined> {
  const [may] = await session.query<{ read: boolean }>(
    `select pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'oid', 'select')
        and pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'select') as read`,
  )
  if (may?.read !== true) return undefined
  const rows = await session.query<{ oid: string; password: string | null }>(
    'select a.oid::pg_catalog.text as oid, a.rolpassword as password from pg_catalog.pg_authid a',
  )
  return new Map(rows.map(({ oid, password }) => [oid, password]))
}

function roleFrom(row: RoleRow, passwords: Map<string, string | null> | undefined): Role {
  const oid = Number(row.oid)
  return {
    name: row.name,
    attributes: {
      superuser: row.superuser,
      createDatabase: row.create_database,
      createRole: row.create_role,
      inherit: row.inherit,
      login: row.login,
      replication: row.replication,
      bypassRowSecurity: row.bypass_row_security,
    },
    connectionLimit: row.connection_limit,
    validUntil: row.valid_until,
    settings: settingsFrom(row.settings),
    comment: row.comment,
    password: passwords === undefined ? undefined : (passwords.get(row.oid) ?? null),
    isBuiltIn: oid < firstNormalOid,
    isBootstrap: oid === bootstrapOid,
  }
}

function settingsFrom(settings: readonly string[] | null): RoleSetting[] {
  return (settings ?? []).map(parseSetting)
}

/** 16 gave memberships the options INHERIT and SET, and one row for each grantor. */
function membershipsQuery(major: number): string {
  const options =
    major >= 16
      ? 'm.inherit_option as inherit, m.set_option as "set"'
      : 'u.rolinherit as inherit, true as "set"'
  return `select r.rolname::pg_catalog.text as role, u.rolname::pg_catalog.text as member,
                 g.rolname::pg_catalog.text as grantor, m.admin_option as admin, ${options}
            from pg_catalog.pg_auth_members m
            join pg_catalog.pg_roles r on r.oid = m.roleid
            join pg_catalog.pg_roles u on u.oid = m.member
            left join pg_catalog.pg_roles g on g.oid = m.grantor
           order by r.rolname, u.rolname, g.rolname`
}

async function readParameterPrivileges(session: Session): Promise<ParameterPrivilege[]> {
  return session.query<ParameterPrivilege>(
    `select p.parname as parameter, coalesce(r.rolname::pg_catalog.text, 'public') as grantee,
            pg_catalog.pg_get_userbyid(a.grantor)::pg_catalog.text as grantor,
            a.privilege_type as privilege, a.is_grantable as grantable
       from pg_catalog.pg_parameter_acl p
      cross join lateral pg_catalog.aclexplode(p.paracl) a
       left join pg_catalog.pg_roles r on r.oid = a.grantee
      where a.grantee <> ${bootstrapOid} and (a.grantee = 0 or r.oid is not null)
      order by 1, 2, 4, 3`,
  )
}
