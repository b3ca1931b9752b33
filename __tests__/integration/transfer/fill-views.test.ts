/** Materialized views that are filled at the end, under the settings of the source's database. */
import { expect, test } from '@jest/globals'
import type { Session, Snapshot } from '../../../src/server/index.js'
import { messageOf } from '../../../src/errors.js'
import { readFillSettings } from '../../../src/transfer/views/fill-settings.js'
import { transfers } from '../../../src/transfer/index.js'
import { copy } from '../copy/copying.js'
import { fill } from './filling.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
} from '../../support/servers.js'

/** Waits, in the query of a view, until so many sessions of the database fill views, and a little longer; returns the most that it has seen. */
const meeting = `create function meet(sessions int) returns int language plpgsql as $$
    declare most int := 0; found int; met int := 0;
    begin
      for round in 1..1500 loop
        perform pg_stat_clear_snapshot();
        select count(*) into found from pg_stat_activity
         where datname = current_database() and state = 'active' and query like 'refresh materialized view%';
        most := greatest(most, found);
        met := met + case when most >= sessions then 1 else 0 end;
        exit when met = 10;
        perform pg_sleep(0.02);
      end loop;
      return most;
    end $$`

test('are told in the progress line while they are filled, and one that is not there is passed over', async () => {
  const { told, error, query } = await fill(
    [
      { name: 'first', reads: 'select 1' },
      { name: '"Second view"', reads: 'select 2' },
      { name: 'left_out', reads: 'select 3' },
    ],
    { jobs: 1, leftOut: 'left_out' },
  )
  expect(error).toBeUndefined()
  expect(told).toEqual([
    'filling the materialized view public.first',
    'filling the materialized view public.first: over',
    'filling the materialized view public."Second view"',
    'filling the materialized view public."Second view": over',
  ])
  expect(await query('select from first cross join "Second view"')).toHaveLength(1)
})

test('are filled side by side, by no more sessions than there are jobs', async () => {
  const { error, query } = await fill(
    [
      { name: 'a', reads: 'select meet(2) as met' },
      { name: 'b', reads: 'select meet(2) as met' },
      { name: 'c', reads: 'select meet(1) as met' },
      { name: 'd', reads: 'select meet(1) as met' },
    ],
    { jobs: 2, before: meeting },
  )
  expect(error).toBeUndefined()
  const met = await query(
    `select a.met as a, b.met as b, greatest(c.met, d.met) <= 2 as others from a, b, c, d`,
  )
  expect(met).toEqual([{ a: 2, b: 2, others: true }])
})

test('wait for those that they read, and for no others', async () => {
  const { told, error } = await fill(
    [
      { name: 'base', reads: 'select meet(2) as met' },
      { name: 'above', reads: 'select met from base', dependsOn: ['base'] },
      { name: 'beside', reads: 'select meet(2) as met' },
    ],
    { jobs: 3, before: meeting },
  )
  expect(error).toBeUndefined()
  expect(told.slice(0, 2)).toEqual([
    'filling the materialized view public.base',
    'filling the materialized view public.beside',
  ])
  expect(told.indexOf('filling the materialized view public.above')).toBeGreaterThan(
    told.indexOf('filling the materialized view public.base: over'),
  )
})

test('are filled again, alone, where a function of theirs reads one that was filled later', async () => {
  const { told, error, query } = await fill(
    [
      { name: 'a', reads: 'select hidden() as seven' },
      { name: 'above', reads: 'select seven from a', dependsOn: ['a'] },
      { name: 'z', reads: 'select 7 as seven' },
    ],
    {
      jobs: 1,
      before: `create function hidden() returns int language plpgsql as $$ begin return (select seven from public.z); end $$`,
    },
  )
  expect(error).toBeUndefined()
  expect(await query('select seven from above')).toEqual([{ seven: 7 }])
  expect(told.filter((each) => each.endsWith('.z'))).toHaveLength(1)
})

test('are filled again, alone, where the lock table has no place for them beside others', async () => {
  const { error, query } = await fill(
    [
      { name: 'beside', reads: 'select meet(2) as met' },
      { name: 'big', reads: 'select locked() as sessions' },
    ],
    {
      jobs: 2,
      before: `${meeting};
        create sequence times;
        create function locked() returns int language plpgsql as $$
        begin
          if nextval('public.times') = 1 then
            perform public.meet(2);
            raise 'out of shared memory' using errcode = 'out_of_memory';
          end if;
          return (select count(*) from pg_stat_activity
                   where datname = current_database() and query like 'refresh materialized view%' and state = 'active');
        end $$`,
    },
  )
  expect(error).toBeUndefined()
  expect(await query('select sessions from big')).toEqual([{ sessions: 1 }])
})

