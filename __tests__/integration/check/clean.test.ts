/** An ordinary database on an ordinary server of every major has no finding at all. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openTestServer, runSql, startServer, type TestServer } from '../../support/servers.js'
import { findingsIn } from './pair.js'

/** Servers of their own: what other tests do to a shared one would be found here. */
let target: TestServer
beforeAll(async () => {
  target = await startServer(18)
  await createAdministrator(target)
})
afterAll(() => target.stop())

const administrator = { user: 'administrator', password: 'secret' }

function createAdministrator(server: TestServer) {
  return runSql(
    server,
    'postgres',
    `create role administrator login createdb createrole password 'secret'`,
  )
}

const ordinary = `
  create type mood as enum ('sad', 'ok');
  create domain positive as int check (value > 0);
  create table parent (id int generated always as identity primary key, at timestamptz default now(),
    n numeric check (n >= 0), m mood default 'ok', p positive, tags text[] default '{}', j jsonb);
  create table child (id bigserial primary key, parent int references parent,
    name text collate "C" not null, photo bytea);
  insert into parent (n, p) values (1, 1); insert into child (parent, name) values (1, 'a');
  create table parted (a int not null) partition by range (a);
  create table part partition of parted for values from (0) to (9);
  create index on parent (lower(tags[1]), (j ->> 'a')) where n > 1;
  create view v as select p.id, count(*), array_agg(name order by name), extract(year from at) as y
    from parent p join child c on c.parent = p.id
   where tags @> array['a'] and n between 1 and 2 group by p.id, at;
  create materialized view mv as select * from v;
  create view running as select pid, state, query from pg_stat_activity;
  create function f(a int, b int default 1) returns int language sql as 'select a + b';
  create function stamp() returns trigger language plpgsql as 'begin new.at := now(); return new; end';
  create trigger stamped before update on parent for each row execute procedure stamp();
  create aggregate total(int) (sfunc = int4pl, stype = int);
  select lo_create(0);
  create sequence s;`

test.each([10, 11, 12, 13, 14, 15, 16, 17])(
  'PostgreSQL %i, as superusers and as administrators',
  async (major) => {
    const source = await startServer(major)
    try {
      await createAdministrator(source)
      await runSql(source, 'postgres', 'create database app owner administrator')
      await runSql(
        source,
        'app',
        `set role administrator; create extension if not exists plpgsql; create schema app;
        set search_path = app; ${ordinary}`,
      )
      for (const changes of [{}, administrator]) {
        const pair = {
          source: await openTestServer(source, 'source', changes),
          target: await openTestServer(target, 'target', changes),
        }
        expect(await findingsIn(pair, ['app'])).toEqual([])
      }
    } finally {
      await source.stop()
    }
  },
)
