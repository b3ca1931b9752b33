/** Labels of an enum that somebody renames on the source while a run is moving rows with them. */
import { randomInt } from 'node:crypto'
import { expect, test } from '@jest/globals'
import pg from 'pg'
import { serverInputs } from '../support/action-inputs.js'
import { startAction } from '../support/runner.js'
import { createDatabase, runSql, sharedServer, uniqueName } from '../support/servers.js'
import { settled } from '../support/settled.js'

const source = await sharedServer(13)
const target = await sharedServer(18)

test.each([
  ['renamed', `alter type mood rename value 'low' to 'calm'`],
  [
    'swapped',
    `alter type mood rename value 'low' to 'x'; alter type mood rename value 'high' to 'low';
     alter type mood rename value 'x' to 'high'`,
  ],
])('a database whose labels were %s is not published, and the type is named', async (_how, sql) => {
  const name = await createDatabase(source)
  const held = uniqueName('held')
  const key = randomInt(1, 2 ** 31)
  // The bigger table comes first, and holds the only job on the target.
  await runSql(
    source,
    name,
    `create function held(a int) returns boolean language plpgsql as $$ begin
       while exists (select from pg_locks where locktype = 'advisory' and objid = ${key}) loop
         perform pg_sleep(0.05);
       end loop;
       return true;
     end $$;
     create table ${held} (a int check (held(a)), filler text);
     insert into ${held} values (1, repeat('x', 1000));
     create type mood as enum ('low', 'high');
     create table moods as select 1 as a, 'low'::mood as mood`,
  )
  const holder = new pg.Client(target.url('postgres'))
  await holder.connect()
  await holder.query(`select pg_advisory_lock(${key})`)
  const action = await startAction({
    ...serverInputs(source, target),
    databases: name,
    method: 'copy',
    jobs: '1',
    roles: 'skip',
  })
  const copying = await settled(
    () =>
      runSql(
        target,
        'postgres',
        `select from pg_stat_activity where query ilike 'copy%${held}%' and wait_event = 'PgSleep'`,
      ),
    (rows) => rows.length > 0,
  )
  await runSql(source, name, sql)
  await holder.end()
  const { exitCode, report } = await action.finished
  expect(copying).not.toEqual([])
  expect(exitCode).toBe(1)
  expect(report?.databases).toMatchObject([
    {
      result: 'failed',
      error: {
        code: 'definitions-changed',
        message: expect.stringContaining('type public.mood (changed)') as unknown,
      },
    },
  ])
  expect(
    await runSql(target, 'postgres', `select from pg_database where datname = '${name}'`),
  ).toEqual([])
})
