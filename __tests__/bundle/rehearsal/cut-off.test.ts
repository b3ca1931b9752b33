import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { serverInputs, type Inputs } from '../../support/action-inputs.js'
import { filesLeft, processesLeft } from '../../support/leftovers.js'
import {
  createRehearsalSource,
  holdAt,
  holdLock,
  quietServer,
  runIsHeldAt,
} from '../../support/rehearsal-source.js'
import { runPost, startAction, type ActionRun, type StartedAction } from '../../support/runner.js'
import { fingerprint, noSessionsLeft } from '../../support/server-fingerprint.js'
import { runSql, startServer, type TestServer } from '../../support/servers.js'

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGKILL'

/** What holds the run at a moment: a lock that it waits for, or a function of the source's that sleeps on the target. */
interface Moment {
  readonly lock?: {
    readonly side: 'source' | 'target'
    readonly database?: string
    readonly table: string
    readonly mode?: 'access exclusive'
  }
  readonly hold?: 'restore' | 'validate' | 'analyze'
  /** The statement that is held; where there is none to be seen, a line of the log. */
  readonly statement?: RegExp
  readonly line?: RegExp
  readonly inputs?: Inputs
  readonly user?: 'admin'
}

const moments: readonly (readonly [string, Signal, Moment])[] = [
  [
    'connects',
    'SIGTERM',
    { lock: { side: 'target', table: 'pg_database', mode: 'access exclusive' }, line: /Step 1: / },
  ],
  [
    'tries the roles',
    'SIGINT',
    { lock: { side: 'target', table: 'pg_authid' }, statement: /savepoint step; create role/ },
  ],
  [
    'lends the roles',
    'SIGTERM',
    {
      lock: { side: 'target', table: 'pg_shdescription' },
      statement: /^create role/,
      user: 'admin',
    },
  ],
  [
    'lends the roles',
    'SIGKILL',
    { lock: { side: 'target', table: 'pg_shdescription' }, statement: /^create role/ },
  ],
  [
    'exports the snapshot',
    'SIGINT',
    {
      lock: { side: 'source', database: 'shop', table: 'items', mode: 'access exclusive' },
      statement: /^lock table/,
    },
  ],
  [
    'creates the staging database',
    'SIGINT',
    { lock: { side: 'target', table: 'pg_database' }, statement: /^create database/ },
  ],
  [
    'creates the staging database',
    'SIGKILL',
    { lock: { side: 'target', table: 'pg_database' }, statement: /^create database/ },
  ],
  ['transfers', 'SIGTERM', { hold: 'restore', statement: /held/, inputs: { method: 'stream' } }],
  [
    'transfers',
    'SIGKILL',
    { hold: 'restore', statement: /held/, inputs: { method: 'copy' }, user: 'admin' },
  ],
  ['validates', 'SIGINT', { hold: 'validate', statement: /hold\('validate'\)/ }],
  ['analyzes', 'SIGTERM', { hold: 'analyze', statement: /^analyze/, user: 'admin' }],
  [
    'tries the publication',
    'SIGKILL',
    {
      lock: { side: 'target', table: 'pg_db_role_setting' },
      statement: /^alter database .* reset all/,
    },
  ],
  [
    'drops the staging database',
    'SIGINT',
    {
      lock: { side: 'target', table: 'pg_shseclabel' },
      statement: /^drop database/,
      inputs: { databases: 'bare', roles: 'skip', 'validation-queries': '' },
    },
  ],
]

describe('both servers are as before when a rehearsal is cut off', () => {
  let source: TestServer
  let target: TestServer
  let before: readonly (readonly string[])[]

  beforeAll(async () => {
    ;[source, target] = await Promise.all([
      startServer(11, quietServer),
      startServer(18, quietServer),
    ])
    await createRehearsalSource(source)
    await runSql(
      target,
      'postgres',
      `create role admin login createdb createrole password 'secret of admin'`,
    )
    before = await Promise.all([source, target].map(fingerprint))
  })

  afterAll(async () => {
    await Promise.all([source.stop(), target.stop()])
  })

  function inputsFor({ hold, inputs, user }: Moment): Inputs {
    const administrator = {
      'target-url': `postgresql://admin@${target.host}:${target.port}/postgres`,
      'target-password': 'secret of admin',
    }
    const servers = {
      ...serverInputs(source, target),
      ...(user === undefined ? {} : administrator),
    }
    return {
      ...servers,
      mode: 'rehearse',
      method: 'copy',
      databases: 'shop',
      'validation-queries': `select public.hold('validate')`,
      ...(hold === undefined ? {} : { 'target-url': holdAt(servers['target-url'] ?? '', hold) }),
      ...inputs,
    }
  }

  async function reached(action: StartedAction, { lock, statement, line }: Moment): Promise<void> {
    if (line !== undefined) await action.prints(line)
    if (statement === undefined) return
    await runIsHeldAt(lock?.side === 'source' ? source : target, statement, action.finished)
  }

  /** Sends the signal, takes the obstacle away as soon as the run knows of it, and waits for the end. */
  async function cutOff(
    action: StartedAction,
    signal: Signal,
    release: () => Promise<void>,
  ): Promise<ActionRun> {
    action.signal(signal)
    if (signal !== 'SIGKILL') await action.prints(/the run is cancelled/)
    else await action.finished
    await release()
    return action.finished
  }

  it.each(moments)('while it %s, by %s', async (_what, signal, moment) => {
    const {
      side = 'target',
      database = 'postgres',
      table = '',
      mode = 'share row exclusive',
    } = moment.lock ?? {}
    const release =
      moment.lock === undefined
        ? () => Promise.resolve()
        : await holdLock(side === 'source' ? source : target, database, table, mode)
    const action = await startAction(inputsFor(moment))
    await reached(action, moment)
    const ended = await cutOff(action, signal, release)
    expect(ended.exitSignal).toBe(signal === 'SIGKILL' ? 'SIGKILL' : null)
    expect(ended.outputs['error-code']).toBe(signal === 'SIGKILL' ? undefined : 'cancelled')
    await runPost(ended)
    expect(await processesLeft(ended)).toEqual([])
    const files = await filesLeft(ended)
    expect(files.filter((file) => !file.startsWith('upgrade-postgres-report/'))).toEqual([])
    await Promise.all([source, target].map(noSessionsLeft))
    expect(await Promise.all([source, target].map(fingerprint))).toEqual(before)
  })
})
