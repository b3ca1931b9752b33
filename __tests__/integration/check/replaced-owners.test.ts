/** Owners to whom the target's administrator cannot give what is theirs. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createDatabase, openTestServer, runSql, uniqueName } from '../../support/servers.js'
import { findingsAfter, findingsAfterRemedies, findingsIn, openPair, type Pair } from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(13, 18)
})

const losses = ['owner-replaced', 'default-privileges-skipped', 'database-property-skipped']
const rolesOf = async (name: string) => {
  const [objects, whole] = [uniqueName('objects'), uniqueName('whole')]
  await runSql(
    pair.sourceServer,
    name,
    `create role ${objects}; create role ${whole}; alter database ${name} owner to ${whole};
     create schema s authorization ${objects};
     alter default privileges for role ${objects} grant select on tables to ${whole}`,
  )
  return { objects, whole }
}

test.each([
  [18, 'has no ADMIN option on that role'],
  [15, 'is itself a member of'],
])(
  'owner-replaced, default-privileges-skipped and database-property-skipped are settled on %i, where a role %s',
  async (major, why) => {
    const name = await createDatabase(pair.sourceServer)
    const { objects, whole } = await rolesOf(name)
    const { targetServer } = await openPair(13, major)
    const user = uniqueName('admin')
    const create = `create role ${user} login createdb createrole password 'secret'`
    await runSql(targetServer, 'postgres', create)
    for (const each of [objects, whole]) {
      await runSql(targetServer, 'postgres', `create role ${each}`)
      if (major === 15) await runSql(targetServer, 'postgres', `grant ${user} to ${each}`)
    }
    const target = await openTestServer(targetServer, 'target', { user, password: 'secret' })
    const as = { ...pair, targetServer, target }
    const findings = (await findingsIn(as, [name])).filter(({ check }) => losses.includes(check))
    const role = `role "${objects}"`
    const common = {
      severity: 'warning',
      database: name,
      message: expect.stringContaining(why) as unknown,
    }
    expect(findings).toMatchObject([
      { ...common, check: 'owner-replaced', object: role },
      { ...common, check: 'default-privileges-skipped', object: role },
      { ...common, check: 'database-property-skipped', object: 'owner' },
    ])
    expect(await findingsAfterRemedies(as, findings)).toEqual([])
  },
)

test('are no finding for a superuser, nor where they are lent or do not exist yet', async () => {
  const name = await createDatabase(pair.sourceServer)
  const { objects } = await rolesOf(name)
  const user = uniqueName('admin')
  const lent = `create role ${user} login createdb createrole password 'secret'; create role ${objects}; grant ${objects} to ${user} with admin true, inherit false, set false`
  await runSql(pair.targetServer, 'postgres', lent)
  const administrator = await openTestServer(pair.targetServer, 'target', {
    user,
    password: 'secret',
  })
  for (const target of [administrator, pair.target]) {
    const findings = await findingsIn({ ...pair, target }, [name])
    expect(findings.filter(({ check }) => losses.includes(check))).toEqual([])
  }
})

describe('what belongs to roles that the administrator may not alter', () => {
  const user = uniqueName('admin')
  afterAll(() => runSql(pair.targetServer, 'postgres', `drop role ${user}`))

  test('is foreseen: default privileges of superusers, and settings of roles in the database', async () => {
    const name = await createDatabase(pair.sourceServer)
    const [others, own, made] = [uniqueName('others'), uniqueName('own'), uniqueName('made')]
    const settings = [others, own, made, 'postgres']
      .map((role) => `alter role ${role} in database ${name} set app.motto = 'a secret';`)
      .join('\n')
    await runSql(
      pair.sourceServer,
      name,
      `create role ${others}; create role ${own}; create role ${made}; ${settings}
       alter database ${name} set work_mem = '5MB';
       alter default privileges for role postgres grant select on tables to ${made};
       alter default privileges for role ${made} grant select on tables to ${others}`,
    )
    await runSql(
      pair.targetServer,
      'postgres',
      `create role ${user} login createdb createrole password 'secret'; create role ${others};
       create role ${own}; grant ${own} to ${user} with admin true, inherit false, set false`,
    )
    const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
    const findings = await findingsIn({ ...pair, target }, [name], {}, new Set(losses))
    const remedyFor = (role: string) =>
      `-- on the target, after the upgrade, as a superuser\n-- in place of the dots, the value that it has on the source\nalter role "${role}" in database "${name}" set "app.motto" to '…';`
    const expected = [
      {
        check: 'default-privileges-skipped',
        object: 'role "postgres"',
        message: `The default privileges of the role "postgres" will not be carried over: "${user}" may not act as it, and cannot borrow it.`,
      },
      {
        check: 'database-property-skipped',
        object: `setting app.motto of role ${others}`,
        message: `The setting "app.motto" of the role "${others}" in the database will not be carried over: "${user}" has no ADMIN option on it.`,
        remedy: remedyFor(others),
      },
      {
        check: 'database-property-skipped',
        object: 'setting app.motto of role postgres',
        message: `The setting "app.motto" of the role "postgres" in the database will not be carried over: it is a superuser there, and "${user}" is none.`,
        remedy: remedyFor('postgres'),
      },
    ]
    expect(findings).toMatchObject(
      expected.map((each) => ({ ...each, severity: 'warning', database: name })),
    )
    expect(await findingsIn(pair, [name], {}, new Set(losses))).toEqual([])
  })
})

/** What only a superuser may own, given to three roles, one of which is none any more. */
const givenTo = ([lost, superuser, same]: readonly string[]) => `
  create function f() returns event_trigger language plpgsql as 'begin end';
  create event trigger "Lost" on ddl_command_end execute function f(); create event trigger kept on ddl_command_end execute function f();
  create foreign data wrapper "Wrapper"; create foreign data wrapper other; create extension postgres_fdw;
  create subscription s connection 'dbname=none' publication p with (connect = false, slot_name = none);
  create role ${lost} superuser; create role ${superuser} superuser; create role ${same} superuser;
  alter event trigger "Lost" owner to ${lost}; alter foreign data wrapper "Wrapper" owner to ${lost};
  alter foreign data wrapper postgres_fdw owner to ${lost}; alter subscription s owner to ${lost};
  alter event trigger kept owner to ${superuser}; alter foreign data wrapper other owner to ${same};
  alter role ${lost} nosuperuser`

