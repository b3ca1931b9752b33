/** Sources that are read-only. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import type { CheckName } from '../../../src/report/check-names.js'
import { freezeSource } from '../../../src/server/index.js'
import { createDatabase, runSql, uniqueName } from '../../support/servers.js'
import { findingsAfterRemedies, findingsIn, openPair, type Pair } from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(16, 18)
})

const found = async (
  as: Pick<Pair, 'source' | 'target'>,
  check: CheckName,
  database: string,
  freezes = false,
) => {
  const findings = await findingsIn(as, [database], { freezeSource: freezes })
  return findings.filter((finding) => finding.check === check)
}

describe('source-frozen', () => {
  test('notes what an earlier run has left frozen, with a remedy that releases it', async () => {
    const database = await createDatabase(pair.sourceServer)
    await freezeSource(pair.source, {
      databases: [database],
      graceSeconds: 0,
      log: silentLog,
      signal: new AbortController().signal,
      onFreeze: () => undefined,
    })
    const findings = await found(pair, 'source-frozen', database)
    expect(findings).toEqual([
      expect.objectContaining({
        check: 'source-frozen',
        severity: 'note',
        message: expect.stringContaining('by an earlier run') as unknown,
      }),
    ])
    expect(await found(pair, 'source-frozen', database, true)).toEqual([])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
    await runSql(pair.sourceServer, database, 'create table t ()')
  })

  test('warns of a database that somebody has made read-only', async () => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      database,
      `alter database ${database} set default_transaction_read_only = true`,
    )
    const findings = await found(pair, 'source-frozen', database)
    expect(findings).toEqual([
      expect.objectContaining({
        severity: 'warning',
        message: expect.stringContaining('The setting is moved') as unknown,
      }),
    ])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('is not found where the setting is off, or a role alone reads only', async () => {
    const database = await createDatabase(pair.sourceServer)
    const role = uniqueName('reporter')
    await runSql(
      pair.sourceServer,
      database,
      `alter database ${database} set default_transaction_read_only = no; create role ${role};
       alter role ${role} in database ${database} set default_transaction_read_only = on`,
    )
    expect(await found(pair, 'source-frozen', database)).toEqual([])
  })
})
