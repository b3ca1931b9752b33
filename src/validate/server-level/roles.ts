/** Compares the roles of both servers: attributes, settings, comments, memberships, privileges on parameters. */
import type { Difference } from '../../report/report.js'
import type { Server, SharedText } from '../../server/index.js'
import { compareKind, readKind } from '../inventory/compare.js'
import {
  role,
  sharedLabels,
  since,
  sortedSettings,
  type InventoryRow,
  type Kind,
} from '../inventory/kind.js'
import { toldSettings } from '../inventory/told.js'
import { readNaming } from '../inventory/naming.js'
import { compareSharedTexts } from './shared-texts.js'

/** initdb's own roles end below 16384 (FirstNormalObjectId). */
const isOwn = (oid: string) => `${oid} >= 16384`

const roles: Kind = {
  kind: 'role',
  told: toldSettings,
  sql: () =>
    `select pg_catalog.quote_ident(r.rolname) as object,
            pg_catalog.jsonb_build_object(
              'superuser', r.rolsuper, 'inherit', r.rolinherit, 'create role', r.rolcreaterole,
              'create database', r.rolcreatedb, 'login', r.rolcanlogin, 'replication', r.rolreplication,
              'bypass row security', r.rolbypassrls, 'connection limit', r.rolconnlimit,
              -- To a login, infinity is the same as none.
              'valid until', nullif(r.rolvaliduntil, 'infinity')::pg_catalog.text,
              'settings', ${sortedSettings('r.rolconfig')},
              'comment', pg_catalog.shobj_description(r.oid, 'pg_authid'),
              'security labels', ${sharedLabels('pg_authid', 'r.oid')}) as facts
       from pg_catalog.pg_roles r
      where ${isOwn('r.oid')}`,
}

/**
 * Before 16 a member inherited if it had that attribute, and could always SET ROLE. Who granted does not matter. PostgreSQL's
 * own roles among themselves are its own business; the server's own superuser has all rights, whatever it belongs to.
 */
const memberships: Kind = {
  kind: 'membership',
  sql: (versions) =>
    `select pg_catalog.format('%I in %I', ${role('m.member')}, ${role('m.roleid')}) as object,
            pg_catalog.jsonb_build_object(
              'admin', pg_catalog.bool_or(m.admin_option),
              'inherit', ${since(versions, 16, 'pg_catalog.bool_or(m.inherit_option)', 'pg_catalog.bool_or(u.rolinherit)')},
              'set', ${since(versions, 16, 'pg_catalog.bool_or(m.set_option)', 'true')}) as facts
       from pg_catalog.pg_auth_members m
       join pg_catalog.pg_roles u on u.oid = m.member
      where ${isOwn('m.member')} or ${isOwn('m.roleid')} and m.member <> 10
      group by m.member, m.roleid`,
}

/** What everybody has: `alter role all set …`. */
const settingsOfAll: Kind = {
  kind: 'setting of all roles',
  told: toldSettings,
  sql: () =>
    `select 'all roles' as object, pg_catalog.jsonb_build_object('settings', ${sortedSettings('s.setconfig')}) as facts
       from pg_catalog.pg_db_role_setting s
      where s.setdatabase = 0 and s.setrole = 0`,
}

/** Since 15. The server's own superuser has them all. */
const parameterPrivileges: Kind = {
  kind: 'parameter privilege',
  sql: () =>
    `select pg_catalog.format('%s on %I', case a.grantee when 0 then 'PUBLIC'
                                               else pg_catalog.quote_ident(${role('a.grantee')}) end,
                              p.parname) as object,
            pg_catalog.jsonb_object_agg(
              a.privilege_type, case when a.is_grantable then 'and may grant it' else 'granted' end) as facts
       from pg_catalog.pg_parameter_acl p
      cross join lateral pg_catalog.aclexplode(p.paracl) as a
      where a.grantee <> 10
      group by a.grantee, p.parname`,
}

export interface RoleComparison {
  /** True for a role that is not to be compared: a provider's own, the one that the run is connected as, … */
  readonly isLeftOut: (role: string) => boolean
}

/**
 * Compares every role of the source, by name. Roles that only the target has are its own business; that one of
 * the source's roles is a member of more there is a difference, unless the run's own role is that member.
 */
export async function compareRoles(
  source: Server,
  target: Server,
  { isLeftOut }: RoleComparison,
): Promise<Difference[]> {
  const names = await source.withSession(undefined, (session) =>
    session.query<{ name: string; quoted: string }>(
      `select r.rolname::pg_catalog.text as name, pg_catalog.quote_ident(r.rolname) as quoted
         from pg_catalog.pg_roles r`,
    ),
  )
  const compared = names.filter(({ name }) => !isLeftOut(name) && name !== target.facts.user)
  const comparedNames = new Set(compared.map(({ name }) => name))
  const naming = await readNaming({
    source: { server: source },
    target: { server: target },
  })
  const quoted = new Set(compared.map((name) => naming.plain(name.quoted)))
  const isCompared = (row: InventoryRow): boolean => {
    const object = naming.plain(row.object)
    return object === 'all roles' || quoted.has(object) || isOf(object, quoted)
  }
  const found: Difference[] = []
  const hasParameters = Math.min(source.facts.major, target.facts.major) >= 15
  const kinds = [roles, memberships, settingsOfAll, ...(hasParameters ? [parameterPrivileges] : [])]
  for (const kind of kinds) {
    const [before, after] = await Promise.all([
      readServerKind(source, kind, source, target),
      readServerKind(target, kind, source, target),
    ])
    const keep = (rows: ReadonlyMap<string, InventoryRow>) =>
      new Map([...rows].filter(([, row]) => isCompared(row)))
    found.push(...compareKind(kind, keep(before), keep(after), naming).differences)
  }
  const isOfRoles = ({ database, role: name }: SharedText) =>
    database === undefined && (name === undefined || comparedNames.has(name))
  return [...found, ...(await compareSharedTexts(source, target, isOfRoles))]
}

/**
 * `member in role`: compared when the source has both and neither is left out; one of them may be PostgreSQL's own.
 * `grantee on parameter`: compared when the grantee is, or is PostgreSQL's own.
 */
function isOf(object: string, quoted: ReadonlySet<string>): boolean {
  const isRole = (name: string, ofServer: RegExp) => quoted.has(name) || ofServer.test(name)
  return (
    partings(object, ' in ').some((both) => both.every((name) => isRole(name, /^pg_/))) ||
    partings(object, ' on ').some(([grantee]) => isRole(grantee, /^PUBLIC$|^pg_/))
  )
}

/** Every way to part a text at that word; names may contain it. */
function partings(text: string, word: string): (readonly [string, string])[] {
  const parts = text.split(word)
  return parts
    .slice(1)
    .map((_, at) => [parts.slice(0, at + 1).join(word), parts.slice(at + 1).join(word)])
}

/** Reads a kind that belongs to the whole server, over its maintenance database. */
async function readServerKind(
  server: Server,
  kind: Kind,
  source: Server,
  target: Server,
): Promise<ReadonlyMap<string, InventoryRow>> {
  const majors = { source: source.facts.major, target: target.facts.major }
  return server.withSession(undefined, (session) =>
    readKind(session, kind, { ...majors, major: server.facts.major }),
  )
}