const ownersOf = (name: string) => ['lost', 'superuser', 'same'].map((of) => uniqueName(name + of))

test.each([0, 1])(
  'owner-not-superuser blocks on owners of event triggers, wrappers and subscriptions that are none on the target, remedy %i',
  async (alternative) => {
    const fifteen = await openPair(13, 15)
    const roles = ownersOf('present')
    const sql = givenTo(roles)
    await runSql(fifteen.targetServer, 'postgres', `create role ${roles[2]}`)
    const findings = await findingsAfter(fifteen, 'owner-not-superuser', sql)
    const blocking = (object: string) => expect.objectContaining({ severity: 'blocking', object })
    expect(findings).toEqual([
      blocking('event trigger "Lost"'),
      blocking('foreign-data wrapper "Wrapper"'),
      blocking('subscription s'),
    ])
    expect(await findingsAfterRemedies(fifteen, findings, { alternative })).toEqual([])
    const [{ database = '' } = {}] = findings
    const skipped = await findingsIn(
      fifteen,
      [database],
      { roles: 'skip' },
      new Set(['owner-not-superuser']),
    )
    expect(skipped.map(({ object }) => object)).toEqual([
      'event trigger kept',
      'foreign-data wrapper other',
    ])
  },
)

test('owner-not-superuser is not found where the owner is or becomes one, nor for whom 16 lets anybody own', async () => {
  const roles = ownersOf('absent')
  await runSql(pair.targetServer, 'postgres', `create role ${roles[0]} superuser`)
  const findings = await findingsAfter(pair, 'owner-not-superuser', givenTo(roles))
  // What is a superuser on the target alone is made none by the move of the roles.
  expect(findings.map(({ object }) => object)).toEqual([
    'event trigger "Lost"',
    'foreign-data wrapper "Wrapper"',
  ])
  const database = findings[0]?.database ?? ''
  const names = new Set(['owner-not-superuser'])
  await runSql(
    pair.sourceServer,
    database,
    `drop event trigger kept; drop foreign data wrapper other`,
  )
  expect(await findingsIn(pair, [database], { roles: 'skip' }, names)).toEqual([])
  const user = uniqueName('admin')
  await runSql(
    pair.targetServer,
    'postgres',
    `create role ${user} login createdb password 'secret'`,
  )
  const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
  expect(await findingsIn({ ...pair, target }, [database], {}, names)).toEqual([])
})

/** A database with functions of a role that the target has already, and a target whose administrator is no superuser. */
const definersOf = async (grant = '') => {
  const name = await createDatabase(pair.sourceServer)
  const [owner, user] = [uniqueName('owner'), uniqueName('admin')]
  await runSql(
    pair.sourceServer,
    name,
    `create role ${owner};
     create function "Open"() returns int language sql security definer as 'select 1';
     create procedure granted(int) language sql security definer as 'select 1';
     create function closed() returns int language sql security definer as 'select 1';
     create function invoker() returns int language sql as 'select 1';
     create function of_superuser() returns int language sql security definer as 'select 1';
     revoke execute on procedure granted from public; grant execute on procedure granted to pg_monitor;
     revoke execute on function closed from public;
     alter function "Open" owner to ${owner}; alter procedure granted owner to ${owner};
     alter function closed owner to ${owner}; alter function invoker owner to ${owner}`,
  )
  await runSql(
    pair.targetServer,
    'postgres',
    `create role ${owner}; create role ${user} login createdb createrole password 'secret'; ${grant.replace('OWNER', owner).replace('USER', user)}`,
  )
  const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
  return { name, owner, user, as: { ...pair, target } }
}
const definerReplaced = new Set(['definer-replaced'])

test.each([0, 1])(
  'definer-replaced blocks on functions that would act as the administrator for others, remedy %i',
  async (alternative) => {
    const { name, owner, user, as } = await definersOf()
    const findings = await findingsIn(as, [name], {}, definerReplaced)
    expect(findings).toMatchObject([
      { severity: 'blocking', database: name, object: `role "${owner}"` },
    ])
    expect(findings[0]?.message).toContain(
      `act as "${user}" there: function public."Open"(), procedure public.granted(integer).`,
    )
    expect(await findingsAfterRemedies(as, findings, { alternative })).toEqual([])
  },
)

test('definer-replaced is not found for functions of superusers, for those that only their owner may call, nor where owners are lent', async () => {
  const lent = 'grant OWNER to USER with admin true, inherit false, set false'
  const { name, as } = await definersOf(lent)
  expect(await findingsIn(as, [name], {}, definerReplaced)).toEqual([])
  expect(await findingsIn(pair, [name], {}, definerReplaced)).toEqual([])
  const { name: other, as: withheld } = await definersOf()
  await runSql(
    pair.sourceServer,
    other,
    `revoke execute on function "Open" from public; revoke execute on procedure granted from pg_monitor`,
  )
  expect(await findingsIn(withheld, [other], {}, definerReplaced)).toEqual([])
})
