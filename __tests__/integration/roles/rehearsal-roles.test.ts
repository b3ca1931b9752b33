/** The roles that are lent to a rehearsal, and taken back. A server of its own: any run drops what a killed one has lent. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { lendRoles, settleLentRoles, takeBackRoles, type Step } from '../../../src/roles/index.js'
import type { Server, Session } from '../../../src/server/index.js'
import { createHandClock } from '../../support/hand-clock.js'
import { createDatabase, openTestServer, runSql, startServer } from '../../support/servers.js'
import type { TestServer } from '../../support/servers.js'

let server: TestServer
let target: Server
beforeAll(async () => {
  server = await startServer(18)
  target = await openTestServer(server, 'target')
})
afterAll(() => server.stop())

const numbered = (count: number) =>
  Array.from({ length: count }, (_, number) => `role "${number.toString().padStart(3, '0')}"`)

async function lend(names: readonly string[]): Promise<void> {
  await lendRoles(target, { names, superusers: [], memberships: [] }, () => undefined)
}

async function left(): Promise<unknown[]> {
  const rows = await runSql(
    server,
    'postgres',
    `select rolname::text as name from pg_roles where rolname like 'role "%' order by 1`,
  )
  return rows.map(({ name }) => name)
}

/** The target, which counts sessions and statements, and calls `onSession` before each session. */
function counting(onSession: () => void = () => undefined) {
  const counts = { sessions: 0, statements: 0 }
  const counted: Server = {
    ...target,
    withSession: (database, work, options) => {
      onSession()
      counts.sessions += 1
      return target.withSession(
        database,
        (session) => {
          const query: Session['query'] = (sql, values) => {
            counts.statements += 1
            return session.query(sql, values)
          }
          return work({ ...session, query })
        },
        options,
      )
    },
  }
  return { counted, counts }
}

test('many are lent with less than a statement for each, and all are told before the first is created', async () => {
  const names = numbered(120)
  const step = (role: string): Step => ({
    kind: 'membership',
    role,
    what: 'membership',
    sql: '',
    needs: [],
    subject: { kind: 'membership', role: 'role "000"', inherit: true, set: true },
  })
  const many = counting()
  const told: { names: readonly string[]; statements: number }[] = []
  await lendRoles(
    many.counted,
    { names, superusers: ['role "007"'], memberships: names.map(step) },
    (all) => told.push({ names: all, statements: many.counts.statements }),
  )
  expect(told).toEqual([{ names, statements: 0 }])
  expect(await left()).toEqual(names)
  // Of those that were refused together, the first alone: no role is a member of itself.
  const rows = await runSql(
    server,
    'postgres',
    `select (select count(*)::int from pg_auth_members m where pg_get_userbyid(m.roleid) = 'role "000"') as members,
            (select array_agg(rolname::text) from pg_roles where rolsuper and rolname like 'role "%') as strong`,
  )
  expect(rows).toEqual([{ members: 119, strong: ['role "007"'] }])
  expect(many.counts.statements).toBeLessThan(120)
  await takeBackRoles(target, names, { log: silentLog })
  expect(await left()).toEqual([])
})

test('the one that cannot be created is named', async () => {
  await runSql(server, 'postgres', 'create role "role ""001"""')
  await expect(lend(numbered(3))).rejects.toThrow(
    'Could not create role "role ""001""" for the rehearsal on the target: role "role "001"" already exists',
  )
  await runSql(server, 'postgres', 'drop role "role ""001"""')
  await takeBackRoles(target, numbered(3), { log: silentLog })
  expect(await left()).toEqual([])
})

test('many are taken back with the sessions of one, and with less than a statement for each', async () => {
  await lend(['role "one"'])
  const one = counting()
  await takeBackRoles(one.counted, ['role "one"'], { log: silentLog })
  await lend(numbered(120))
  const many = counting()
  await takeBackRoles(many.counted, numbered(120), { log: silentLog })
  expect(await left()).toEqual([])
  expect(many.counts.sessions).toBe(one.counts.sessions)
  expect(many.counts.statements).toBeLessThan(20)
})

test('those that cannot be dropped are told, and keep no other', async () => {
  await lend(numbered(120))
  const database = await createDatabase(server)
  const kept = numbered(120).slice(100, 112)
  for (const role of kept) {
    const name = role.replaceAll('"', '""')
    await runSql(server, database, `create schema authorization "${name}"`)
  }
  const failure = await takeBackRoles(target, numbered(120), { log: silentLog }).catch(
    (error: unknown) => String(error),
  )
  expect(failure).toMatch(
    /^Error: "role \\"100\\"": role "role "100"" cannot be dropped because some objects depend on it.*; "role \\"109\\"": .*; and 2 more$/,
  )
  expect(await left()).toEqual(kept)
  await runSql(server, 'postgres', `drop database ${database}`)
  await takeBackRoles(target, kept, { log: silentLog })
  expect(await left()).toEqual([])
})

test('how many are gone is said when it takes long', async () => {
  await lend(numbered(3))
  const clock = createHandClock()
  const lines: string[] = []
  const log = { ...silentLog, info: (line: string) => lines.push(line) }
  const slow = counting(() => {
    clock.pass(8000)
  })
  await takeBackRoles(slow.counted, numbered(3), { log, clock })
  expect(lines).toEqual(['Dropping the roles of the rehearsal on the target: 0 of 3, 15 s gone'])
  expect(clock.running()).toBe(0)
})

test('what a killed run has lent is dropped, or taken over where it is needed', async () => {
  await lend(numbered(120))
  const database = await createDatabase(server)
  await runSql(server, database, `create schema authorization "role ""110"""`)
  const later = { ...target, applicationName: 'upgrade-postgres 0badcafe' }
  const taken: string[] = []
  await settleLentRoles(later, true, (names) => taken.push(...names))
  expect(taken).toEqual(['role "110"'])
  expect(await left()).toEqual(taken)
  await runSql(server, 'postgres', `drop database ${database}`)
  await takeBackRoles(target, taken, { log: silentLog })
  expect(await left()).toEqual(taken)
  await takeBackRoles(later, taken, { log: silentLog })
  expect(await left()).toEqual([])
})

test('a role that a login belongs to is no loan, whatever its comment', async () => {
  await lend(['role "theirs"', 'role "lent"'])
  await runSql(
    server,
    'postgres',
    `create role joe login; create role boss login createrole;
     grant "role ""theirs""" to joe; grant "role ""lent""" to boss`,
  )
  await settleLentRoles(target, false, () => undefined)
  expect(await left()).toEqual(['role "theirs"'])
  await runSql(server, 'postgres', 'drop role "role ""theirs""", joe, boss')
})
