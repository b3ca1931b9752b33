/** Roles that the target will not have, or not as the source has them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { CheckOptions } from '../../../src/check/index.js'
import type { Finding } from '../../../src/report/report.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { findingsAfterRemedies, findingsIn, findingsOfCheck, openPair, type Pair } from './pair.js'
import { paste } from './remedy.js'

let pair: Pair
/** Of its own, so that no test's roles are found but those of this file. */
let own: TestServer
let database: string
const role = uniqueName('owner')
const administrators: Record<'poor' | 'able', Pair['target']> = {} as never
beforeAll(async () => {
  own = await startServer(15)
  pair = { ...(await openPair(15, 18)), sourceServer: own }
  pair = { ...pair, source: await openTestServer(own, 'source') }
  database = await createDatabase(own)
  await runSql(
    own,
    database,
    `create role ${role}; create table t (); alter table t owner to ${role}`,
  )
  for (const [name, options] of [
    ['poor', 'createdb'],
    ['able', 'createdb createrole'],
  ] as const) {
    const user = uniqueName(name)
    await runSql(
      pair.targetServer,
      'postgres',
      `create role ${user} login ${options} password 'secret'`,
    )
    administrators[name] = await openTestServer(pair.targetServer, 'target', {
      user,
      password: 'secret',
    })
  }
})
afterAll(() => own.stop())

async function found(
  check: string,
  target: Pair['target'],
  changes: Partial<CheckOptions> = {},
): Promise<Finding[]> {
  const findings = await findingsIn({ ...pair, target }, [database], changes)
  return findings.filter((finding) => finding.check === check)
}

test('password-expires warns a day before, and blocks where the run cannot be done by then', async () => {
  const user = uniqueName('leased')
  const validUntil = async (until: string) => {
    for (const server of [own, pair.targetServer]) {
      const format = `format('alter role %I valid until %L', '${user}', ${until})`
      await runSql(server, 'postgres', `do $$ begin execute ${format}; end $$`)
    }
  }
  for (const server of [own, pair.targetServer])
    await runSql(server, 'postgres', `create role ${user} login createdb password 'secret'`)
  const as = { user, password: 'secret' }
  const leased: Pair = {
    ...pair,
    source: await openTestServer(own, 'source', as),
    target: await openTestServer(pair.targetServer, 'target', as),
  }
  const expiring = () => findingsOfCheck(leased, 'password-expires', [database])
  for (const [until, severity] of [
    [`'infinity'`, undefined],
    [`now() + interval '3 days'`, undefined],
    [`now() + interval '10 hours'`, 'warning'],
    [`now() + interval '90 seconds'`, 'blocking'],
  ] as const) {
    await validUntil(until)
    const sides = severity === undefined ? [] : ['source', 'target']
    expect(await expiring()).toMatchObject(
      sides.map((side) => ({
        severity,
        object: side,
        message: expect.stringMatching(
          `^The password of the role "${user}" on the ${side} is valid until \\d{4}-`,
        ),
      })),
    )
  }
  expect(await findingsAfterRemedies(leased, await expiring())).toEqual([])
  await validUntil(`now() - interval '1 day'`)
  await expect(
    leased.target.withSession('postgres', () => Promise.resolve()),
  ).rejects.toMatchObject({
    code: 'wrong-password',
    hint: expect.stringContaining('has expired since') as unknown,
  })
  for (const server of [own, pair.targetServer])
    await runSql(server, 'postgres', `drop role ${user}`)
})

test('server-messages-language tells how a superuser gives the role English, which our sessions then get', async () => {
  const user = uniqueName('foreign')
  await runSql(
    pair.targetServer,
    'postgres',
    `create role ${user} login createdb password 'secret'`,
  )
  const open = () => openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
  const language = (server: Pair['target']) =>
    server.withSession(undefined, async (session) => {
      const [row] = await session.query<{ setting: string; source: string }>(
        `select setting, source from pg_catalog.pg_settings where name = 'lc_messages'`,
      )
      return row
    })
  const english = await open()
  // No server of the tests has translations.
  expect(english.facts).toMatchObject({ saysEnglish: true, choosesMessages: false })
  const target = { ...english, facts: { ...english.facts, saysEnglish: false } }
  const [finding, ...more] = await found('server-messages-language', target)
  expect([finding?.severity, finding?.object, more]).toEqual(['warning', 'target', []])
  await paste(pair, finding ?? {})
  const given = await open()
  expect(await found('server-messages-language', given)).toEqual([])
  expect(await language(given)).toEqual({ setting: 'C', source: 'user' })

  await runSql(
    pair.targetServer,
    'postgres',
    `grant set on parameter lc_messages to ${user}; alter role ${user} set lc_messages = 'POSIX'`,
  )
  const chosen = await open()
  expect(chosen.facts).toMatchObject({ saysEnglish: true, choosesMessages: true })
  expect(await language(chosen)).toEqual({ setting: 'C', source: 'client' })
})

