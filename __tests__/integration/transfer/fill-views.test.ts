/** Materialized views that are filled at the end, one after the other, under the settings of the source's database. */
import { expect, test } from '@jest/globals'
import type { Session, Snapshot } from '../../../src/server/index.js'
import { fillViews } from '../../../src/transfer/fill-views.js'
import { transfers } from '../../../src/transfer/index.js'
import type { ListEntry } from '../../../src/transfer/restore-list.js'
import { copy } from '../copy/copying.js'
import { createDatabase, openTestServer, runSql, sharedServer } from '../../support/servers.js'

test('are named in the progress line while they are filled, and one that is not there is passed over', async () => {
  const testServer = await sharedServer(17)
  const views = `create materialized view first as select 1 with no data;
    create materialized view "Second view" as select 2 with no data;`
  const stagingDatabase = await createDatabase(testServer)
  await runSql(testServer, stagingDatabase, views)
  const database = await createDatabase(testServer)
  const rows = await runSql<{ oid: string }>(
    testServer,
    database,
    `${views} create materialized view left_out as select 3 with no data;
     select oid::text from pg_class where relkind = 'm' order by oid`,
  )
  const server = await openTestServer(testServer, 'source')
  const target = await openTestServer(testServer, 'target')
  const told: string[] = []
  await server.withSession(database, (reader) =>
    fillViews(
      {
        reader,
        source: server,
        database,
        target,
        stagingDatabase,
        onActivity: (activity) => told.push(activity),
        finding: () => undefined,
      },
      rows.map(({ oid }) => ({ oid }) as ListEntry),
    ),
  )
  expect(told).toEqual([
    'filling the materialized view public.first',
    'filling the materialized view public."Second view"',
  ])
  const filled = await runSql(
    testServer,
    stagingDatabase,
    'select from first cross join "Second view"',
  )
  expect(filled).toHaveLength(1)
})

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
