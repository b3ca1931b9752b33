import { describe, expect, it } from '@jest/globals'
import { planRoles, type PlanInput } from '../../../src/roles/plan.js'
import type { Role, RoleCatalog } from '../../../src/roles/role.js'

function role(
  name: string,
  changes: Partial<Role> = {},
  attributes: Partial<Role['attributes']> = {},
): Role {
  return {
    name,
    attributes: {
      superuser: false,
      createDatabase: false,
      createRole: false,
      inherit: true,
      login: false,
      replication: false,
      bypassRowSecurity: false,
      ...attributes,
    },
    connectionLimit: -1,
    validUntil: null,
    settings: [],
    comment: null,
    password: null,
    isBuiltIn: false,
    isBootstrap: false,
    ...changes,
  }
}

function catalog(roles: Role[], changes: Partial<RoleCatalog> = {}): RoleCatalog {
  return {
    roles,
    memberships: [],
    parameterPrivileges: [],
    settingsOfAll: [],
    passwordsReadable: true,
    ...changes,
  }
}

function plan(source: Role[], target: Role[], changes: Partial<PlanInput> = {}) {
  return planRoles({
    source: catalog(source),
    target: catalog(target),
    sourceFacts: { major: 11, provider: 'self-managed', user: 'postgres', isSuperuser: true },
    targetFacts: { major: 18, provider: 'self-managed', user: 'postgres', isSuperuser: true },
    ...changes,
  })
}

const administrator: PlanInput['targetFacts'] = {
  major: 16,
  provider: 'azure-flexible',
  user: 'admin',
  isSuperuser: false,
}