describe('target-cannot-create-roles', () => {
  test('names the roles that would be created', async () => {
    expect(await found('target-cannot-create-roles', administrators.poor)).toEqual([
      expect.objectContaining({
        severity: 'blocking',
        message: expect.stringContaining(`1 of the source are not there: "${role}"`),
        remedy: expect.stringContaining('createrole;'),
      }),
    ])
  })

  test('is settled by its remedy', async () => {
    const user = uniqueName('poor')
    const credentials = { user, password: 'secret' }
    await runSql(
      pair.targetServer,
      'postgres',
      `create role ${user} login createdb password 'secret'`,
    )
    const poor = await openTestServer(pair.targetServer, 'target', credentials)
    for (const finding of await found('target-cannot-create-roles', poor))
      await paste(pair, finding)
    const able = await openTestServer(pair.targetServer, 'target', credentials)
    expect(await found('target-cannot-create-roles', able)).toEqual([])
  })

  test('is not found with CREATEROLE, or where roles are left alone', async () => {
    expect(await found('target-cannot-create-roles', administrators.able)).toEqual([])
    const skip = { roles: 'skip' } as const
    expect(await found('target-cannot-create-roles', administrators.poor, skip)).toEqual([])
  })
})

test('target-noinherit blocks up to 15, and is settled by its remedy', async () => {
  const fifteen = await openPair(15, 15)
  const user = uniqueName('alone')
  const credentials = { user, password: 'secret' }
  const create = `create role ${user} noinherit login createdb createrole password 'secret'`
  await runSql(fifteen.targetServer, 'postgres', create)
  const target = await openTestServer(fifteen.targetServer, 'target', credentials)
  const findings = await found('target-noinherit', target)
  expect(findings).toMatchObject([
    { severity: 'blocking', message: expect.stringContaining(`"${user}" has NOINHERIT`) },
  ])
  for (const finding of findings) await paste({ ...pair, ...fifteen }, finding)
  expect(await found('target-noinherit', target)).toEqual([])
})

test('target-noinherit is not found with INHERIT, or since 16', async () => {
  const user = uniqueName('alone')
  const create = `create role ${user} noinherit login createdb createrole password 'secret'`
  await runSql(pair.targetServer, 'postgres', create)
  const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
  expect(await found('target-noinherit', target)).toEqual([])
  expect(await found('target-noinherit', administrators.able)).toEqual([])
})

describe('role-not-carried', () => {
  test('names a role whose SUPERUSER only a superuser could give', async () => {
    const strong = uniqueName('strong')
    await runSql(own, 'postgres', `create role ${strong} superuser`)
    const findings = await found('role-not-carried', administrators.able)
    const asSuperuser = await found('role-not-carried', pair.target)
    for (const finding of findings) await paste(pair, finding)
    await runSql(own, 'postgres', `drop role ${strong}`)
    expect(findings).toEqual([
      expect.objectContaining({
        severity: 'warning',
        object: strong,
        message: expect.stringContaining('SUPERUSER was not carried over'),
      }),
    ])
    expect(asSuperuser).toEqual([])
  })
})

describe('role-not-carried of roles that are on the target already', () => {
  test('names what they have there alone, and not what is the same', async () => {
    const [alone, same, group] = ['alone', 'same', 'group'].map(uniqueName)
    const roles = `create role ${group}; create role ${alone}; create role ${same} in role ${group};
      alter role ${same} set work_mem = '4MB'; comment on role ${same} is 'ours'`
    await runSql(own, 'postgres', roles)
    await runSql(
      pair.targetServer,
      'postgres',
      `${roles}; grant ${group}, pg_monitor to ${alone}; alter role ${alone} set search_path = theirs;
       comment on role ${alone} is 'theirs'; alter role ${alone} valid until 'infinity'`,
    )
    const findings = await found('role-not-carried', pair.target)
    for (const finding of findings) await paste(pair, finding)
    for (const server of [own, pair.targetServer]) {
      await runSql(server, 'postgres', `drop role ${alone}, ${same}, ${group}`)
    }
    const start = `The role "${alone}" does not arrive as it is: the target has`
    const end = 'the source has not, and it stays.'
    expect(findings.map(({ message }) => message)).toEqual([
      `${start} the setting "search_path", ${end}`,
      `${start} a comment on it, ${end}`,
      `${start} a membership in "${group}", ${end}`,
      `${start} a membership in "pg_monitor", ${end}`,
    ])
  })
})

