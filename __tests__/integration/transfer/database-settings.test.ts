/** What the settings of the source's database decide while it is restored: indexes, checks and generated columns. */
import { expect, test } from '@jest/globals'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

const settings = {
  timezone: 'Asia/Tokyo',
  datestyle: 'SQL, DMY',
  intervalstyle: 'sql_standard',
  bytea_output: 'escape',
  extra_float_digits: '0',
  'app.tenant': "it's x",
}

const definitions = `
  create function day(timestamptz) returns date language sql immutable as 'select $1::date';
  create function told(timestamptz, interval, bytea, float8) returns text language sql immutable
    as 'select concat($1, $2, $3, $4)';
  create function words(text) returns tsvector language sql immutable as 'select to_tsvector($1)';
  create domain morning as timestamptz check (extract(hour from value) between 9 and 11);
  create table t (
    a timestamptz check (extract(hour from a) between 9 and 17), m morning, s interval, b bytea, f float8, w text,
    d text generated always as (told(a, s, b, f)) stored,
    check (current_setting('app.tenant') = 'it''s x'));
  create unique index on t (day(a));
  create index told on t (told(a, s, b, f));
  create index words on t using gin (words(w));
  insert into t values
    ('2020-01-02 10:00', '2020-01-02 10:00', '-1 day 2 hours', 'a\\001', 0.1::float8 + 0.2, 'die Häuser'),
    ('2020-01-03 09:00', '2020-01-03 09:00', '0', '', 1, 'x'), ('2020-01-04 08:59:59+09'::timestamptz + '1 second', null, null, null, null, null)`

/** By index alone: the table would compute the same anew. */
const found = `set enable_seqscan = off; select
  (select count(*) from t where day(a) = '2020-01-02') as day,
  (select count(*) from t where told(a, s, b, f) = (select d from t where w = 'die Häuser')) as told,
  (select count(*) from t where words(w) @@ to_tsquery('german', 'haus')) as words`

const settingsOf = (server: TestServer, database: string) =>
  runSql(
    server,
    database,
    `select setrole::regrole::text as role, array(select unnest(setconfig) order by 1) as settings
       from pg_db_role_setting
      where setdatabase = (select oid from pg_database where datname = current_database()) order by 1`,
  )

test.each([
  ['plain', 'pg_catalog.german'],
  ['stream', 'pg_catalog.german'],
  // A restore in one session begins before there is a configuration of users.
  ['copy', 'public.words'],
  ['custom', 'public.words'],
  ['parallel', 'public.words'],
] as const)(
  'decide the same by the method %s, and the database is published with them and no others',
  async (method, configuration) => {
    const [from, to] = [await sharedServer(13), await sharedServer(18)]
    const database = await createDatabase(from, 'settings')
    await runSql(from, database, 'create text search configuration words (copy = german)')
    const all = { ...settings, default_text_search_config: configuration }
    for (const [name, value] of Object.entries(all)) {
      await runSql(
        from,
        'postgres',
        `alter database ${database} set ${name} = '${value.replaceAll("'", "''")}'`,
      )
    }
    await runSql(
      from,
      'postgres',
      `alter role postgres in database ${database} set work_mem = '8MB'`,
    )
    await runSql(from, database, definitions)
    const report = await runUpgrade({
      source: connectionParameters(from),
      target: connectionParameters(to),
      databases: [database],
      method,
      validate: 'checksums',
    })
    expect(report.databases).toMatchObject([{ result: 'passed', differences: [] }])
    expect(report.findings.filter((each) => each.database === database)).toEqual([])
    const onSource = await runSql(from, database, found)
    expect(onSource).toEqual([{ day: '1', told: '1', words: '1' }])
    expect(await runSql(to, database, found)).toEqual(onSource)
    expect(await settingsOf(to, database)).toEqual(await settingsOf(from, database))
  },
)

test('what the source has for all of its databases alone decides nothing on the target, whose sessions do not have it', async () => {
  const from = await startServer(16, { settings: { timezone: 'America/New_York' } })
  try {
    const to = await sharedServer(18)
    const database = await createDatabase(from, 'settings')
    await runSql(
      from,
      database,
      `create function day(timestamptz) returns date language sql immutable as 'select $1::date';
       create table t (a timestamptz); insert into t values ('2020-01-02 01:00+00'); create index on t (day(a))`,
    )
    const report = await runUpgrade({
      source: connectionParameters(from),
      target: connectionParameters(to),
      databases: [database],
      method: 'copy',
      validate: 'checksums',
    })
    expect(report.databases).toMatchObject([{ result: 'passed', differences: [] }])
    const byIndex = `set enable_seqscan = off; select day(a)::text as day from t where day(a) = (select a::date from t)`
    expect(await runSql(to, database, byIndex)).toHaveLength(1)
  } finally {
    await from.stop()
  }
})