describe('planRoles', () => {
  it('says only the attributes that differ from what CREATE ROLE gives', () => {
    const { steps } = plan([role('app', {}, { login: true })], [])
    expect(steps.map(({ sql }) => sql)).toEqual(['create role "app" login'])
  })

  it('says every attribute in one statement to a superuser target', () => {
    const all = role(
      'a"b',
      { connectionLimit: 3, validUntil: '2030-01-01 00:00:00+00' },
      {
        superuser: true,
        createDatabase: true,
        createRole: true,
        inherit: false,
        replication: true,
      },
    )
    expect(plan([all], []).steps.map(({ sql }) => sql)).toEqual([
      `create role "a""b" superuser createdb createrole noinherit replication connection limit 3 valid until '2030-01-01 00:00:00+00'`,
    ])
  })

  it('gives each attribute that an administrator may lack a last statement of its own', () => {
    const strong = role('strong', {}, { superuser: true, replication: true, createDatabase: true })
    const { steps, skipped } = plan([strong], [], { targetFacts: administrator })
    expect(steps.map(({ sql }) => sql)).toEqual([
      'create role "strong"',
      'alter role "strong" createdb',
      'alter role "strong" replication',
    ])
    expect(skipped).toEqual([
      {
        role: 'strong',
        reason: 'the attribute SUPERUSER was not carried over: only a superuser may give it',
      },
    ])
  })

  it('leaves roles of a provider alone by exact name, never by a part of it', () => {
    const { steps, skipped } = plan([role('azure_pg_admin'), role('my_azure_pg_admin')], [], {
      targetFacts: administrator,
    })
    expect(steps.map(({ sql }) => sql)).toEqual(['create role "my_azure_pg_admin"'])
    expect(skipped.map(({ role: name }) => name)).toEqual(['azure_pg_admin'])
  })

  it('never touches the role that it is connected as', () => {
    const source = role('admin', { password: 'md5x', settings: [{ name: 'role', value: 'x' }] })
    const { steps, skipped } = plan([source], [role('admin', {}, { login: true })], {
      targetFacts: administrator,
    })
    expect(steps).toEqual([])
    expect(skipped).toEqual([
      {
        role: 'admin',
        reason:
          'the run is connected to the target as this role: its attributes, password, settings and comment stay as they are',
      },
    ])
  })

  it('gives the role that it is connected as its comment where it may, and tells where not', () => {
    const [source, target] = [role('admin', { comment: "it's" }), role('admin')]
    const asSuperuser = { targetFacts: { ...administrator, isSuperuser: true } }
    const superusers = plan([source], [target], asSuperuser)
    expect(superusers.steps.map(({ sql }) => sql)).toEqual([`comment on role "admin" is 'it''s'`])
    expect(superusers.skipped).toEqual([])
    const others = plan([source], [target], { targetFacts: administrator })
    expect(others.steps).toEqual([])
    expect(others.skipped).toMatchObject([{ role: 'admin' }])
  })

  it('does not carry a comment like that of a loan, for which the next run would drop the role, and tells it', () => {
    const source = [role('admin'), role('readers')].map((each) => ({
      ...each,
      comment: 'Lent to a rehearsal by x',
    }))
    for (const targetFacts of [administrator, { ...administrator, isSuperuser: true }]) {
      const { steps, skipped } = plan(source, [role('admin')], { targetFacts })
      expect(steps.map(({ sql }) => sql)).toEqual(['create role "readers"'])
      expect(skipped).toEqual(
        ['admin', 'readers'].map((name) => ({
          role: name,
          reason: expect.stringContaining('is not carried over'),
        })),
      )
    }
  })

  it('does nothing to a role that is the same on both sides', () => {
    const same = role('app', { password: 'SCRAM-SHA-256$x', comment: 'c' }, { login: true })
    const result = plan([same], [same])
    expect(result.steps).toEqual([])
    expect(result.existing).toEqual(['app'])
  })

  it('lists only logins whose password was not read', () => {
    const unread = { password: undefined }
    const source = [
      role('app', unread, { login: true }),
      role('group', unread),
      role('certificate', { password: null }, { login: true }),
      role('ready', unread, { login: true }),
    ]
    const target = [role('ready', { password: 'SCRAM-SHA-256$x' }, { login: true })]
    expect(plan(source, target).withoutPassword).toEqual(['app'])
  })

  it('marks the hash as the secret of its statement', () => {
    const { steps, withMd5Password } = plan(
      [role('app', { password: 'md5abc' }, { login: true })],
      [],
    )
    expect(steps.filter((step) => step.secret !== undefined)).toEqual([
      {
        kind: 'password',
        role: 'app',
        needs: ['app'],
        what: 'the password',
        sql: `alter role "app" password 'md5abc'`,
        secret: 'md5abc',
      },
    ])
    expect(withMd5Password).toEqual(['app'])
  })

  it('carries the options of a membership where the target has them', () => {
    const memberships = [
      { role: 'g', member: 'm', grantor: 'postgres', admin: true, inherit: false, set: true },
    ]
    const source = catalog([role('g'), role('m')], { memberships })
    const sqlFor = (major: number) =>
      plan([], [], { source, targetFacts: { ...administrator, major } }).steps.at(-1)?.sql
    expect(sqlFor(15)).toBe('grant "g" to "m" with admin option')
    expect(sqlFor(16)).toBe('grant "g" to "m" with admin true, inherit false, set true')
  })

  it('reports a membership in a role that the target lacks', () => {
    const memberships = [
      { role: 'rds_iam', member: 'app', grantor: null, admin: false, inherit: true, set: true },
    ]
    const { skipped } = plan([], [], { source: catalog([role('app')], { memberships }) })
    expect(skipped).toEqual([
      {
        role: 'app',
        reason: 'its membership in "rds_iam" was not carried over: the target has no such role',
      },
    ])
  })

  describe("PostgreSQL's own roles", () => {
    const own = (name: string) => role(name, { isBuiltIn: true })
    const member = { grantor: null, admin: false, inherit: true, set: true }
    const setting = { grantor: 'postgres', privilege: 'SET', grantable: false }
    const named = ['pg_monitor', 'pg_newest', 'app', 'rds_superuser']
    const source = catalog(
      named.map((name) => (name.startsWith('pg_') ? own(name) : role(name))),
      {
        memberships: [
          { ...member, role: 'app', member: 'pg_monitor' },
          { ...member, role: 'app', member: 'pg_newest' },
          { ...member, role: 'pg_newest', member: 'pg_monitor' },
          { ...member, role: 'rds_superuser', member: 'pg_monitor' },
        ],
        parameterPrivileges: [
          { ...setting, parameter: 'work_mem', grantee: 'pg_monitor' },
          { ...setting, parameter: 'work_mem', grantee: 'pg_newest' },
          { ...setting, parameter: 'work_mem', grantee: 'rds_superuser' },
        ],
      },
    )
    const sourceFacts = { major: 16, provider: 'rds', user: 'postgres', isSuperuser: true } as const

    it('keep their memberships in roles that are moved, and their privileges on parameters', () => {
      const target = catalog([own('pg_monitor')])
      const { steps, skipped } = plan([], [], { source, target, sourceFacts })
      expect(steps.map(({ sql }) => sql)).toEqual([
        'create role "app"',
        'grant "app" to "pg_monitor" with admin false, inherit true, set true',
        'grant set on parameter "work_mem" to "pg_monitor"',
      ])
      expect(skipped.filter(({ role: name }) => name === 'pg_newest')).toEqual([
        {
          role: 'pg_newest',
          reason:
            'its membership in "app" was not carried over: the target has no role "pg_newest"',
        },
        {
          role: 'pg_newest',
          reason:
            'the privilege SET on the parameter "work_mem" was not carried over: the target has no such role',
        },
      ])
    })

    it('are told with what they have on the target alone', () => {
      const { skipped } = plan([], [], {
        source: catalog([own('pg_monitor'), own('pg_newest'), role('app')]),
        target: source,
        sourceFacts,
      })
      const stays = (what: string) => `the target has ${what}, the source has not, and it stays`
      expect(skipped).toEqual(
        ['a membership in "app"', 'the privilege SET on the parameter "work_mem"'].flatMap((what) =>
          ['pg_monitor', 'pg_newest'].map((name) => ({ role: name, reason: stays(what) })),
        ),
      )
    })
  })

  it('names a comment of the target alone, but not that of a loan to a rehearsal, which ends', () => {
    const loan =
      'Lent to a rehearsal by upgrade-postgres 0badcafe; it goes when the rehearsal ends.'
    const keptOf = (comment: string, attributes: Partial<Role['attributes']> = {}) =>
      plan([role('app')], [role('app', { comment }, attributes)]).skipped
    expect(keptOf(loan)).toEqual([])
    expect([keptOf('theirs'), keptOf(loan, { login: true })].flat()).toHaveLength(2)
  })
})