test('that the server refuses are all named in their order, those on them as well, and hinder no others', async () => {
  const { error, query } = await fill(
    [
      { name: 'broken', reads: 'select 1 / (random() * 0)::int as none' },
      { name: 'above', reads: 'select none from broken', dependsOn: ['broken'] },
      { name: 'wrong', reads: `select chr((random() * 0)::int) as none` },
      { name: 'good', reads: 'select 1 as one' },
    ],
    { jobs: 3 },
  )
  expect(error).toMatchObject({ code: 'restore-failed', side: 'target' })
  const could = (view: string, why: string): unknown =>
    expect.stringContaining(
      `- Could not fill the materialized view public.${view} on the target: ${why}`,
    )
  expect(messageOf(error).split('\n')).toEqual([
    'Could not fill 3 materialized views on the target:',
    could('broken', 'division by zero'),
    could('above', 'materialized view "broken" has not been populated'),
    could('wrong', 'null character not permitted'),
  ])
  expect(await query('select one from good')).toEqual([{ one: 1 }])
})

test.each([
  ['table', 'select a from closed', 'select on "closed"'],
  ['function', 'select shut() as a', 'execute on function "shut"'],
])(
  'name their owner where a %s is denied to it, and what to grant',
  async (_kind, reads, grant) => {
    const owner = uniqueName('owner')
    const { error } = await fill([{ name: 'm', reads }], {
      jobs: 1,
      before: `create table closed (a int); create function shut() returns int language sql as 'select 1';
             revoke execute on function shut() from public;
             do $$ begin if to_regrole('${owner}') is null then create role ${owner}; end if; end $$`,
      after: `alter materialized view m owner to ${owner}`,
    })
    expect(error).toMatchObject({
      code: 'restore-failed',
      hint: expect.stringMatching(
        new RegExp(`owner ${owner}, [^]*\ngrant ${grant} to ${owner};\n.*#view-not-readable`),
      ),
    })
  },
)

test.each(['plain', 'stream', 'custom', 'parallel'] as const)(
  'are looked for on the source once by the method %s',
  async (method) => {
    const [from, to] = [await sharedServer(17), await sharedServer(18)]
    const database = await createDatabase(from, 'once')
    await runSql(from, database, 'create materialized view m as select 1 as a')
    let asked = 0
    const counting = (session: Session): Session =>
      Object.create(session, {
        queryOne: {
          value: (sql: string) => {
            if (sql.includes('relispopulated')) asked += 1
            return session.queryOne(sql)
          },
        },
      }) as Session
    const copied = await copy(from, to, database, {
      transfer: (options) => {
        const { snapshot } = options
        const withSession: Snapshot['withSession'] = (work) =>
          snapshot.withSession((session) => work(counting(session)))
        return transfers[method]({ ...options, snapshot: { ...snapshot, withSession } })
      },
    })
    expect(copied.error).toBeUndefined()
    expect(await runSql(to, copied.database, 'select a from m')).toEqual([{ a: 1 }])
    expect(asked).toBe(1)
  },
)

test.each([16, 17])(
  'are not seen by event triggers on PostgreSQL %i, which are then enabled as they were',
  async (major) => {
    const { error, query } = await fill([{ name: 'a', reads: 'select 1' }], {
      jobs: 1,
      major,
      before: `create table seen (tag text);
        create function note() returns event_trigger language plpgsql as $$ begin insert into public.seen values (tg_tag); end $$;
        create event trigger "as Usual" on ddl_command_end execute function note();
        create event trigger always on ddl_command_end execute function note();
        alter event trigger always enable always;
        create event trigger replica on ddl_command_end execute function note();
        alter event trigger replica enable replica;
        create event trigger never on ddl_command_end execute function note();
        alter event trigger never disable`,
    })
    expect(error).toBeUndefined()
    expect(await query(`select tag from seen where tag like 'REFRESH%'`)).toEqual([])
    expect(
      await query(
        `select string_agg(evtname || ' ' || evtenabled::text, ', ' order by evtname::text collate "C") as enabled from pg_event_trigger`,
      ),
    ).toEqual([{ enabled: 'always A, as Usual O, never D, replica R' }])
  },
)

const settings = {
  timezone: 'Asia/Tokyo',
  datestyle: 'SQL, DMY',
  intervalstyle: 'sql_standard',
  default_text_search_config: 'words',
  bytea_output: 'escape',
  extra_float_digits: '0',
  'app.region': 'the eastern one',
}

