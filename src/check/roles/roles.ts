/** Roles that the target will not have, or not as the source has them. */
import { listed } from '../../report/format.js'
import { attributeWords } from '../../roles/attributes.js'
import { isProviderRole, nameIsReserved, planMove, type PlannedMove } from '../../roles/index.js'
import { quoteIdentifier, quoteLiteral, readRoleNames } from '../../server/index.js'
import { readProperties } from '../../staging/index.js'
import { isUsers, isUsersRelation } from '../catalog.js'
import type {
  Check,
  DatabaseCheck,
  DatabaseContext,
  Found,
  ServerCheck,
  ServerContext,
} from '../check.js'

const createRoles: ServerCheck = {
  name: 'target-cannot-create-roles',
  scope: 'server',
  subject: 'whether the role of the target may create roles',
  worst: 'blocking',
  async run(context) {
    const { target, roles } = context
    if (target.facts.canCreateRoles || roles === 'skip') return []
    const { created } = await planMove(context)
    if (created.length === 0) return []
    const user = quoteIdentifier(target.facts.user)
    return [
      {
        severity: 'blocking',
        message: `The role ${user} may not create roles on the target, and ${created.length} of the source are not there: ${listed(created.map(quoteIdentifier), 10)}.`,
        remedy: `-- on the target, as an administrator; or create the roles by hand and set "roles" to "skip"\nalter role ${user} createrole;`,
      },
    ]
  },
}

const noInherit: ServerCheck = {
  name: 'target-noinherit',
  scope: 'server',
  subject: 'whether the role of the target has the rights of the roles that it belongs to',
  worst: 'blocking',
  async run({ target, targetSession }) {
    const { isSuperuser, major, user } = target.facts
    // 16 made inheriting an option of each membership, which is borrowed with it.
    if (isSuperuser || major >= 16) return []
    const found = await targetSession.query(
      `select from pg_catalog.pg_roles where rolname = current_user and not rolinherit`,
    )
    return found.map(() => ({
      severity: 'blocking',
      message: `The role ${quoteIdentifier(user)} has NOINHERIT on the target: once it has given objects to their owners, it may neither read nor finish them, though it is made a member of each owner for the time of the run.`,
      remedy: `-- on the target, as an administrator\nalter role ${quoteIdentifier(user)} inherit;`,
    }))
  },
}

const notCarried: ServerCheck = {
  name: 'role-not-carried',
  scope: 'server',
  subject: 'what of the roles cannot be carried over',
  worst: 'warning',
  async run(context) {
    if (context.roles === 'skip') return []
    const { skipped } = await planMove(context)
    return (
      skipped
        // The check reserved-role tells those.
        .filter(({ role, reason }) => !isProviders(role, context) && reason !== nameIsReserved)
        .map(({ role, reason, grant }) => ({
          severity: 'warning',
          object: role,
          message: `${subjectOf(role)} does not arrive as it is: ${reason}.`,
          remedy:
            grant === undefined
              ? `-- on both servers: compare, then set by hand what differs\n${showing(role)}`
              : `-- on the target, as a superuser, after the upgrade\n${grant};`,
        }))
    )
  },
}

function isProviders(role: string, { source, target }: ServerContext): boolean {
  return [source, target].some(({ facts }) => isProviderRole(role, facts.provider))
}

/** `ALL` and `PUBLIC` stand for everybody. */
function subjectOf(role: string): string {
  if (role === 'ALL') return 'What is set for all roles'
  if (role === 'PUBLIC') return 'What PUBLIC may do'
  return `The role ${quoteIdentifier(role)}`
}

function showing(role: string): string {
  if (role === 'ALL')
    return 'select * from pg_db_role_setting where setdatabase = 0 and setrole = 0;'
  if (role === 'PUBLIC') return 'select * from pg_parameter_acl;'
  return `select r.*, array(select roleid::regrole from pg_auth_members where member = r.oid) as member_of\n  from pg_roles r where rolname = ${quoteLiteral(role)};`
}

/**
 * Roles that own something in the database or are named in its privileges and policies. pg_shdepend does not tell of the
 * superuser that initdb made; its tables, functions and schemas do.
 */
const rolesInUse = `
  select distinct u.oid::pg_catalog.text as oid from (
     select s.refobjid as oid from pg_catalog.pg_shdepend s
       join pg_catalog.pg_database d on d.oid = s.dbid
      where d.datname = pg_catalog.current_database()
        and s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and s.deptype in ('o', 'a', 'r')
     union all
     select c.relowner from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace where ${isUsersRelation('c', 'n')}
     union all
     select f.proowner from pg_catalog.pg_proc f where ${isUsers('pg_proc', 'f')}
     union all
     select n.nspowner from pg_catalog.pg_namespace n where ${isUsers('pg_namespace', 'n')}) u`

