/** A database with several owners, privileges of every kind, and objects that only a superuser may create. */
import { runSql, type TestServer } from '../../support/servers.js'

export async function createOwnedDatabase(server: TestServer): Promise<void> {
  await runSql(
    server,
    'postgres',
    `create role owner_a login; create role "Owner ""B"; create role reader; create role granter;
     create role writer; grant reader to writer; create role admin; grant admin to owner_a`,
  )
  await runSql(server, 'postgres', 'create database owned owner owner_a')
  await runSql(server, 'postgres', `alter role reader in database owned set work_mem to '9MB'`)
  await runSql(server, 'owned', carried)
  await runSql(server, 'owned', refused)
  if (server.major < 15) await runSql(server, 'owned', 'grant create on schema public to reader')
  else await runSql(server, 'owned', 'grant create on schema public to public')
}

const carried = `
  create extension hstore;
  create table public.of_postgres (id int primary key, h hstore);
  insert into public.of_postgres select i, 'a=>1' from generate_series(1, 100) i;
  grant select on public.of_postgres to reader;

  create schema a authorization owner_a;
  create schema "b ""B" authorization "Owner ""B";
  grant usage on schema a to reader, granter, "Owner ""B";
  grant create on schema a to granter;
  grant usage on schema "b ""B" to public;
  set role owner_a;
  create type a.mood as enum ('sad', 'happy');
  create domain a.positive as int check (value > 0);
  create type a.pair as (x int, y int);
  create type a.span as range (subtype = int);
  create table a.parent (id serial primary key, n int generated always as identity, mood a.mood, p a.positive);
  insert into a.parent (mood, p) select 'happy', i from generate_series(1, 1000) i;
  create sequence a.lone;
  create view a.seen as select * from a.parent;
  create materialized view a.counted as select mood, count(*) from a.parent group by 1;
  create statistics a.linked (dependencies) on id, p from a.parent;
  create function a.twice(i int) returns int language sql immutable as 'select i * 2';
  create aggregate a.total(int) (sfunc = pg_catalog.int4pl, stype = int);
  create function a.trigger() returns trigger language plpgsql as 'begin return new; end';
  create trigger t before insert on a.parent for each row execute procedure a.trigger();
  create index on a.parent (a.twice(id));
  create operator a.=== (leftarg = int, rightarg = int, procedure = pg_catalog.int4eq);
  create collation a.copied from "C";
  create text search dictionary a.words (template = pg_catalog.simple);
  create text search configuration a.english (copy = pg_catalog.english);
  create cast (a.pair as text) with inout;
  grant references on a.parent to "Owner ""B";
  grant select on a.parent to granter with grant option;
  grant select (id), update (p) on a.parent to writer;
  revoke delete, truncate on a.parent from owner_a;
  grant usage on sequence a.lone to reader;
  revoke execute on function a.twice(int) from public;
  grant execute on function a.twice(int) to reader;
  revoke usage on type a.mood from public;
  alter table a.parent enable row level security;
  create policy visible on a.parent to reader using (mood = 'happy');
  alter default privileges in schema a grant select on tables to reader;
  alter default privileges revoke execute on functions from public;
  comment on table a.parent is 'owned by a';
  create table a.forced as select 1 as id;
  alter table a.forced enable row level security;
  alter table a.forced force row level security;
  create table a.of_nobody as select generate_series(1, 10) as id;
  revoke all on a.of_nobody from owner_a;
  create sequence a.silent;
  revoke all on a.silent from owner_a;
  create schema closed;
  create table closed.inside as select 2 as id;
  revoke all on schema closed from owner_a;
  reset role;
  set role granter;
  grant select on a.parent to reader;
  create table a.of_granter ();
  reset role;
  set role "Owner ""B";
  create table "b ""B".child (parent int references a.parent, note text);
  insert into "b ""B".child select i, 'n' from generate_series(1, 500) i;
  alter default privileges grant insert on tables to writer with grant option;
  reset role;
  create publication chosen for table a.parent;
  alter publication chosen owner to owner_a;
  select lo_create(4711);
  alter large object 4711 owner to owner_a;
  grant select on large object 4711 to reader;
  select lo_from_bytea(4712, 'unread');
  alter large object 4712 owner to owner_a;
  revoke all on large object 4712 from owner_a;
  revoke connect on database owned from public;
  grant connect on database owned to reader;
`

const refused = `
  comment on extension hstore is 'a comment of our own';
  create function public.on_ddl() returns event_trigger language plpgsql as 'begin end';
  create event trigger watcher on ddl_command_start execute procedure public.on_ddl();
  comment on event trigger watcher is 'watches';
  create publication everything for all tables;
  create cast (text as a.mood) with inout;
  create cast (bytea as uuid) with inout;
  create function public.secretive(i int) returns bool language sql immutable leakproof as 'select true';
  create function public.native(int) returns int language internal strict as 'int4abs';
  create text search template public.plain (init = dsimple_init, lexize = dsimple_lexize);
  create operator class public.ints for type int4 using btree as
    operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 btint4cmp(int4, int4);
  alter default privileges grant select on tables to reader;
  grant select on pg_catalog.pg_authid to reader;
  grant select (rolname) on pg_catalog.pg_authid to writer;
  revoke execute on function pg_catalog.pg_sleep(float8) from public;
  grant usage on schema pg_catalog to reader;
  revoke usage on schema information_schema from public;
  revoke select on information_schema.columns from public;
  grant usage on language sql to reader;
  grant execute on function public.akeys(hstore) to writer with grant option;
  set role writer; grant execute on function public.akeys(hstore) to reader; reset role;
  grant execute on function a.span(int, int) to reader;
`

/** How those objects are called in a dump, as far as they have owners. */
export const refusedNames = [
  '"native"',
  '"secretive"',
  '"ints"',
  '"everything"',
  '"watcher"',
  '"akeys"',
  '"pg_sleep"',
  '"pg_authid"',
  'SCHEMA "pg_catalog"',
]
