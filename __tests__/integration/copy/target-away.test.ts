import { describe, expect, test } from '@jest/globals'
import { hasCommitted } from '../../../src/server/index.js'
import { startCuttingProxy } from '../../support/cutting-proxy.js'
import { createDatabase, openTestServer, runSql, sharedServer } from '../../support/servers.js'
import { readTableHashes } from './content.js'
import { copy } from './copying.js'

const bigTable = `create table big as select i as id, repeat(md5(i::text), 20) as filler from generate_series(1, 120000) i`

describe('a target that goes away in the middle of a table', () => {
  test('for seconds: the table is copied when it is back', async () => {
    const [source, target] = await Promise.all([sharedServer(13), sharedServer(17)])
    const database = await createDatabase(source, 'away')
    await runSql(source, database, bigTable)
    const into = await createDatabase(target, 'away')
    const proxy = await startCuttingProxy(target, () => undefined)
    let gone: Promise<void> | undefined
    const copied = await copy(source, { ...target, port: proxy.port }, database, {
      into,
      onBytes: (bytes) => {
        if (bytes > 5_000_000) gone ??= proxy.away(2500)
      },
    })
    await gone
    proxy.close()
    expect(copied.error).toBeUndefined()
    expect(copied.findings.map(({ check }) => check)).toContain('copy-repeated')
    const was = await readTableHashes({ server: source, database })
    expect(await readTableHashes({ server: target, database: into })).toEqual(was)
  })

  test('a transaction whose number a crash has taken back has not been committed', async () => {
    const target = await openTestServer(await sharedServer(17), 'target')
    await target.withSession(undefined, async (session) => {
      expect(await hasCommitted(session, '4000000000')).toBe(false)
    })
  })
})
