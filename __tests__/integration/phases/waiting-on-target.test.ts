/** Whom a run waits for on the target is told, whatever it is about to do there. */
import { afterEach, expect, test } from '@jest/globals'
import pg from 'pg'
import { silentLog, type Log } from '../../../src/log.js'
import { sayingWhomTheTargetAwaits } from '../../../src/phases/waiting-on-target.js'
import { systemClock, type Clock } from '../../../src/report/progress.js'
import { settled } from '../../support/settled.js'
import {
  connectionParameters,
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

const shortClock: Clock = {
  now: systemClock.now,
  every: (_milliseconds, tick) => systemClock.every(50, tick),
}

const open: pg.Client[] = []
afterEach(async () => {
  for (const client of open.splice(0)) await client.end()
})

/** Somebody who has done this in a transaction that goes on, and the words in which he is told. */
async function holding(server: TestServer, database: string, sql: string) {
  const client = new pg.Client(server.url(database))
  await client.connect()
  open.push(client)
  await client.query(`set application_name = 'nightly'; begin; ${sql}`)
  const [row] = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows
  const process = String(row?.pid)
  const told = (object: string) =>
    new RegExp(
      `^The run waits on the target: (?:.*; )?process ${process} has ${object} locked \\(role "\\w+", application "nightly", idle in transaction, its transaction is \\d+ s old\\); pg_terminate_backend\\(${process}\\) would end it(?:; .*)?\\.$`,
    )
  return { told, end: () => client.query('rollback') }
}

function listening(): { readonly log: Log; readonly warnings: string[] } {
  const warnings: string[] = []
  return { warnings, log: { ...silentLog, warning: (line) => warnings.push(line) } }
}

/** Others may be in the way for a moment as well. */
async function untilTold(warnings: readonly string[], told: RegExp): Promise<void> {
  await settled(
    () => Promise.resolve(warnings),
    (lines) => lines.some((line) => told.test(line)),
  )
}

test.each([10, 18] as const)(
  'of all sessions of the run, in any database, on %i',
  async (major) => {
    const server = await sharedServer(major)
    const target = await openTestServer(server, 'target')
    const database = await createDatabase(server, 'Waiting')
    await runSql(server, database, 'create table public.t ()')
    const role = uniqueName('waiting')
    const waits: [object: string, held: string, ours: string, at?: string][] = [
      ['something', `create role ${role}`, `create role ${role}`],
      [
        `database "${database}"`,
        `comment on database "${database}" is 'x'`,
        `alter database "${database}" rename to "${database}2"`,
      ],
      // The name of a table is known in its own database only.
      ['something', 'lock table public.t', 'drop table public.t', database],
    ]
    for (const [object, held, ours, at] of waits) {
      const holder = await holding(server, at ?? 'postgres', held)
      const { log, warnings } = listening()
      const work = sayingWhomTheTargetAwaits({ log, clock: shortClock }, target, () =>
        target.withSession(at, (session) => session.query(`begin; ${ours}; rollback`)),
      )
      await untilTold(warnings, holder.told(object))
      await holder.end()
      await work
      expect(warnings).toContainEqual(expect.stringMatching(holder.told(object)))
    }
  },
)

test('of a prepared transaction by its identifier, and not of another that is in nobody’s way', async () => {
  const server = await startServer(18, { settings: { max_prepared_transactions: '5' } })
  try {
    const target = await openTestServer(server, 'target')
    const elsewhere = await createDatabase(server)
    const prepare = (sql: string, id: string) =>
      runSql(server, elsewhere, `begin; ${sql}; prepare transaction '${id}'`)
    await prepare('lock table pg_database in share mode', "it''s")
    await prepare('lock table pg_database in access share mode', 'harmless')
    const { log, warnings } = listening()
    const work = sayingWhomTheTargetAwaits({ log, clock: shortClock }, target, () =>
      target.withSession(undefined, (session) => session.query('create database awaited')),
    )
    const told = `The run waits on the target: the prepared transaction 'it''s' has pg_database locked; in the database "${elsewhere}", rollback prepared 'it''s' or commit prepared 'it''s' would end it.`
    await settled(
      () => Promise.resolve(warnings),
      ({ length }) => length > 0,
    )
    await runSql(server, elsewhere, `rollback prepared 'it''s'`)
    await work
    expect(new Set(warnings)).toEqual(new Set([told]))
    await runSql(server, elsewhere, `rollback prepared 'harmless'`)
  } finally {
    await server.stop()
  }
})

test('while it publishes', async () => {
  const source = await sharedServer(11)
  const target = await sharedServer(18)
  const database = await createDatabase(source, 'published')
  await runSql(target, 'postgres', `create database ${database}`)
  const holder = await holding(target, 'postgres', `alter database ${database} connection limit 7`)
  const { log, warnings } = listening()
  const run = runUpgrade(
    {
      source: connectionParameters(source),
      target: connectionParameters(target),
      method: 'stream',
      databases: [database],
      existingDatabase: 'replace',
      roles: 'skip',
    },
    undefined,
    { log, clock: shortClock },
  )
  await untilTold(warnings, holder.told('.*'))
  await holder.end()
  expect((await run).result).toBe('passed')
  expect(warnings).toContainEqual(expect.stringMatching(holder.told('.*')))
  for (const server of [source, target]) {
    await runSql(server, 'postgres', `drop database ${database}`)
  }
})
