import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { grantLater, moveRoles, type Step } from '../../../src/roles/index.js'
import { compareRoles } from '../../../src/validate/index.js'
import { startCuttingProxy } from '../../support/cutting-proxy.js'
import {
  openTestServer,
  runSql,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'

let sourceServer: TestServer
let targetServer: TestServer

beforeAll(async () => {
  ;[sourceServer, targetServer] = await Promise.all([startServer(17), startServer(18)])
})

afterAll(async () => {
  await Promise.all([sourceServer.stop(), targetServer.stop()])
})

const move = async (target: { user: string; password: string } | undefined) => {
  const { report } = await moveRoles({
    source: await openTestServer(sourceServer, 'source'),
    target: await openTestServer(targetServer, 'target', target),
    mode: 'auto',
    rehearsal: false,
    log: silentLog,
    signal: new AbortController().signal,
  })
  return report
}

const membershipsOf = (server: TestServer, role: string) =>
  runSql(
    server,
    'postgres',
    `select m.member::regrole::text as member, m.grantor::regrole::text as grantor, m.admin_option,
            m.inherit_option, m.set_option
       from pg_auth_members m
      where m.roleid = '${role}'::regrole
      order by 1, 2`,
  )

it('keep their options and grantors from 17 to 18, whatever the order of names', async () => {
  await runSql(
    sourceServer,
    'postgres',
    `create role club; create role z_first; create role a_second; create role m_third;
     grant club to z_first with admin true, inherit false, set true;
     grant club to a_second with admin true, inherit true, set false granted by z_first;
     grant club to m_third with admin false, inherit false, set false granted by a_second;
     grant club to m_third with admin false, inherit true, set false granted by z_first;
     grant set on parameter log_min_messages to club with grant option;
     grant alter system on parameter work_mem to m_third;
     grant set on parameter log_statement to z_first with grant option;
     set role z_first; grant set on parameter log_statement to m_third with grant option;
     set role m_third; grant set on parameter log_statement to a_second, public; reset role;
     grant set on parameter log_statement to a_second;
     alter role all set application_name to 'everyone'`,
  )
  const report = await move(undefined)
  expect(report.skipped).toEqual([])
  expect(await membershipsOf(targetServer, 'club')).toEqual(
    await membershipsOf(sourceServer, 'club'),
  )
  const shared = `select (select array_agg(parname || item::text order by parname || item::text) from pg_parameter_acl, unnest(paracl) item) as parameters,
                         (select setconfig from pg_db_role_setting where setrole = 0) as settings`
  expect(await runSql(targetServer, 'postgres', shared)).toEqual(
    await runSql(sourceServer, 'postgres', shared),
  )
})

it('keep their options with an administrator, who becomes the grantor', async () => {
  await runSql(
    sourceServer,
    'postgres',
    `create role team; create role leader; create role guest; create role admin;
     grant team to leader with admin true, inherit false, set true;
     grant team to guest with admin false, inherit true, set false granted by leader;
     grant team to admin with admin true`,
  )
  await runSql(
    targetServer,
    'postgres',
    `create role admin login createrole password 'secret of admin'`,
  )
  const report = await move({ user: 'admin', password: 'secret of admin' })
  expect(report.created).toEqual(['guest', 'leader', 'team'])
  const options = {
    grantor: 'admin',
    admin_option: false,
    inherit_option: false,
    set_option: false,
  }
  expect(await membershipsOf(targetServer, 'team')).toEqual([
    { ...options, member: 'admin', inherit_option: true, set_option: true },
    { ...options, member: 'admin', grantor: 'postgres', admin_option: true },
    { ...options, member: 'guest', inherit_option: true },
    { ...options, member: 'leader', admin_option: true, set_option: true },
  ])
})

describe("those of PostgreSQL's own roles", () => {
  const [group, granted] = [uniqueName('stats'), uniqueName('granted')]
  const grants = `grant ${group} to pg_monitor; grant set on parameter log_duration to pg_monitor with grant option;
    set role pg_monitor; grant set on parameter log_duration to ${granted}; reset role`
  const notOfTheirs = (role: string) => role !== group && role !== granted
  const compare = async () => {
    const source = await openTestServer(sourceServer, 'source')
    const target = await openTestServer(targetServer, 'target')
    const differences = await compareRoles(source, target, { isLeftOut: notOfTheirs })
    return differences.map(({ kind, object, target: now }) => [kind, object, now])
  }
  const take = async (server: TestServer, sql: string) => runSql(server, 'postgres', sql)
  const revoke = `revoke ${group} from pg_monitor; revoke all on parameter log_duration from pg_monitor cascade`

  afterAll(async () => {
    for (const server of [sourceServer, targetServer]) {
      await take(server, `${revoke}; drop role ${group}, ${granted}`)
    }
  })

  it('are carried, and compared', async () => {
    await take(sourceServer, `create role ${group}; create role ${granted}; ${grants}`)
    await move(undefined)
    expect(await compare()).toEqual([])
    await take(targetServer, revoke)
    expect(await compare()).toEqual([
      ['membership', `pg_monitor in ${group}`, null],
      ['parameter privilege', `${granted} on log_duration`, null],
      ['parameter privilege', 'pg_monitor on log_duration', null],
    ])
  })

  it('are told where the target alone has them', async () => {
    await take(sourceServer, revoke)
    await take(targetServer, grants)
    expect((await compare()).map(([kind, object]) => [kind, object])).toEqual([
      ['membership', `pg_monitor in ${group}`],
      ['parameter privilege', `${granted} on log_duration`],
      ['parameter privilege', 'pg_monitor on log_duration'],
    ])
    const skipped = (await move(undefined)).skipped.filter(({ role }) => role !== 'admin')
    expect(
      skipped.map(({ role, reason }) => [role, /the target has (.*), the/.exec(reason)?.[1]]),
    ).toEqual([
      ['pg_monitor', `a membership in "${group}"`],
      [granted, 'the privilege SET on the parameter "log_duration"'],
      ['pg_monitor', 'the privilege SET on the parameter "log_duration"'],
    ])
  })
})

describe('a membership in the administrator, which is granted at the end', () => {
  const membership = async (sql?: string) => {
    const [role, member] = [uniqueName('chief'), uniqueName('member')]
    await runSql(targetServer, 'postgres', `create role ${role}; create role ${member}`)
    const grant = `grant ${role} to ${member}`
    const what = `its membership in "${role}"`
    const step: Step = { kind: 'membership', role: member, needs: [], what, sql: sql ?? grant }
    return { role, member, step }
  }

  it('is granted again where the connection is lost on the way, or the answer', async () => {
    const { role, member, step } = await membership()
    const moments = ['before', 'answer'] as const
    const proxy = await startCuttingProxy(targetServer, (_said, last) =>
      last.includes(proxy.cuts() === 0 ? 'savepoint step' : 'commit')
        ? moments[proxy.cuts()]
        : undefined,
    )
    const target = await openTestServer({ ...targetServer, port: proxy.port }, 'target')
    const skipped = await grantLater(target, [step], new AbortController().signal)
    expect({ skipped, cuts: proxy.cuts() }).toEqual({ skipped: [], cuts: 2 })
    expect(await membershipsOf(targetServer, role)).toMatchObject([{ member }])
    proxy.close()
  })

  it('fails no run where it cannot be granted, and is told with its statement', async () => {
    const { member, step } = await membership(
      'select pg_cancel_backend(pg_backend_pid()), pg_sleep(60)',
    )
    const target = await openTestServer(targetServer, 'target')
    const [told, ...others] = await grantLater(target, [step], new AbortController().signal)
    expect(others).toEqual([])
    expect(told?.role).toBe(member)
    expect(told?.reason).toContain(`${step.what} was not carried over (`)
    expect(told?.reason).toMatch(
      /canceling statement.*\)\. Run this on the target by hand: select .*;$/s,
    )
    const cancelled = AbortSignal.abort()
    await expect(grantLater(target, [step], cancelled)).rejects.toMatchObject({ code: 'cancelled' })
  })
})

it('are created once, and told as created, where the connection is lost on the way and the answer to the commit as well', async () => {
  const role = uniqueName('once')
  await runSql(sourceServer, 'postgres', `create role ${role} connection limit 3`)
  const proxy = await startCuttingProxy(targetServer, (_said, last) => {
    if (proxy.cuts() === 0) return last.includes(`"${role}"`) ? 'before' : undefined
    return proxy.cuts() === 1 && last.includes('commit') ? 'answer' : undefined
  })
  const { report } = await moveRoles({
    source: await openTestServer(sourceServer, 'source'),
    target: await openTestServer({ ...targetServer, port: proxy.port }, 'target'),
    mode: 'auto',
    rehearsal: false,
    log: silentLog,
    signal: new AbortController().signal,
  })
  proxy.close()
  expect(proxy.cuts()).toBe(2)
  expect(report.created).toContain(role)
  expect(report.skipped.filter((skipped) => skipped.role === role)).toEqual([])
  const created = `select rolconnlimit as "limit" from pg_roles where rolname = '${role}'`
  expect(await runSql(targetServer, 'postgres', created)).toEqual([{ limit: 3 }])
})