test.each(['plain', 'copy', 'stream', 'custom', 'parallel'] as const)(
  'are filled by the method %s as a session of the source fills them, and rows arrive as they are',
  async (method) => {
    const [from, to] = [await sharedServer(13), await sharedServer(18)]
    const database = await createDatabase(from, 'settings')
    await runSql(
      from,
      database,
      `create text search configuration words (copy = pg_catalog.english);
       create table t (at timestamptz, span interval, word text, bytes bytea, number float8);
       insert into t values ('2026-03-04 20:00+00', '-1 day 2 hours -3 seconds', 'running dogs', 'a\\001', 0.1::float8 + 0.2);
       create function region() returns text language plpgsql stable as $$ begin return current_setting('app.region'); end $$;` +
        Object.entries(settings)
          .map(([name, value]) => `alter database ${database} set ${name} = '${value}';`)
          .join(' '),
    )
    await runSql(
      from,
      database,
      `create materialized view m as
         select at::date as day, at::text as time, span::text as span, to_tsvector(word)::text as words, bytes::text as bytes,
                number::text as number, current_setting('app.region') as region, region() as called from t;
       create materialized view above as select time from m`,
    )
    const read = `select day::text, time, span, words, bytes, number, region, called, (select time from above) as above from m`
    const copied = await copy(from, to, database, { transfer: transfers[method] })
    expect(copied.error).toBeUndefined()
    expect(copied.findings).toEqual([])
    // Values are compared as they are, whatever the database would print.
    const pinned =
      'set datestyle = iso; set intervalstyle = postgres; set timezone = utc; set extra_float_digits = 3;'
    const held = `${pinned} ${read}`
    const filled = await runSql(to, copied.database, held)
    expect(filled).toEqual(await runSql(from, database, held))
    expect(filled).toMatchObject([{ day: '2026-03-05', region: settings['app.region'] }])
    const rows = `${pinned} select at::text, span::text, word, bytes, number::text from t`
    expect(await runSql(to, copied.database, rows)).toEqual(await runSql(from, database, rows))
  },
)

test.each([
  ['plain', '--schema-only'],
  ['stream', '--no-data'],
  ['custom', '-Os'],
  ['parallel', '--schema-only'],
  ['stream', '--section=pre-data'],
] as const)(
  'are left empty by the method %s with the argument %s for pg_restore',
  async (method, argument) => {
    const [from, to] = [await sharedServer(15), await sharedServer(18)]
    const database = await createDatabase(from, 'definitions')
    await runSql(
      from,
      database,
      `create table t as select 1 as i; create materialized view m as select 1 / count(*) as share from t`,
    )
    const options = { transfer: transfers[method], pgRestoreArguments: [argument] }
    const copied = await copy(from, to, database, options)
    expect(copied.error).toBeUndefined()
    const populated = `select relispopulated as filled from pg_class where relname = 'm'`
    expect(await runSql(to, copied.database, populated)).toEqual([{ filled: false }])
  },
)

test('know the settings of all from those that only the role of the run has', async () => {
  const testServer = await sharedServer(17)
  const database = await createDatabase(testServer)
  const [mighty, plain] = [uniqueName('mighty'), uniqueName('plain')]
  await runSql(
    testServer,
    database,
    `create role ${mighty} login superuser password 'only-for-this-test';
     create role ${plain} login password 'only-for-this-test';
     alter role ${mighty} set timezone = 'Asia/Tokyo';
     alter role ${mighty} set bytea_output = 'escape';
     alter role ${plain} in database ${database} set timezone = 'Asia/Tokyo';
     alter database ${database} set bytea_output = 'escape';
     alter role ${plain} set bytea_output = 'hex'`,
  )
  try {
    const [ofServer] = await runSql<{ zone: string }>(
      testServer,
      'postgres',
      "select current_setting('timezone') as zone",
    )
    const settingsOf = async (user: string) => {
      const changes = { user, password: 'only-for-this-test' }
      const read = await readFillSettings(
        await openTestServer(testServer, 'source', changes),
        database,
      )
      const values = new Map(read.settings.map(({ name, value }) => [name.toLowerCase(), value]))
      return [values.get('timezone'), values.get('bytea_output'), read.hidden]
    }
    expect(await settingsOf(mighty)).toEqual([ofServer?.zone, 'escape', []])
    expect(await settingsOf(plain)).toEqual([
      undefined,
      'escape',
      [
        {
          name: 'TimeZone',
          reset: `alter role ${plain} in database ${database} reset "TimeZone";`,
        },
      ],
    ])
  } finally {
    await runSql(testServer, 'postgres', `drop role ${mighty}, ${plain}`)
  }
})