describe('what an administrator cannot hand on', () => {
  const [streamer, grantee] = [uniqueName('streamer'), uniqueName('grantee')]
  const creator = uniqueName('creator')
  const about = (findings: readonly Finding[]) =>
    findings
      .filter(({ object }) => object === streamer || object === grantee || object === creator)
      .map(({ object, message }) => [object, /as it is: (.*)\.$/.exec(message)?.[1]])
      .toSorted()
  beforeAll(() =>
    runSql(
      own,
      'postgres',
      `create role ${streamer} replication bypassrls; create role ${grantee};
       create role ${creator} createdb createrole; grant pg_monitor to ${grantee};
       grant set on parameter work_mem to ${grantee}`,
    ),
  )
  afterAll(() =>
    runSql(
      own,
      'postgres',
      `drop owned by ${grantee}; drop role ${streamer}; drop role ${grantee}; drop role ${creator}`,
    ),
  )

  const lacks = 'is not carried over: the role of target-url does not have it itself'
  const cannotGrant = [
    [
      grantee,
      'its membership in "pg_monitor" is not carried over: the role of target-url has no ADMIN option on it',
    ],
    [
      grantee,
      'the privilege SET on the parameter "work_mem" is not carried over: the role of target-url has no GRANT OPTION for it',
    ],
  ]

  test('role-not-carried names attributes, memberships and parameters', async () => {
    const all = await found('role-not-carried', administrators.able)
    const [parameter] = all.filter(({ remedy }) => remedy?.includes('on parameter'))
    expect(parameter?.remedy).toBe(
      `-- on the target, as a superuser, after the upgrade\ngrant set on parameter "work_mem" to "${grantee}";`,
    )
    await runSql(pair.targetServer, 'postgres', `create role ${grantee}`)
    await paste(pair, parameter ?? {})
    const given = `select pg_catalog.has_parameter_privilege($$${grantee}$$, 'work_mem', 'set') as given`
    const rows = await runSql(pair.targetServer, 'postgres', given)
    await runSql(pair.targetServer, 'postgres', `drop owned by ${grantee}; drop role ${grantee}`)
    expect(rows).toEqual([{ given: true }])
    expect(about(all)).toEqual(
      [
        ...cannotGrant,
        [streamer, `the attribute BYPASSRLS ${lacks}`],
        [streamer, `the attribute REPLICATION ${lacks}`],
      ].toSorted(),
    )
  })

  test('role-not-carried says nothing of what the administrator has itself, and may hand on', async () => {
    const user = uniqueName('rich')
    await runSql(
      pair.targetServer,
      'postgres',
      `create role ${user} login createdb createrole replication bypassrls password 'secret';
       grant pg_monitor to ${user} with admin option;
       grant set on parameter work_mem to ${user} with grant option`,
    )
    const rich = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
    const findings = about(await found('role-not-carried', rich))
    await runSql(pair.targetServer, 'postgres', `drop owned by ${user}; drop role ${user}`)
    expect(findings).toEqual([])
  })

  test('role-not-carried names a role that is there already and that it does not administer', async () => {
    await runSql(pair.targetServer, 'postgres', `create role ${creator} login`)
    const findings = about(await found('role-not-carried', administrators.able))
    await runSql(pair.targetServer, 'postgres', `drop role ${creator}`)
    expect(findings.filter(([object]) => object === creator)).toEqual([
      [
        creator,
        'its attributes, password, settings and comment stay as they are: it is on the target already, and the role of target-url has no ADMIN option on it',
      ],
    ])
  })

  test('role-not-carried names a setting of all roles', async () => {
    await runSql(own, 'postgres', `alter role all set seq_page_cost = '1.1'`)
    const findings = await found('role-not-carried', administrators.able)
    const asSuperuser = await found('role-not-carried', pair.target)
    await runSql(own, 'postgres', `alter role all reset seq_page_cost`)
    expect(findings.map(({ object }) => object)).toContain('ALL')
    expect(asSuperuser.map(({ object }) => object)).not.toContain('ALL')
  })
})

