/** A rehearsal that ends by itself: the source gets not a byte of log, the target is as before. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  createRehearsalSource,
  holdLock,
  quietServer,
  runIsHeldAt,
} from '../../support/rehearsal-source.js'
import { silentLog, type Log } from '../../../src/log.js'
import type { Report } from '../../../src/report/report.js'
import { fingerprint, noSessionsLeft, type Fingerprint } from '../../support/server-fingerprint.js'
import {
  connectionParameters,
  runSql,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade, type UpgradeInputs } from '../../support/upgrade-run.js'

const administrator = { user: 'admin', password: 'secret of admin' }
const createdRoles = ['app owner', 'reader', 'Ωμέγα "q"']

let source: TestServer

beforeAll(async () => {
  source = await startServer(11, quietServer)
  await createRehearsalSource(source)
  for (const name of ['postgres', 'template1', 'shop', 'bare']) {
    // So that no read finds rows to tidy up.
    await runSql(source, name, 'vacuum freeze')
  }
  await runSql(source, 'postgres', 'checkpoint')
})

afterAll(async () => {
  await source.stop()
})

async function startTarget(major: number): Promise<TestServer> {
  const target = await startServer(major, quietServer)
  await runSql(
    target,
    'postgres',
    `create role admin login createdb createrole password 'secret of admin'`,
  )
  return target
}

/** Whoever writes, takes a transaction number or adds to the log. */
async function tracesOfWriting(server: TestServer): Promise<unknown> {
  return runSql(
    server,
    'postgres',
    `select pg_current_wal_insert_lsn()::text as log,
            txid_snapshot_xmax(txid_current_snapshot())::text as transactions`,
  )
}

/** What the servers held when they were last looked at; every rehearsal before has left it so. */
const states = new Map<TestServer, Fingerprint>()

async function stateOf(server: TestServer): Promise<Fingerprint> {
  const state = states.get(server) ?? (await fingerprint(server))
  states.set(server, state)
  return state
}

async function expectPure(target: TestServer, work: () => Promise<void>): Promise<void> {
  const before = [await stateOf(source), await stateOf(target)]
  const traces = await tracesOfWriting(source)
  await work()
  await Promise.all([source, target].map(noSessionsLeft))
  expect(await tracesOfWriting(source)).toEqual(traces)
  expect(await Promise.all([source, target].map(fingerprint))).toEqual(before)
}

function rehearse(
  target: TestServer,
  changes: Partial<UpgradeInputs> & { readonly as?: { user: string; password: string } } = {},
  log: Log = silentLog,
): Promise<Report> {
  const { as = {}, ...inputs } = changes
  const all: UpgradeInputs = {
    source: connectionParameters(source),
    target: connectionParameters(target, as),
    mode: 'rehearse',
    method: 'copy',
    databases: ['shop', 'bare'],
    ...inputs,
  }
  return runUpgrade(all, undefined, { log })
}

function outcomesOf({ error, databases, roles }: Report): unknown {
  return {
    error,
    databases: databases.map((entry) => [entry.name, entry.result, entry.differences, entry.error]),
    created: roles?.created,
  }
}

const passed = {
  error: null,
  databases: [
    ['shop', 'passed', [], null],
    ['bare', 'passed', [], null],
  ],
  created: createdRoles,
}

describe.each([
  { major: 15, method: 'plain', tools: undefined },
  { major: 16, method: 'custom', tools: 15 },
  { major: 17, method: 'parallel', tools: undefined },
] as const)('a rehearsal on an empty $major', ({ major, method, tools }) => {
  it(`by ${method} as an administrator leaves both servers as they were`, async () => {
    const target = await startTarget(major)
    await expectPure(target, async () => {
      const report = await rehearse(target, { method, as: administrator, clientVersion: tools })
      expect(outcomesOf(report)).toEqual(passed)
    })
    await target.stop()
  })
})

