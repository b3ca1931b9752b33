/** Owners to whom the target's administrator cannot give what is theirs. */
import { beforeAll, expect, test } from '@jest/globals'
import { createDatabase, openTestServer, runSql, uniqueName } from '../../support/servers.js'
import { findingsAfterRemedies, findingsIn, openPair, type Pair } from './pair.js'

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