describe('role-missing', () => {
  test.each([
    ['blocks a superuser, whose restore would fail', 'superuser', 'blocking'],
    ['warns an administrator, to whom the objects fall', 'administrator', 'warning'],
  ])('%s', async (_title, who, severity) => {
    const target = who === 'superuser' ? pair.target : administrators.able
    const changes = { roles: 'skip' } as const
    const findings = await found('role-missing', target, changes)
    expect(findings).toEqual([
      expect.objectContaining({
        severity,
        database,
        object: role,
        remedy: `-- on the target\ncreate role "${role}";`,
      }),
    ])
    expect(await findingsAfterRemedies({ ...pair, target }, findings, { changes })).toEqual([])
    await runSql(pair.targetServer, 'postgres', `drop role ${role}`)
  })

  test.each([
    ['superuser', ['createdb login connection limit 7']],
    ['administrator', ['login connection limit 7', 'createdb']],
  ])(
    'as a %s of the target, creates the role as it is on the source',
    async (who, [together, ...apart]) => {
      const target = who === 'superuser' ? pair.target : administrators.able
      const [other, late] = [await createDatabase(own), uniqueName('late')]
      await runSql(
        own,
        other,
        `create role ${late} login createdb connection limit 7 password 'secret'; create table t (a int); alter table t owner to ${late}`,
      )
      const findings = (isPart: boolean) =>
        findingsOfCheck({ ...pair, target }, 'role-missing', [other], { roles: 'skip', isPart })
      const alone = await findings(false)
      const [inJob] = await findings(true)
      const left = await findingsAfterRemedies({ ...pair, target }, alone, {
        changes: { roles: 'skip' },
      })
      await runSql(own, other, `drop table t; drop role ${late}`)
      await runSql(pair.targetServer, 'postgres', `drop role ${late}`)
      const statements = [
        `create role "${late}" ${together};`,
        ...apart.map((word) => `alter role "${late}" ${word};`),
      ].join('\n')
      expect(alone.map(({ remedy }) => remedy)).toEqual([
        `-- on the target; then set its password\n${statements}`,
      ])
      expect(inJob?.remedy).toBe(
        `-- start the workflow again: a new plan moves the role with its login and password. Or, on the target; then set its password\n${statements}`,
      )
      expect(left).toEqual([])
    },
  )

  test('is not found where the role is moved', async () => {
    expect(await found('role-missing', pair.target)).toEqual([])
  })

  test('names roles in privileges and policies, and a superuser of another name', async () => {
    const other = await createDatabase(own)
    const [grantee, guard] = [uniqueName('grantee'), uniqueName('guard')]
    await runSql(
      own,
      other,
      `create role ${grantee}; create role ${guard}; create table t (a int); grant select (a) on t to ${grantee};
       create policy p on t to ${guard} using (true)`,
    )
    const findings = await findingsIn(pair, [other], { roles: 'skip' })
    await runSql(own, other, `drop table t; drop role ${grantee}, ${guard}`)
    expect(
      findings.filter(({ check }) => check === 'role-missing').map(({ object }) => object),
    ).toEqual([grantee, guard])
  })

  test('names who owns the database itself, has privileges on it or settings in it', async () => {
    const other = await createDatabase(own)
    const [owner, grantee, set] = ['a_owner', 'b_grantee', 'c_set'].map(uniqueName)
    await runSql(
      own,
      other,
      `create role ${owner}; create role ${grantee}; create role ${set};
       alter database ${other} owner to ${owner}; grant create on database ${other} to ${grantee};
       alter role ${owner} in database ${other} set work_mem = '9MB'; alter role ${set} in database ${other} set work_mem = '9MB'`,
    )
    const changes = { roles: 'skip' } as const
    const ofDatabase = (all: readonly Finding[]) =>
      all.filter(({ check, object }) => check === 'role-missing' && object !== role)
    const findings = ofDatabase(await findingsIn(pair, [other], changes))
    const moved = ofDatabase(await findingsIn(pair, [other]))
    const left = await findingsAfterRemedies(pair, findings, { changes })
    await runSql(own, 'postgres', `drop database ${other}`)
    for (const server of [own, pair.targetServer]) {
      await runSql(server, 'postgres', `drop role ${owner}, ${grantee}, ${set}`)
    }
    const falls = 'the database falls to "postgres" instead'
    expect(findings.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      `warning: The role "${owner}" will not be on the target: ${falls}, and its settings in the database are lost.`,
      `warning: The role "${grantee}" will not be on the target: its privileges on the database are lost.`,
      `warning: The role "${set}" will not be on the target: its settings in the database are lost.`,
    ])
    expect(moved).toEqual([])
    expect(left).toEqual([])
  })
})
