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

type Level = 'counts' | 'checksums'

/** Changes of different things, which are made in one copy: most of what a test takes is the comparison. */
const groupSize = 4

/** `app.customers` of `app.customers.name`, `app.customers: touch` and `table app.customers`. */
function thingOf({ object }: Mutation): string {
  return /[\w"]+\.[\w"]+/.exec(object)?.[0].replaceAll('"', '') ?? object
}

function inGroups(mutations: readonly Mutation[]): Mutation[][] {
  const groups: Mutation[][] = []
  for (const mutation of mutations) {
    const group = groups.find(
      (others) =>
        others.length < groupSize && others.every((other) => thingOf(other) !== thingOf(mutation)),
    )
    if (group === undefined) groups.push([mutation])
    else group.push(mutation)
  }
  return groups
}

const found = new Map<Mutation, Promise<string[]>>()

/** What is found after the change and the others of its group; each group is validated once. */
function differencesOf(
  mutation: Mutation,
  all: readonly Mutation[],
  level: Level,
): Promise<string[]> {
  if (!found.has(mutation)) {
    const group = inGroups(all).find((each) => each.includes(mutation)) ?? []
    const differences = differencesAfter(group.map(({ sql }) => sql).join(';\n'), level)
    for (const each of group) found.set(each, differences)
  }
  return found.get(mutation) ?? Promise.resolve([])
}

/** Validates a copy of the restored database in which something was changed. */
async function differencesAfter(sql: string, level: Level): Promise<string[]> {
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
    expect(await differencesAfter('select 1', 'checksums')).toEqual([])
  })

  it('finds nothing where the server itself marks the columns, as 15.20 and later do', async () => {
    const marked = `update pg_attribute set attoptions = '{pg_attver=22161464}' || coalesce(attoptions, '{}')
      where attrelid in (select oid from pg_class where oid >= 16384 and relkind in ('r', 'v', 'm', 'p', 'f', 'c'))
        and attnum > 0`
    expect(await differencesAfter(marked, 'counts')).toEqual([])
  })

  it.each(countMutations)('finds by counts: $title', async (mutation) => {
    const differences = await differencesOf(mutation, countMutations, 'counts')
    expect(differences).toContainEqual(
      expect.stringContaining(`${mutation.kind} ${mutation.object}`),
    )
  })

  it.each(contentMutations)('finds by checksums: $title', async (mutation) => {
    const differences = await differencesOf(mutation, contentMutations, 'checksums')
    expect(differences).toContainEqual(
      expect.stringContaining(`${mutation.kind} ${mutation.object}`),
    )
  })
})
