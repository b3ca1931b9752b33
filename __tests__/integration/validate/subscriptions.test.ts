import { beforeAll, describe, expect, it } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
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

const connection = `connection 'host=127.0.0.1 port=1 dbname=x password=geheim'`

/** Each named for the fact that tells it, with what it is created with, and what is done to the restored one: made anew without its options where a change asks the publisher. */
const changes: readonly (readonly [name: string, options: string, change?: string])[] = [
  ['binary', 'binary = true', 'set (binary = false)'],
  ['connection', '', `connection 'host=127.0.0.1 port=2 dbname=x password=geheim'`],
  ['disabled_on_error', 'disable_on_error = true', 'set (disable_on_error = false)'],
  ['failover', 'failover = true'],
  ['origin', 'origin = none', 'set (origin = any)'],
  ['password_required', 'password_required = false', 'set (password_required = true)'],
  ['run_as_owner', 'run_as_owner = true', 'set (run_as_owner = false)'],
  ['slot', 'slot_name = here', 'set (slot_name = there)'],
  ['streaming', 'streaming = parallel', 'set (streaming = on)'],
  ['synchronous_commit', 'synchronous_commit = remote_apply', 'set (synchronous_commit = off)'],
]

function created(name: string, options = ''): string {
  const more = options === '' ? '' : `, ${options}`
  return `create subscription of_${name} ${connection} publication p with (connect = false${more})`
}

interface Compared {
  readonly reader?: { readonly user: string; readonly password: string } | undefined
  readonly from?: TestServer
  readonly database?: string
  readonly copy?: string
}

let servers: { source: TestServer; target: TestServer }
let original: string
let restored: string

beforeAll(async () => {
  servers = { source: await sharedServer(17), target: await sharedServer(18) }
  original = await createDatabase(servers.source)
  for (const [name, options] of changes) {
    await runSql(servers.source, original, created(name, options))
  }
  await runSql(
    servers.source,
    original,
    `create subscription let_go ${connection} publication p with (connect = false, slot_name = none);
     comment on subscription let_go is 'from the warehouse'`,
  )
  restored = await dumpAndRestore(servers.source, original, servers.target)
})

async function createReader(server: TestServer): Promise<{ user: string; password: string }> {
  const user = uniqueName('reader')
  await runSql(server, 'postgres', `create role ${user} login password 'reading'`)
  return { user, password: 'reading' }
}

/** As a superuser on either side, or as somebody else on the source. */
async function differences({
  reader,
  from = servers.source,
  database = original,
  copy = restored,
}: Compared = {}) {
  const validated = await validateDatabase({
    source: { server: await openTestServer(from, 'source', reader), database },
    target: { server: await openTestServer(servers.target, 'target'), database: copy },
    level: 'counts',
    queries: [],
    jobs: 1,
    log: silentLog,
    signal: new AbortController().signal,
  })
  return validated.differences
}

describe('subscriptions', () => {
  it('are the same after a restore, also once their slot has been given to the target', async () => {
    expect(await differences()).toEqual([])
    await runSql(servers.target, restored, `alter subscription let_go set (slot_name = taken)`)
    expect(await differences()).toEqual([])
  })

  it('are the same when they come from a major that knew none of the options', async () => {
    const from = await sharedServer(13)
    const database = await createDatabase(from)
    await runSql(from, database, `${created('old')}; comment on subscription of_old is 'is ours'`)
    const copy = await dumpAndRestore(from, database, servers.target)
    expect(await differences({ from, database, copy })).toEqual([])
  })

  it('of the original alone are nothing to a copy of the database, and neither are their comments', async () => {
    for (const from of [servers.source, await sharedServer(13)]) {
      const template = await createDatabase(from)
      const name = uniqueName('original')
      const comment = `comment on subscription of_${name} is 'stays'`
      await runSql(from, template, `${created(name)}; ${comment}`)
      const database = await createDatabase(from, 'copied', { template })
      const copy = await createDatabase(servers.target)
      for (const reader of [undefined, await createReader(from)]) {
        const found = await differences({ reader, from, database, copy })
        expect(found.filter(({ kind }) => kind !== 'privilege')).toEqual([])
      }
    }
  })

  it('which the dump of a role that is no superuser lacks, may be missing, and so may their comments', async () => {
    const copy = await createDatabase(servers.target)
    expect(await differences({ reader: await createReader(servers.source), copy })).toEqual([])
    expect(await differences({ copy })).toContainEqual(
      expect.objectContaining({ kind: 'comment', object: 'subscription let_go' }),
    )
  })

  it('differ by each option, and their connection, which is not shown', async () => {
    for (const [name, , change] of changes) {
      if (change === undefined) {
        await runSql(
          servers.target,
          restored,
          `alter subscription of_${name} set (slot_name = none)`,
        )
        await runSql(servers.target, restored, `drop subscription of_${name}`)
        await runSql(servers.target, restored, created(name))
      } else await runSql(servers.target, restored, `alter subscription of_${name} ${change}`)
    }
    const found = await differences()
    expect(found.map(({ kind, object }) => `${kind} ${object}`)).toEqual(
      changes.map(([name]) => `subscription of_${name}`),
    )
    expect(found.map(({ source }) => source?.split(':')[0])).toEqual(
      changes.map(([name]) => name.replaceAll('_', ' ')),
    )
    expect(found[1]).toMatchObject({
      source: 'connection: (not shown)',
      target: 'connection: (not shown)',
    })
  })

  it('are compared by what a role that is no superuser may see', async () => {
    const found = await differences({ reader: await createReader(servers.source) })
    expect(found.map(({ object }) => object)).toEqual(
      changes.map(([name]) => `of_${name}`).filter((name) => name !== 'of_connection'),
    )
  })
})
