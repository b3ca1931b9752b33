import { describe, expect, test } from '@jest/globals'
import { transfers } from '../../../src/transfer/index.js'
import { loadFixtureRoles, loadFixtures } from '../../support/fixtures.js'
import { schemaDump } from '../../support/independent-check.js'
import { createDatabase, sharedServer } from '../../support/servers.js'
import { readState, readTableHashes } from './content.js'
import { copy } from './copying.js'

const pairs = [
  { from: 11, to: 18 },
  { from: 17, to: 18 },
]

describe.each(pairs)('method copy from $from to $to', ({ from, to }) => {
  test('every edge case of the fixtures arrives as pg_dump and pg_restore carry it', async () => {
    const [source, target] = await Promise.all([sharedServer(from), sharedServer(to)])
    const database = await createDatabase(source, 'fixtures')
    const prefix = await loadFixtures(source, database)
    await loadFixtureRoles(target, prefix, from)

    const streamed = await copy(source, target, database, { transfer: transfers.stream })
    const copied = await copy(source, target, database)

    expect(streamed.error).toBeUndefined()
    expect(copied.error).toBeUndefined()
    const is = { server: target, database: copied.database }
    const reference = { server: target, database: streamed.database }
    expect(await schemaDump(is, to)).toEqual(await schemaDump(reference, to))
    expect(await readTableHashes(is)).toEqual(await readTableHashes(reference))
    expect(await readState(is)).toEqual(await readState(reference))
  }, 300_000)
})
