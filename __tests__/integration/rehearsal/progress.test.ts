/** Whatever of a run can take long says so in the log: seen with a clock that lets every wait be a long one. */
import { expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import type { Clock } from '../../../src/report/progress.js'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

/** Twice the time comes at once: what reads how far it is does so at the first, and speaks at the second. */
const longClock: Clock = {
  now: () => Date.now(),
  every(_milliseconds, tick) {
    tick()
    tick()
    return () => undefined
  },
}

test.each(['copy', 'stream'] as const)('of a rehearsal by %s', async (method) => {
  const source = await sharedServer(11)
  const target = await sharedServer(18)
  const database = await createDatabase(source, 'slow')
  await runSql(source, database, 'create table t as select i from generate_series(1, 10) i')
  const lines: string[] = []
  const shown: string[] = []
  const log = {
    ...silentLog,
    info: (line: string) => lines.push(line),
    show({ what }: { what: string }) {
      shown.push(what)
      return () => undefined
    },
  }
  const report = await runUpgrade(
    {
      source: connectionParameters(source),
      target: connectionParameters(target),
      mode: 'rehearse',
      method,
      databases: [database],
      roles: 'skip',
    },
    undefined,
    { log, clock: longClock },
  )
  await runSql(source, 'postgres', `drop database ${database}`)
  expect(report.result).toBe('passed')
  const spoken = lines
    .filter((line) => / gone(?:$|[,;])/.test(line))
    .map((line) => line.replace(database, 'db').replace(/\d+(?:\.\d)? s gone.*/, '…'))
  expect([...new Set(spoken)]).toEqual([
    'Connect to both servers: still running, …',
    'Get the client tools: still running, …',
    'Choose the databases: still running, …',
    'Check: still running, …',
    'Move the roles: still running, …',
    'db: snapshot still running, …',
    'db: create still running, …',
    'db: size on the target unknown, …',
    'db: validate: still running, …',
    'db: analyze: still running, …',
    'db: drift still running, …',
    'db: publish still running, …',
    'db: drop still running, …',
    'Compare the server parameters: still running, …',
  ])
  expect(shown).toEqual(expect.arrayContaining([database, `${database}: validate`]))
  const tables = shown.filter((what) => what.startsWith('copy '))
  expect(tables).toEqual(method === 'copy' ? ['copy "public"."t"'] : [])
})
