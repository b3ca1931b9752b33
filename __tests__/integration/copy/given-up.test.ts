/** A database that is given up, as when its snapshot is lost, while the run goes on. */
import { expect, test } from '@jest/globals'
import { copyDatabaseWith, createScheduler } from '../../../src/transfer/copy/index.js'
import type { Transfer } from '../../../src/transfer/transfer.js'
import { createDatabase, inSession, runSql, sharedServer } from '../../support/servers.js'
import { settled } from '../../support/settled.js'
import { copy } from './copying.js'

/** On the target, rows of a held table wait for its advisory lock; they come last because a function checks them, and weigh more than the index. */
const heldTable = (number: number) => `
  create table held_${number} as select i as id, repeat(md5(i::text), 20) as filler from generate_series(1, 8000) i;
  alter table held_${number} add check (waits(${number}));`

const tables = `
  create function waits(int) returns boolean immutable language plpgsql as $$ begin
    if current_setting('server_version_num')::int >= 170000 then perform pg_advisory_xact_lock_shared($1); end if;
    return true;
  end $$;
  create table indexed as select i as id, repeat(md5(i::text), 20) as filler from generate_series(1, 1000) i;
  create index on indexed (id);
  ${heldTable(1)} ${heldTable(2)}`

test('an index whose turn comes then is not built, and ends the copying of rows', async () => {
  const [source, target] = await Promise.all([sharedServer(13), sharedServer(17)])
  const database = await createDatabase(source, 'given_up')
  await runSql(source, database, tables)
  const into = await createDatabase(target, 'given_up')
  const givenUp = new AbortController()
  const scheduler = createScheduler(2, new AbortController().signal)
  let hasEnded = false
  const transfer: Transfer = (options) =>
    copyDatabaseWith(
      {
        ...options,
        signal: givenUp.signal,
        phase: (name, _side, work) =>
          work().finally(() => (hasEnded ||= name === 'copy rows, build indexes')),
      },
      scheduler,
    )
  const waiting = `select from pg_stat_activity where datname = '${into}' and wait_event = 'advisory'`
  const copied = await inSession(target, into, async (run) => {
    await run('select pg_advisory_lock(1), pg_advisory_lock(2)')
    const copying = copy(source, target, database, { into, transfer })
    const seen = await settled(
      () => run(waiting),
      (rows) => rows.length === 2,
    )
    expect(seen).toHaveLength(2)
    givenUp.abort()
    await run('select pg_advisory_unlock(2)')
    expect(await settled(() => Promise.resolve(hasEnded), Boolean)).toBe(true)
    expect(await run(waiting)).toHaveLength(1)
    await run('select pg_advisory_unlock(1)')
    return copying
  })
  await scheduler.close()
  expect(copied.error).toMatchObject({ code: 'cancelled' })
  const built = `select from pg_indexes where tablename = 'indexed'`
  expect(await runSql(target, into, built)).toEqual([])
})
