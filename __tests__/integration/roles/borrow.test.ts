import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { openJournal } from '../../../src/cleanup/index.js'
import { silentLog } from '../../../src/log.js'
import { startReport } from '../../../src/report/report.js'
import { withBorrowedRoles } from '../../../src/phases/roles-of-target.js'
import type { Run } from '../../../src/run.js'
import {
  borrowRoles,
  foreseeUsableRoles,
  returnRoles,
  type BorrowedRole,
} from '../../../src/roles/index.js'
import type { Server } from '../../../src/server/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { paste } from '../check/remedy.js'

let source: Server
let sourceServer: TestServer
let targetServer: TestServer

beforeAll(async () => {
  ;[sourceServer, targetServer] = await Promise.all([sharedServer(15), sharedServer(17)])
  source = await openTestServer(sourceServer, 'source')
})

/** Makes an administrator who has no rights by itself, and roles that own a database on the source. */
async function prepare(roles: readonly string[], sql: (user: string) => string): Promise<Server> {
  const user = uniqueName('admin')
  for (const role of roles) {
    const database = await createDatabase(sourceServer)
    await runSql(
      sourceServer,
      'postgres',
      `create role ${role}; alter database ${database} owner to ${role}`,
    )
  }
  await runSql(
    targetServer,
    'postgres',
    `create role ${user} login createdb createrole password 'secret'; ${sql(user)}`,
  )
  return openTestServer(targetServer, 'target', { user, password: 'secret' })
}

function membershipsOf({ facts }: Server) {
  return runSql(
    targetServer,
    'postgres',
    `select roleid::regrole::text, grantor::regrole::text, admin_option, inherit_option, set_option
       from pg_auth_members where member = '${facts.user}'::regrole order by 1, 2`,
  )
}

/** Borrows, and gives back what has been told: a run that was killed knows nothing else. */
async function borrowAndReturn(target: Server) {
  const told: BorrowedRole[] = []
  const before = await membershipsOf(target)
  const foreseen = await target.withSession(undefined, (session) =>
    foreseeUsableRoles(session, target.facts),
  )
  await borrowRoles({ source, target }, [], (loan) => told.push(loan))
  const borrowed = await membershipsOf(target)
  // Again, as after a connection that was lost: what gave the right to give back is back as well.
  const kept = [...(await returnRoles(target, told)), ...(await returnRoles(target, told))]
  expect({ kept, memberships: await membershipsOf(target) }).toEqual({
    kept: [],
    memberships: before,
  })
  return { foreseen, borrowed, told: told.map(({ role }) => role) }
}

/** Works with what the run borrows; the findings, and what is left in the journal. */
async function workWithBorrowed(target: Server, work: () => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'borrow-'))
  const report = startReport('upgrade', new Date())
  const journal = openJournal(join(folder, 'journal.json'), 'upgrade-postgres test')
  const run = { report, journal, log: silentLog, signal: new AbortController().signal }
  const outcome = await withBorrowedRoles(run as unknown as Run, { source, target }, [], work).then(
    () => 'done',
    String,
  )
  await rm(folder, { recursive: true })
  return { outcome, findings: report.findings, left: journal.entries().borrowedRoles.length }
}

describe('what is given back at the end', () => {
  it('role-still-borrowed tells how to give back what the run could not, and leaves its result alone', async () => {
    const owner = uniqueName('owner')
    const target = await prepare(
      [owner],
      (user) => `set role ${user}; create role ${owner}; reset role`,
    )
    const before = await membershipsOf(target)
    const told = await workWithBorrowed(target, async () => {
      expect(await membershipsOf(target)).not.toEqual(before)
      await runSql(targetServer, 'postgres', `alter role ${target.facts.user} nologin`)
      throw new Error('what went wrong first')
    })
    expect(told).toMatchObject({
      outcome: 'Error: what went wrong first',
      findings: [{ check: 'role-still-borrowed', severity: 'warning', object: owner }],
      left: 1,
    })
    await paste({ sourceServer, targetServer }, told.findings[0] ?? {})
    expect(await membershipsOf(target)).toEqual(before)
  })

  it('role-still-borrowed is not found for what is given back', async () => {
    const owner = uniqueName('owner')
    const target = await prepare(
      [owner],
      (user) => `set role ${user}; create role ${owner}; reset role`,
    )
    const told = await workWithBorrowed(target, () => Promise.resolve())
    expect(told).toEqual({ outcome: 'done', findings: [], left: 0 })
  })
})

describe('an administrator whose ADMIN option comes from a group', () => {
  it('borrows in the name of the group, and leaves nothing of it', async () => {
    const [dba, owner, granted] = [uniqueName('dba'), uniqueName('owner'), uniqueName('granted')]
    const target = await prepare(
      [owner, granted],
      (user) => `create role ${dba} createrole; grant ${dba} to ${user};
        set role ${dba}; create role ${owner}; create role ${granted};
        grant ${granted} to ${user} with inherit false, set true; reset role`,
    )
    const { foreseen, borrowed, told } = await borrowAndReturn(target)
    expect(told.toSorted()).toEqual([owner, granted].toSorted())
    expect([owner, granted].every((role) => foreseen.usable.has(role))).toBe(true)
    expect(borrowed).toEqual(
      expect.arrayContaining(
        [owner, granted].map((roleid) =>
          expect.objectContaining({ roleid, grantor: dba, inherit_option: true, set_option: true }),
        ),
      ),
    )
  })

  it('borrows nothing where it does not have the rights of the group', async () => {
    const [dba, owner] = [uniqueName('dba'), uniqueName('owner')]
    const target = await prepare(
      [owner],
      (user) => `create role ${dba} createrole; grant ${dba} to ${user} with inherit false;
        set role ${dba}; create role ${owner}; reset role`,
    )
    const { foreseen, told } = await borrowAndReturn(target)
    expect(told).toEqual([])
    expect(foreseen.withheld.get(owner)).toEqual([])
  })

  it('borrows what it administers through a role that is borrowed itself', async () => {
    const [last, first] = [uniqueName('a'), uniqueName('b')]
    const target = await prepare(
      [first, last],
      (user) => `create role ${last}; set role ${user}; create role ${first}; reset role;
        grant ${last} to ${first} with admin true, inherit false, set false`,
    )
    const { foreseen, told } = await borrowAndReturn(target)
    expect(told).toEqual([first, last])
    expect(foreseen.usable.has(last)).toBe(true)
  })
})

describe('a role that is a member of the administrator', () => {
  it('is not foreseen to be borrowed, and those that stand in the way are named', async () => {
    const [group, owner] = [uniqueName('group'), uniqueName('owner')]
    const target = await prepare(
      [owner],
      (user) => `create role ${group}; create role ${owner}; grant ${user} to ${group};
        grant ${group} to ${owner}`,
    )
    const { foreseen, told } = await borrowAndReturn(target)
    expect(told).toEqual([])
    expect(foreseen.withheld.get(owner)).toEqual([group])
  })
})
