/** What a database's users can put in the way of our sessions: operators, functions, settings, event triggers. */
import { beforeAll, describe, expect, it } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { freezeSource, quoteIdentifier, takesWrites } from '../../../src/server/index.js'
import { validateDatabase } from '../../../src/validate/index.js'
import {
  connectionParameters,
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

let source: TestServer
let target: TestServer

beforeAll(async () => {
  source = await sharedServer(17)
  target = await sharedServer(18)
})

async function databaseWith(server: TestServer, sql: string): Promise<string> {
  const database = await createDatabase(server)
  await runSql(server, database, sql.replaceAll('DATABASE', quoteIdentifier(database)))
  return database
}

/** The same database on both sides, compared. */
async function differencesOf(sql: string, queries: readonly string[] = []): Promise<unknown[]> {
  const before = await databaseWith(source, sql)
  const after = await databaseWith(target, sql)
  const { tables, differences } = await validateDatabase({
    source: { server: await openTestServer(source, 'source'), database: before },
    target: { server: await openTestServer(target, 'target'), database: after },
    level: 'counts',
    queries,
    jobs: 1,
    log: silentLog,
    signal: new AbortController().signal,
  })
  return [...tables.filter(({ equal }) => !equal), ...differences]
}

describe('a session', () => {
  it('runs no operator that stands before the one of the system, not even the first session', async () => {
    const database = await databaseWith(
      source,
      `create function public.run(oid, regnamespace) returns boolean language plpgsql cost 0.0000001
         as $$ begin raise exception 'code of a user was run'; end $$;
       create operator public.= (leftarg = oid, rightarg = regnamespace, function = public.run);
       create function public.aurora_version() returns int language sql as 'select 1'`,
    )
    const { facts } = await openTestServer(source, 'source', { database })
    expect(facts.provider).toBe('self-managed')
  })

  it('runs none either where the search path is that of the users', async () => {
    const sql = `create schema m;
      create function m.run(text, text) returns boolean language plpgsql
        as $$ begin raise exception 'code of a user was run'; end $$;
      create operator m.= (leftarg = text, rightarg = text, function = m.run);
      alter database DATABASE set search_path = m, pg_catalog`
    expect(await differencesOf(sql, ['select 1'])).toEqual([])
  })

  it('counts all rows, whatever a database has set to be shown fewer', async () => {
    const sql = `create table t (a int[]);
      insert into t select array[1, i] from generate_series(1, 5000) i;
      create index on t using gin (a);
      alter database DATABASE set gin_fuzzy_search_limit = 10`
    const database = await databaseWith(source, sql)
    const server = await openTestServer(source, 'source')
    const rows = await server.withSession(
      database,
      (session) =>
        session.query(
          `select pg_catalog.count(*)::pg_catalog.int4 as n from public.t
            where a operator(pg_catalog.@>) array[1]`,
        ),
      { settings: { enable_seqscan: 'off' } },
    )
    expect(rows).toEqual([{ n: 5000 }])
  })

  it('fills a materialized view and compares a query, although roles are kept from views', async () => {
    const database = await databaseWith(
      source,
      'create view v as select 1 as n; create materialized view m as select n from v',
    )
    const roles = [uniqueName('restricted'), uniqueName('restricted')] as const
    for (const [index, server] of [source, target].entries()) {
      await runSql(
        server,
        'postgres',
        `create role ${roles[index]} superuser login password 'x';
         alter role ${roles[index]} set restrict_nonsystem_relation_kind = 'view'`,
      )
    }
    const report = await runUpgrade({
      source: { ...connectionParameters(source), user: roles[0], password: 'x' },
      target: { ...connectionParameters(target), user: roles[1], password: 'x' },
      databases: [database],
      roles: 'skip',
      validationQueries: [{ database, sql: 'select n from v' }],
      clientVersion: 18,
    })
    expect([report.error, report.databases[0]?.result]).toEqual([null, 'passed'])
  })

  it('sorts with all the room that a superuser may take', async () => {
    const limited = 'alter database DATABASE set temp_file_limit = 1024'
    for (const side of ['source', 'target'] as const) {
      const testServer = side === 'source' ? source : target
      const database = await databaseWith(testServer, limited)
      const server = await openTestServer(testServer, side)
      const [row] = await server.withSession(database, (session) =>
        session.query('show temp_file_limit'),
      )
      expect([side, row]).toEqual([side, { temp_file_limit: '-1' }])
    }
  })
})

describe('damaged pages', () => {
  it('are errors to the sessions of a superuser and to its tools, whatever is set', async () => {
    for (const side of ['source', 'target'] as const) {
      const testServer = side === 'source' ? source : target
      const database = await databaseWith(
        testServer,
        `alter database DATABASE set zero_damaged_pages = on;
         alter database DATABASE set ignore_checksum_failure = on`,
      )
      const server = await openTestServer(testServer, side)
      const [row] = await server.withSession(database, (session) =>
        session.query(
          `select current_setting('zero_damaged_pages') as zeroed,
                  current_setting('ignore_checksum_failure') as ignored`,
        ),
      )
      expect([side, row]).toEqual([side, { zeroed: 'off', ignored: 'off' }])
      expect(server.conninfo(database)).toContain(
        '-c zero_damaged_pages=off -c ignore_checksum_failure=off',
      )
    }
  })
})

describe('event triggers of users', () => {
  const audit = `create table public.logins (who text); grant insert on public.logins to public;
    create function public.note_login() returns event_trigger language plpgsql
      as $$ begin insert into logins values (session_user); end $$;
    create event trigger noted on login execute function public.note_login();`

  it('keep no superuser from reaching the database that the URL names, nor from freezing it', async () => {
    const database = await databaseWith(source, audit)
    const server = await openTestServer(source, 'source', { database })
    await freezeSource(server, {
      databases: [database],
      graceSeconds: 0,
      log: silentLog,
      signal: new AbortController().signal,
      onFreeze: () => undefined,
    })
    expect(await takesWrites(server, database)).toBe(false)
  })

  it('are named where they let a role in no longer', async () => {
    const database = await databaseWith(source, audit)
    const user = uniqueName('reader')
    await runSql(source, 'postgres', `create role ${user} login password 'x'`)
    const failure = openTestServer(source, 'source', { database, user, password: 'x' })
    await expect(failure).rejects.toMatchObject({
      code: 'login-trigger',
      hint: expect.stringMatching(/on the source \(PL\/pgSQL function public\.note_login\(\)/),
    })
  })

  const log = `create table public.log (id int generated always as identity, tag text);
    create function public.note() returns event_trigger language plpgsql
      as $$ begin insert into public.log (tag) values (tg_tag); end $$;
    create table public.t as select 1 as n; create materialized view public.v as select * from public.t;`

  it.each([
    ['a login', `create event trigger noted on login execute function public.note()`],
    [
      'a definition',
      `create event trigger noted on ddl_command_end execute function public.note()`,
    ],
  ])('write nothing for %s of ours', async (_title, trigger) => {
    const database = await databaseWith(source, log + trigger)
    const report = await runUpgrade({
      source: connectionParameters(source),
      target: connectionParameters(target),
      databases: [database],
      roles: 'skip',
      clientVersion: 18,
    })
    expect(report.error).toBeNull()
    expect(report.databases).toEqual([
      expect.objectContaining({ result: 'passed', differences: [], error: null }),
    ])
  })
})
