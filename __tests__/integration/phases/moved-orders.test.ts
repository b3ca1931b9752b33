/** `mode: validate` tells locales of ICU that mean another order on the target, as the check does before a move. */
import { expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { compareDatabase } from '../../../src/phases/compare-database.js'
import { startReport, type Report } from '../../../src/report/report.js'
import { systemClock } from '../../../src/report/progress.js'
import type { Run } from '../../../src/run.js'
import type { DatabaseFacts } from '../../../src/server/index.js'
import { createDatabase, runSql } from '../../support/servers.js'
import { findingsOfCheck, openPair, type Pair } from '../check/pair.js'

const content = `create collation loud (provider = icu, locale = '@kn=true');
  create collation quiet (provider = icu, locale = 'de');
  create table t (a text) partition by range (a collate loud)`

async function compared({ source, target }: Pair, database: string): Promise<Report> {
  const report = startReport('validate', new Date())
  const inputs = { validate: 'counts', validationQueries: [] }
  const { signal } = new AbortController()
  const clock = systemClock
  const run = { inputs, report, log: silentLog, signal, clock, now: () => new Date() }
  const facts = { name: database, bytes: 8e6 } as DatabaseFacts
  await compareDatabase(run as unknown as Run, { source, target }, facts, 2)
  return report
}

async function createOnBoth({ sourceServer, targetServer }: Pair, sql: string): Promise<string> {
  const database = await createDatabase(sourceServer, 'ordered')
  await runSql(sourceServer, database, sql)
  await runSql(targetServer, 'postgres', `create database ${database}`)
  await runSql(targetServer, database, sql)
  return database
}

test('warns without blocking, in the words of the check', async () => {
  const pair = await openPair(15, 18)
  const onlyOrder = await createOnBoth(pair, content.replace(/;[^;]*$/, ''))
  const partitioned = await createOnBoth(pair, content)
  try {
    const [finding] = await findingsOfCheck(pair, 'locale-order', [onlyOrder])
    expect(finding).toMatchObject({ severity: 'warning', object: 'public.loud' })
    for (const database of [onlyOrder, partitioned]) {
      const { findings, databases } = await compared(pair, database)
      expect(findings).toEqual([{ ...finding, database }])
      expect(databases).toMatchObject([{ error: null, result: 'passed', differences: [] }])
    }
  } finally {
    for (const database of [onlyOrder, partitioned]) {
      await runSql(pair.targetServer, 'postgres', `drop database ${database}`)
    }
  }
})

test('says nothing where both read the locale alike', async () => {
  const pair = await openPair(16, 18)
  const database = await createOnBoth(pair, content)
  try {
    expect((await compared(pair, database)).findings).toEqual([])
  } finally {
    await runSql(pair.targetServer, 'postgres', `drop database ${database}`)
  }
})