/** Roles that the database needs on the target: its objects, privileges and policies are theirs. */
export async function readRolesInUse(
  context: DatabaseContext,
): Promise<{ oid: string; role: string }[]> {
  const used = await context.sourceSession.query<{ oid: string }>(rolesInUse)
  const oids = new Set(used.map(({ oid }) => oid))
  return (await readRoleNames(context.maintenanceSession)).filter(({ oid }) => oids.has(oid))
}

const missing: DatabaseCheck = {
  name: 'role-missing',
  scope: 'database',
  subject: 'whether the target will have every owner and grantee',
  worst: 'blocking',
  async run(context) {
    const { maintenanceSession, roles } = context
    const move = await planMove({ ...context, sourceSession: maintenanceSession })
    const { created, existing } = move
    const there = new Set([...existing, ...(roles === 'skip' ? [] : created)])
    const inDatabase = new Map(
      (await readRolesInUse(context)).map(({ role }) => [role, missingInDatabase(context, role)]),
    )
    const ofDatabase = await missingOfDatabase(context)
    return [...new Map([...ofDatabase, ...inDatabase])]
      .filter(([role]) => !there.has(role))
      .map(([role, found]) => ({
        ...found,
        object: role,
        remedy: createAsOnSource(role, move, context),
        remedyInDatabase: false as const,
      }))
      .toSorted((one, other) => (one.object < other.object ? -1 : 1))
  },
}

/** Without the password, which is not read here; what the target may refuse stands in a statement of its own. */
function createAsOnSource(role: string, move: PlannedMove, context: DatabaseContext): string {
  const found = move.onSource.find(({ name }) => name === role)
  const words = found && attributeWords(found, undefined, context.target.facts.isSuperuser)
  const place =
    context.isPart === true && move.created.includes(role)
      ? '-- start the workflow again: a new plan moves the role with its login and password. Or, on the target'
      : '-- on the target'
  const password = found?.attributes.login === true ? '; then set its password' : ''
  const name = quoteIdentifier(role)
  return [
    `${place}${password}`,
    `${['create role', name, ...(words?.together ?? [])].join(' ')};`,
    ...(words?.apart ?? []).map(({ word }) => `alter role ${name} ${word};`),
  ].join('\n')
}

type Missing = Pick<Found, 'severity' | 'message'>

function missingInDatabase({ target }: DatabaseContext, role: string): Missing {
  const start = `The role ${quoteIdentifier(role)} owns objects of the database or has privileges on them, and will not be on the target`
  return target.facts.isSuperuser
    ? { severity: 'blocking', message: `${start}: the restore would fail on each of them.` }
    : {
        severity: 'warning',
        message: `${start}: what it owns falls to ${quoteIdentifier(target.facts.user)}, its privileges are lost.`,
      }
}

/** Owner, privileges and settings of the database itself are given to it when it is published, each where it can be. */
async function missingOfDatabase(context: DatabaseContext): Promise<Map<string, Missing>> {
  const { maintenanceSession, database, source, target } = context
  const properties = await readProperties(maintenanceSession, database, source.facts.major)
  const { owner, privileges, settings } = properties
  const lost: readonly (readonly [role: string | null, what: string])[] = [
    [owner, `the database falls to ${quoteIdentifier(target.facts.user)} instead`],
    ...privileges
      .flatMap(({ grantee, grantor }) => [grantee, grantor])
      .filter((role) => role !== owner)
      .map((role) => [role, 'its privileges on the database are lost'] as const),
    ...settings.map(({ role }) => [role, 'its settings in the database are lost'] as const),
  ]
  // What was a role and is none any more is told of by `role-vanished`.
  const known = new Set((await readRoleNames(maintenanceSession)).map(({ role }) => role))
  const roles = new Set(lost.flatMap(([role]) => (role !== null && known.has(role) ? role : [])))
  return new Map(
    [...roles].map((role): [string, Missing] => {
      const losses = new Set(lost.filter(([whose]) => whose === role).map(([, what]) => what))
      return [
        role,
        {
          severity: 'warning',
          message: `The role ${quoteIdentifier(role)} will not be on the target: ${[...losses].join(', and ')}.`,
        },
      ]
    }),
  )
}

export const roleChecks: readonly Check[] = [createRoles, noInherit, notCarried, missing]
