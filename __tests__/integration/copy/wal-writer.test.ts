import { expect, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDatabase, runSql, sharedServer } from '../../support/servers.js'
import { readTableHashes } from './content.js'
import { copy } from './copying.js'

test('one session wakes the WAL writer of the target; the copy goes on without it, and leaves none behind', async () => {
  const [source, target] = await Promise.all([sharedServer(11), sharedServer(18)])
  const database = await createDatabase(source, 'wal')
  await runSql(
    source,
    database,
    `create table big as select i as id, repeat(md5(i::text), 20) as filler from generate_series(1, 120000) i`,
  )
  const into = await createDatabase(target, 'wal')
  const wakers = `pg_stat_activity where datname = '${into}' and query like '%pg_logical_emit_message%'`
  const state = { isOver: false }
  const copying = copy(source, target, database, { into, jobs: 3 }).finally(() => {
    state.isOver = true
  })
  let seen: unknown[] = []
  while (!state.isOver && seen.length === 0) {
    seen = await runSql(target, 'postgres', `select pid from ${wakers}`)
    await sleep(5)
  }
  const ended = await runSql(target, 'postgres', `select pg_terminate_backend(pid) from ${wakers}`)
  const { error } = await copying
  expect(error).toBeUndefined()
  expect(seen).toHaveLength(1)
  expect(ended).toHaveLength(1)
  expect(await runSql(target, 'postgres', `select pid from ${wakers}`)).toEqual([])
  expect(await readTableHashes({ server: target, database: into })).toEqual(
    await readTableHashes({ server: source, database }),
  )
})
