/** Two runs that would freeze the same database at once, and the freeze that one of them has left. */
import { beforeAll, expect, test } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJournal } from '../../../src/cleanup/index.js'
import { silentLog, type Log } from '../../../src/log.js'
import { withFrozenSource } from '../../../src/phases/frozen-source.js'
import { systemClock } from '../../../src/report/progress.js'
import { startReport } from '../../../src/report/report.js'
import type { Run } from '../../../src/run.js'
import {
  freezeSource,
  holdFreezeLocks,
  openServer,
  releaseSource,
  type Freeze,
  type Server,
} from '../../../src/server/index.js'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { settled } from '../../support/settled.js'
import { runUpgrade } from '../../support/upgrade-run.js'

let sourceServer: TestServer
let targetServer: TestServer
beforeAll(async () => {
  ;[sourceServer, targetServer] = [await sharedServer(14), await sharedServer(18)]
})

/** The source as a run sees it that is connected to that database, and has the name. */
function openAs(
  applicationName: string,
  database = 'postgres',
  signal = new AbortController().signal,
): Promise<Server> {
  const parameters = connectionParameters(sourceServer, { database })
  return openServer({ side: 'source', parameters, applicationName, signal })
}

const freeze = (source: Server, database: string): Promise<Freeze> =>
  freezeSource(source, {
    databases: [database],
    graceSeconds: 0,
    log: silentLog,
    signal: new AbortController().signal,
    onFreeze: () => undefined,
  })

test('a run is refused what another has frozen that is at work, and takes it over when that one is gone', async () => {
  const database = await createDatabase(sourceServer)
  await runSql(sourceServer, database, 'create table t as select 1 as a')
  const cancel = new AbortController()
  const living = await openAs(`upgrade-postgres ${uniqueName('a')}`, 'postgres', cancel.signal)
  const locks = await holdFreezeLocks(living, [database], silentLog)
  await freeze(living, database)
  // Its clean-up is still to come: until then it keeps others away.
  cancel.abort()
  const run = (mode: 'upgrade' | 'rehearse') =>
    runUpgrade({
      source: connectionParameters(sourceServer),
      target: connectionParameters(targetServer),
      databases: [database],
      roles: 'skip',
      freezeSource: true,
      mode,
    })
  const refused = await run('upgrade')
  const found = refused.findings.filter(({ check }) => check === 'freeze-not-allowed')
  const message = expect.stringContaining(living.applicationName) as unknown
  expect(found).toMatchObject([{ severity: 'blocking', database, message }])
  expect(refused.databases.map(({ result }) => result)).toEqual(['skipped'])
  expect((await run('rehearse')).result).toBe('passed')
  await locks.release()
  expect(
    await settled(
      () => run('upgrade'),
      ({ result }) => result === 'passed',
    ),
  ).toMatchObject({
    result: 'passed',
  })
})

test('of two that freeze at the same moment, from whatever databases, none takes over from the other', async () => {
  const [database, other] = [await createDatabase(sourceServer), await createDatabase(sourceServer)]
  const first = await openAs(`upgrade-postgres ${uniqueName('a')}`)
  const second = await openAs(`upgrade-postgres ${uniqueName('b')}`, other)
  const locks = await holdFreezeLocks(first, [database], silentLog)
  const refusal: unknown = await holdFreezeLocks(second, [database], silentLog).catch(
    (error: unknown) => error,
  )
  expect(refusal).toMatchObject({
    code: 'freeze-failed',
    message: expect.stringContaining(first.applicationName) as unknown,
  })
  const others = await holdFreezeLocks(second, [other], silentLog)
  await locks.release()
  await others.release()
})

test('a session that keeps a freeze outlives the freeze of the database that it is in', async () => {
  const [database, other] = [await createDatabase(sourceServer), await createDatabase(sourceServer)]
  const first = await openAs(`upgrade-postgres ${uniqueName('a')}`, other)
  const second = await openAs(`upgrade-postgres ${uniqueName('b')}`)
  const locks = await holdFreezeLocks(first, [database], silentLog)
  await freeze(second, other)
  await expect(holdFreezeLocks(second, [database], silentLog)).rejects.toThrow(
    first.applicationName,
  )
  await locks.release()
})

test('what another run has frozen meanwhile is not released under it', async () => {
  const database = await createDatabase(sourceServer)
  const dead = await openAs(`upgrade-postgres ${uniqueName('a')}`)
  const left = await freeze(dead, database)
  const living = await openAs(`upgrade-postgres ${uniqueName('b')}`)
  const locks = await holdFreezeLocks(living, [database], silentLog)
  const warnings: string[] = []
  const log: Log = { ...silentLog, warning: (line) => void warnings.push(line) }
  await releaseSource(dead, left, log)
  expect(warnings).toEqual([expect.stringContaining(`${living.applicationName} `)])
  await expect(runSql(sourceServer, database, 'create table t ()')).rejects.toMatchObject({
    code: '25006',
  })
  await releaseSource(living, left, silentLog)
  await runSql(sourceServer, database, 'create table t ()')
  await locks.release()
})

test.each([true, false])(
  'a run keeps others away until its end, whether it passes: %j',
  async (passes) => {
    const database = await createDatabase(sourceServer)
    const first = await openAs(`upgrade-postgres ${uniqueName('a')}`)
    const second = await openAs(`upgrade-postgres ${uniqueName('b')}`)
    const folder = await mkdtemp(join(tmpdir(), 'freeze-lock-'))
    const run = {
      inputs: { freezeSource: true, mode: 'upgrade' },
      journal: openJournal(join(folder, 'journal.json'), first.applicationName),
      log: silentLog,
      signal: new AbortController().signal,
      clock: systemClock,
      report: startReport('upgrade', new Date()),
    } as unknown as Run
    let refusal: unknown
    const outcome: unknown = await withFrozenSource(run, first, [database], async () => {
      refusal = await holdFreezeLocks(second, [database], silentLog).catch(
        (error: unknown) => error,
      )
      if (!passes) throw new Error('what went wrong')
    }).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'freeze-failed' })
    expect(outcome).toEqual(passes ? undefined : new Error('what went wrong'))
    const take = () => holdFreezeLocks(second, [database], silentLog).catch(() => undefined)
    const locks = await settled(take, (taken) => taken !== undefined)
    expect(locks).toBeDefined()
    await locks?.release()
    await rm(folder, { recursive: true })
  },
)
