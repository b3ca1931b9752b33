/** Materialized views whose session on the target is lost while they are filled. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { startCuttingProxy } from '../../support/cutting-proxy.js'
import { runSql, sharedServer } from '../../support/servers.js'
import { fill } from './filling.js'

/** Who calls it first is held up until its session is ended. */
const holdTheFirst = `create sequence times;
  create function once() returns int language plpgsql as $$
  begin
    if nextval('public.times') = 1 then perform pg_sleep(3600); end if;
    return 1;
  end $$`

const again = (view: string, why: string, attempt: number): unknown =>
  expect.stringMatching(
    new RegExp(
      `^A connection was lost while trying to fill the materialized view public\\.${view}: ${why}.*\\. Starting it again \\(attempt ${attempt} of 6\\)\\.$`,
      's',
    ),
  )

test('are filled again where the line is cut, though the server has not noticed it and keeps them locked', async () => {
  const server = await sharedServer(17)
  const proxy = await startCuttingProxy(server, () => undefined)
  const isHeld = async (into: string) =>
    (
      await runSql(
        server,
        'postgres',
        `select from pg_stat_activity where datname = '${into}' and wait_event = 'PgSleep' and query like 'refresh materialized view%'`,
      )
    ).length > 0
  const { error, findings, warnings, query } = await fill(
    [
      { name: 'a', reads: 'select once() as a' },
      { name: 'b', reads: 'select a from a', dependsOn: ['a'] },
    ],
    {
      jobs: 2,
      before: holdTheFirst,
      port: proxy.port,
      async whileFilling(into) {
        while (!(await isHeld(into))) await sleep(50)
        await proxy.away(100)
      },
    },
  )
  proxy.close()
  expect(error).toBeUndefined()
  expect(await query('select a from b')).toEqual([{ a: 1 }])
  expect(await query('select last_value::int as times from times')).toEqual([{ times: 2 }])
  const message = again('a', 'The connection was lost on the target', 2)
  expect(warnings).toEqual([message])
  expect(findings).toMatchObject([
    {
      check: 'copy-repeated',
      severity: 'note',
      object: 'fill the materialized view public.a',
      message,
    },
  ])
})

test('fail with what the server said where it happens each time', async () => {
  const { error, findings, told } = await fill(
    [
      { name: 'a', reads: 'select ended() as a' },
      { name: 'b', reads: 'select a from a', dependsOn: ['a'] },
    ],
    {
      jobs: 2,
      before: `create function ended() returns int language plpgsql as $$
        begin perform pg_terminate_backend(pg_backend_pid()); return 1; end $$`,
    },
  )
  expect(error).toMatchObject({
    code: 'connection-lost',
    side: 'target',
    message: expect.stringMatching(
      /^Could not fill the materialized view public\.a on the target: terminating connection due to administrator command/,
    ),
  })
  expect(findings.map(({ message }) => message)).toEqual(
    [2, 3, 4, 5, 6].map((attempt) => again('a', 'terminating connection', attempt)),
  )
  expect(told).toEqual([
    'filling the materialized view public.a',
    'filling the materialized view public.a: over',
  ])
})

test('are not filled again once another has given up, whose error is told', async () => {
  const { error, findings, query } = await fill(
    [
      { name: 'lost', reads: 'select ended() as a' },
      { name: 'roomless', reads: 'select no_room() as a' },
    ],
    {
      jobs: 2,
      before: `create sequence times;
        create function ended() returns int language plpgsql as $$
        begin perform nextval('public.times'); perform pg_terminate_backend(pg_backend_pid()); return 1; end $$;
        create function no_room() returns int language plpgsql as $$
        begin
          while not (select is_called from public.times) loop perform pg_sleep(0.02); end loop;
          perform pg_sleep(0.3);
          raise 'no space left' using errcode = 'disk_full';
        end $$`,
    },
  )
  expect(error).toMatchObject({
    code: 'disk-full',
    message: expect.stringMatching(/^Could not fill the materialized view public\.roomless /),
  })
  expect(findings).toHaveLength(1)
  expect(await query('select last_value::int as times from times')).toEqual([{ times: 1 }])
})
