import { beforeAll, describe, expect, it } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { quoteIdentifier, type Server } from '../../../src/server/index.js'
import { validateDatabase } from '../../../src/validate/index.js'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { createRoles, fillWithEdgeCases } from './edge-cases.js'
import { contentMutations, countMutations, type Mutation } from './mutations.js'

let servers: { source: TestServer; target: TestServer }
let source: Server
let target: Server
let original: string
let restored: string

beforeAll(async () => {
  servers = { source: await sharedServer(15), target: await sharedServer(18) }
  await createRoles(servers.source)
  await createRoles(servers.target)
  source = await openTestServer(servers.source, 'source')
  target = await openTestServer(servers.target, 'target')
  original = await createDatabase(servers.source)
  await fillWithEdgeCases(servers.source, original)
  restored = await dumpAndRestore(servers.source, original, servers.target)
})

/** Validates a copy of the restored database in which one thing was changed. */
async function differencesAfter(
  { sql }: Pick<Mutation, 'sql'>,
  level: 'counts' | 'checksums',
): Promise<string[]> {
  const copy = uniqueName('mutated')
  const name = quoteIdentifier(copy)
  await runSql(
    servers.target,
    'postgres',
    `create database ${name} template ${quoteIdentifier(restored)}`,
  )
  await runSql(servers.target, copy, sql)
  const { differences } = await validateDatabase({
    source: { server: source, database: original },
    target: { server: target, database: copy },
    level,
    queries: [],
    jobs: 2,
    log: silentLog,
    signal: new AbortController().signal,
  })
  return differences.map(({ kind, object }) => `${kind} ${object}`)
}

describe('validateDatabase', () => {
  it('finds nothing in an unchanged copy', async () => {
    expect(await differencesAfter({ sql: 'select 1' }, 'checksums')).toEqual([])
  })

  it.each(countMutations)('finds by counts: $title', async (mutation) => {
    const found = await differencesAfter(mutation, 'counts')
    expect(found).toContainEqual(expect.stringContaining(`${mutation.kind} ${mutation.object}`))
  })

  it.each(contentMutations)('finds by checksums: $title', async (mutation) => {
    const found = await differencesAfter(mutation, 'checksums')
    expect(found).toContainEqual(expect.stringContaining(`${mutation.kind} ${mutation.object}`))
  })
})