describe('a rehearsal', () => {
  let target: TestServer

  beforeAll(async () => {
    target = await startTarget(18)
  })

  afterAll(async () => {
    await target.stop()
  })

  it.each([
    ['plain', 'postgres', undefined],
    ['custom', 'postgres', undefined],
    ['stream', 'postgres', undefined],
    ['parallel', 'postgres', undefined],
    ['copy', 'postgres', undefined],
    ['stream', 'admin', administrator],
    ['copy', 'admin', administrator],
  ] as const)('by %s as %s leaves both servers as they were', async (method, _user, as) => {
    await expectPure(target, async () => {
      const report = await rehearse(target, { method, ...(as === undefined ? {} : { as }) })
      expect(outcomesOf(report)).toEqual(passed)
    })
  })

  const endSessions = (server: TestServer) =>
    runSql(
      server,
      'postgres',
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'upgrade-postgres%'`,
    )

  const heldAt = (moment: string) =>
    connectionParameters(target, { options: `-c test.hold=${moment}` })

  it('that finds a difference leaves both servers as they were', async () => {
    await expectPure(target, async () => {
      const { databases } = await rehearse(target, {
        validationQueries: [{ database: 'shop', sql: 'select current_database()' }],
      })
      expect(databases.map(({ name, result }) => [name, result])).toEqual([
        ['shop', 'failed'],
        ['bare', 'passed'],
      ])
      expect(databases[0]?.differences.map(({ kind }) => kind)).toEqual(['query'])
    })
  })

  it('in which an object cannot be restored leaves both servers as they were', async () => {
    await expectPure(target, async () => {
      const { databases } = await rehearse(target, {
        target: heldAt('fail'),
        method: 'stream',
      })
      expect(databases.map(({ error }) => error?.code)).toEqual(['restore-failed', undefined])
    })
  })

  it('that is stopped by a finding leaves both servers as they were', async () => {
    const reader = { user: 'reader', password: 'reader-secret' }
    await expectPure(target, async () => {
      const { error, databases } = await rehearse(target, {
        source: connectionParameters(source, reader),
        databases: ['bare'],
      })
      expect(error?.code).toBe('unreadable-table')
      expect(databases).toMatchObject([{ name: 'bare', result: 'skipped', error: null }])
    })
  })

  it('that loses its session on the source leaves both servers as they were', async () => {
    await expectPure(target, async () => {
      const release = await holdLock(source, 'shop', 'items', 'access exclusive')
      const report = rehearse(target, { databases: ['shop'] })
      await runIsHeldAt(source, /^lock table/, report)
      await endSessions(source)
      await release()
      expect((await report).databases.map(({ result }) => result)).toEqual(['failed'])
    })
  })

  it('that loses its sessions on the target leaves both servers as they were', async () => {
    await expectPure(target, async () => {
      const report = rehearse(target, { target: heldAt('restore'), databases: ['shop'] })
      const isHeld = () =>
        runIsHeldAt(target, /held/, report).then(
          () => true,
          () => false,
        )
      // A view is filled again several times.
      while (await isHeld()) await endSessions(target)
      expect((await report).databases.map(({ result }) => result)).toEqual(['failed'])
    })
  })

  it.each([
    ['postgres', undefined],
    ['admin', administrator],
  ])('as %s at the same time as two others leaves both servers as they were', async (_user, as) => {
    await expectPure(target, async () => {
      const reports = await Promise.all(
        [1, 2, 3].map(() => rehearse(target, as === undefined ? {} : { as })),
      )
      expect(reports.map(outcomesOf)).toEqual([passed, passed, passed])
    })
  })

  it('takes away the roles that a killed one has lent, and no other', async () => {
    await expectPure(target, async () => {
      await runSql(
        target,
        'postgres',
        `create role "app owner"; create role reader login;
         comment on role "app owner" is 'Lent to a rehearsal by upgrade-postgres 0badcafe; it goes when the rehearsal ends.';
         comment on role reader is 'Lent to a rehearsal by upgrade-postgres 0badcafe; it goes when the rehearsal ends.'`,
      )
      const report = await rehearse(target, { databases: ['bare'] })
      expect(report.result).toBe('passed')
      expect(report.roles?.created).toEqual(['app owner', 'Ωμέγα "q"'])
      await runSql(target, 'postgres', 'drop role reader')
    })
  })

  it('takes over a lent role that the staging database of a killed one still needs', async () => {
    await expectPure(target, async () => {
      await runSql(
        target,
        'postgres',
        `create role "app owner";
         comment on role "app owner" is 'Lent to a rehearsal by upgrade-postgres 0badcafe; it goes when the rehearsal ends.'`,
      )
      await runSql(
        target,
        'postgres',
        'create database upgrade_postgres_0badcafe_1 owner "app owner"',
      )
      await runSql(target, 'postgres', 'create database upgrade_postgres_0badcafe_2_old')
      const said: string[] = []
      const warned: string[] = []
      const log = {
        ...silentLog,
        info: (line: string) => said.push(line),
        warning: (line: string) => warned.push(line),
      }
      const report = await rehearse(target, {}, log)
      expect(outcomesOf(report)).toEqual({ ...passed, created: ['reader', 'Ωμέγα "q"'] })
      expect(warned.filter((line) => line.includes('have replaced'))).toEqual([
        expect.stringContaining(': upgrade_postgres_0badcafe_2_old. Each had a real name'),
      ])
      expect(said.filter((line) => line.includes('staging databases of other runs'))).toEqual([
        expect.stringContaining(': upgrade_postgres_0badcafe_1. Where none is at work,'),
      ])
      await runSql(target, 'postgres', 'drop database upgrade_postgres_0badcafe_1')
      await runSql(target, 'postgres', 'drop database upgrade_postgres_0badcafe_2_old')
      expect((await rehearse(target, { databases: ['bare'] })).result).toBe('passed')
    })
  })

  it('gives an event trigger to a superuser that the target does not have yet', async () => {
    await runSql(source, 'postgres', 'create role boss superuser')
    await runSql(source, 'postgres', 'create database watched')
    await runSql(
      source,
      'watched',
      `create function watch() returns event_trigger language plpgsql as 'begin end';
       create event trigger watching on ddl_command_end execute procedure watch();
       alter event trigger watching owner to boss`,
    )
    for (const name of ['postgres', 'watched']) await runSql(source, name, 'vacuum freeze')
    await runSql(source, 'postgres', 'checkpoint')
    states.delete(source)
    await expectPure(target, async () => {
      const report = await rehearse(target, { databases: ['watched'] })
      expect(report.databases).toMatchObject([{ name: 'watched', error: null, differences: [] }])
      expect(report.roles?.created).toContain('boss')
    })
    await runSql(source, 'postgres', 'drop database watched')
    await runSql(source, 'postgres', 'drop role boss')
    states.delete(source)
  })

  it('on the server that was upgraded leaves what is there alone', async () => {
    const upgraded = await rehearse(target, { mode: 'upgrade' })
    expect(outcomesOf(upgraded)).toEqual(passed)
    states.delete(target)
    await runSql(target, 'shop', `update items set note = 'changed since' where id = 1`)
    for (const as of [undefined, administrator]) {
      await expectPure(target, async () => {
        const report = await rehearse(target, as === undefined ? {} : { as })
        expect(outcomesOf(report)).toEqual({ ...passed, created: [] })
      })
    }
  })
})
