/** A source whose rehearsal can be made to last at any moment, and a way to wait for that moment. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { runSql, type TestServer } from './servers.js'

/** Nothing writes by itself: no vacuum, no records for standbys. */
export const quietServer = {
  settings: { autovacuum: 'off', wal_level: 'minimal', max_wal_senders: '0' },
}

/**
 * Two databases. `shop` has owners, privileges, a comment and a setting; it calls hold() with "restore", "validate"
 * (by a validation query) and "analyze", where it sleeps or fails as test.hold says. `bare` has nothing of this.
 */
export async function createRehearsalSource(server: TestServer): Promise<void> {
  await runSql(
    server,
    'postgres',
    `create role "app owner" createdb; create role reader login password 'reader-secret' in role "app owner";
     create role "Ωμέγα ""q"""`,
  )
  await runSql(server, 'postgres', 'create database shop owner "app owner"')
  await runSql(server, 'postgres', 'create database bare')
  await runSql(server, 'shop', shop)
  await runSql(server, 'bare', 'create table t as select i from generate_series(1, 10) i')
}

const shop = `
  create function public.hold(moment text) returns int language plpgsql volatile as $$
  begin
    if current_database() like 'upgrade_postgres_%' then
      if current_setting('test.hold', true) = moment then perform pg_catalog.pg_sleep(600); end if;
      if current_setting('test.hold', true) = 'fail' then raise exception 'told to fail'; end if;
    end if;
    return 1;
  end $$;
  create function public.hold_analyze(i int) returns int language plpgsql immutable as $$
  begin
    return case when current_query() ilike 'analyze%' then public.hold('analyze') else i end;
  end $$;
  create table public.items (id serial primary key, note text);
  insert into public.items (note) select md5(i::text) from generate_series(1, 500) i;
  create index on public.items (public.hold_analyze(id));
  create materialized view public.held as select public.hold('restore') as held;
  create schema parts authorization reader;
  create table parts.lines (item int references public.items, n int);
  insert into parts.lines select i, i from generate_series(1, 500) i;
  create table public.kept as select 1 as a; alter table public.kept owner to "app owner";
  create materialized view parts.lent as select a from public.kept; alter materialized view parts.lent owner to reader;
  create view parts.seen as select * from parts.lines;
  alter table public.items owner to "app owner"; alter table parts.lines owner to reader;
  grant select on public.items to reader, "Ωμέγα ""q""" with grant option;
  select lo_create(4711); alter large object 4711 owner to reader;
  create publication chosen for table public.items;
  grant connect on database shop to reader; revoke temporary on database shop from public;
  comment on database shop is 'the shop';
  alter database shop set work_mem = '9MB';
  alter role reader in database shop set work_mem = '8MB'`

/** The parameter \`options\` of a connection string that makes the target hold at that call of hold(). */
export function holdAt(url: string, moment: string): string {
  return `${url}?options=${encodeURIComponent(`-c test.hold=${moment}`)}`
}

/** A lock that a session of its own holds until it is released. */
export async function holdLock(
  server: TestServer,
  database: string,
  table: string,
  mode: 'access exclusive' | 'share row exclusive',
): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: server.url(database) })
  client.on('error', () => undefined)
  await client.connect()
  await client.query(`begin; lock table ${table} in ${mode} mode`)
  return () => client.end()
}

/** Resolves when a statement of a run that matches waits for a lock or sleeps; rejects when the run ends without. */
export async function runIsHeldAt(
  server: TestServer,
  statement: RegExp,
  finished: Promise<unknown>,
): Promise<void> {
  const run = { hasEnded: false }
  const end = () => {
    run.hasEnded = true
  }
  finished.then(end, end)
  for (;;) {
    const waiting = await runSql<{ query: string }>(
      server,
      'postgres',
      `select query from pg_stat_activity
        where application_name like 'upgrade-postgres%' and state = 'active'
          and (wait_event_type = 'Lock' or wait_event = 'PgSleep')`,
    )
    if (waiting.some(({ query }) => statement.test(query))) return
    if (run.hasEnded) throw new Error(`The run ended and was never held at ${String(statement)}.`)
    await sleep(50)
  }
}
