import { beforeAll, expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { exportSnapshot } from '../../../src/server/index.js'
import { validateDatabase } from '../../../src/validate/index.js'
import { createDatabase, runSql } from '../../support/servers.js'
import { openPair, type Pair } from '../check/pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(11, 18)
})

/** More than the two ranges that are looked at side by side. */
const fill = `select lo_from_bytea(20000 + 3 * i, decode(md5(i::text), 'hex')) from generate_series(1, 3500) i`

/** Both sides are filled alike, and the target is changed. */
async function compareAfter(change: string): Promise<string[]> {
  const { source, target, sourceServer, targetServer } = pair
  const [before, after] = [await createDatabase(sourceServer), await createDatabase(targetServer)]
  await runSql(sourceServer, before, fill)
  await runSql(targetServer, after, `${fill}; ${change}`)
  const snapshot = await exportSnapshot(source, before)
  try {
    const { differences } = await validateDatabase({
      source: { server: source, database: before, snapshot },
      target: { server: target, database: after },
      level: 'checksums',
      queries: [],
      jobs: 2,
      log: silentLog,
      signal: new AbortController().signal,
    })
    // Databases that were made by hand have other privileges on the schema public.
    return differences
      .map(({ kind, object }) => `${kind} ${object}`)
      .filter((difference) => difference !== 'privilege schema public')
      .sort()
  } finally {
    await snapshot.release()
  }
}

test('thousands of large objects are the same', async () => {
  expect(await compareAfter('select 1')).toEqual([])
})

test('what differs is told of each, wherever it is', async () => {
  const change = `
    select lo_unlink(20003); select lo_create(5), lo_create(4294967295);
    select lo_put(20000 + 3 * 1700, 3, 'x');
    grant select on large object 30500 to public`
  expect(await compareAfter(change)).toEqual([
    'large object 20003',
    'large object 4294967295',
    'large object 5',
    'large object content 25100',
    'privilege large object 20003',
    'privilege large object 30500',
    'privilege large object 4294967295',
    'privilege large object 5',
  ])
})
