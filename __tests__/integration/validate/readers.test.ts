/** The sessions that a comparison reads by: used again, and given up when something goes wrong. */
import { beforeAll, describe, expect, it } from '@jest/globals'
import { exportSnapshot, type Session } from '../../../src/server/index.js'
import { countStatement, measure } from '../../../src/validate/rows/measure.js'
import { keepingReaders, withReader, type DatabaseSide } from '../../../src/validate/sides.js'
import { createDatabase, openTestServer, runSql, sharedServer } from '../../support/servers.js'
import { settled } from '../../support/settled.js'

const major = 18

let side: DatabaseSide

beforeAll(async () => {
  const server = await sharedServer(major)
  const database = await createDatabase(server, 'readers')
  side = { server: await openTestServer(server, 'source'), database }
})

const processOf = (session: Session) => Promise.resolve(session.processId)

describe('readers that are kept', () => {
  it('are used again, and closed at the end', async () => {
    const [first, second] = await keepingReaders({ source: side, target: side }, async (sides) => [
      await withReader(sides.source, processOf),
      await withReader(sides.source, processOf),
    ])
    expect(second).toBe(first)
    await expectGone(first)
  })

  it('are not given to those who want other settings', async () => {
    const [kept, path] = await keepingReaders({ source: side, target: side }, async (sides) => [
      await withReader(sides.source, processOf),
      await withReader(
        sides.source,
        async (session) => [session.processId, await session.query('show search_path')],
        { settings: { search_path: 'elsewhere' } },
      ),
    ])
    expect(path).toEqual([expect.any(Number), [{ search_path: 'elsewhere' }]])
    expect(path).not.toContain(kept)
  })

  it('are given up after a failure', async () => {
    const server = await sharedServer(major)
    await keepingReaders({ source: side, target: side }, async (sides) => {
      const first = await withReader(sides.source, processOf)
      await runSql(server, 'postgres', `select pg_terminate_backend(${first})`)
      await expectGone(first)
      const rows = await withReader(sides.source, (session) => session.query('select 1 as one'))
      expect(rows).toEqual([{ one: 1 }])
    })
  })
})

describe('readers inside a snapshot', () => {
  it('keep no locks on what they have read', async () => {
    const server = await sharedServer(major)
    const database = await createDatabase(server, 'readers')
    await runSql(server, database, 'create table t as select 1 as i; create index t_i on t (i)')
    const source = await openTestServer(server, 'source')
    const snapshot = await exportSnapshot(source, database)
    const inSnapshot = { server: source, database, snapshot }
    const ownLocks = `select pg_catalog.count(*) as rows, null::text as hash, '{}'::text[] as apart from pg_catalog.pg_locks
      where pid = pg_catalog.pg_backend_pid() and relation in ('public.t'::regclass, 'public.t_i'::regclass)`
    const count = countStatement('only public.t', '')
    // Big enough to be read by statements of their own, one after the other.
    const measurements = [
      { table: 'before', sql: count, bytes: 1e9 },
      { table: 'locks', sql: ownLocks, bytes: 1e9 },
      { table: 'after', sql: count, bytes: 1e9 },
    ]
    const options = { jobs: 1, stop: new AbortController() }
    await runSql(server, database, 'insert into t values (2)')
    const { measured, left } = await keepingReaders(
      { source: inSnapshot, target: side },
      async (sides) => ({
        measured: await measure(sides.source, measurements, options),
        left: await withReader(sides.source, (session) => session.query(ownLocks)),
      }),
    ).finally(() => snapshot.release())
    expect([...measured].map(([table, { rows }]) => [table, rows])).toEqual([
      ['before', 1],
      ['locks', 0],
      ['after', 1],
    ])
    expect(left).toEqual([{ rows: '0', hash: null, apart: [] }])
  })
})

async function expectGone(processId: unknown): Promise<void> {
  const server = await sharedServer(major)
  const left = () =>
    runSql(server, 'postgres', `select from pg_stat_activity where pid = ${String(processId)}`)
  expect(await settled(left, (rows) => rows.length === 0)).toEqual([])
}
