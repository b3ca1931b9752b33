/** A database with an object of every kind that the inventory knows, for source servers from 10 on. */
import { runSql, type TestServer } from '../../support/servers.js'
import { besideValues } from './beside-values.js'
import { notCarried } from './not-carried.js'

const roles = ['validate_owner', 'validate_app', 'Validate "odd" role']

/** Statements, each with the first major that has what they use. */
const statements: readonly (readonly [since: number, sql: string])[] = [
  [
    10,
    `create schema app authorization validate_owner;
     create schema "Odd ""schema""";
     grant usage on schema app to validate_app;
     create extension hstore schema app;
     create extension citext;
     create extension btree_gist;
     create extension postgres_fdw;
     create type app.mood as enum ('sad', 'happy');
          create type app.address as (street text, number int, "zip code" varchar(10) collate "C");
     create domain app.positive as int default 1 not null constraint above_zero check (value > 0);
     create domain app.addresses as app.address[];
     create type app.float_range as range (subtype = float8, subtype_diff = float8mi);
     create type app.spare_range as range (subtype = float8);
     create collation app.plain from "C";
     create collation app.of_root (provider = icu, locale = 'root');
     create collation app.of_none (provider = icu, locale = '');
     create collation app.numbers (provider = icu, locale = '@colCaseFirst=lower;colNumeric=yes');
     create collation app.phone_book (provider = icu, locale = 'de_DE@collation=phonebook');`,
  ],
  [10, `alter type app.mood add value 'so so' after 'sad'`],
  [
    10,
    `create function app.twice(a int, b int default 2) returns int language sql immutable strict cost 7
       set work_mem = '8MB' as 'select a * b';
     create function app.note() returns trigger language plpgsql as $$ begin return new; end $$;
     create function app.watch() returns event_trigger language plpgsql as $$ begin end $$;
     create function app.add_up(int, int) returns int language sql immutable as 'select $1 + $2';
     create aggregate app.total (int) (sfunc = app.add_up, stype = int, initcond = '0');
     create operator app.|+| (procedure = app.add_up, leftarg = int, rightarg = int, commutator = operator(app.|+|));
     create function app.mood_number(app.mood) returns int language sql immutable as 'select 1';
     create cast (app.mood as int) with function app.mood_number(app.mood) as assignment;
     create operator family app.moods using btree;
     create operator class app.int_moods for type int using btree family app.moods as
       operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 btint4cmp(int, int);
     create conversion app.latin for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
     create transform for int language sql (from sql with function prsd_lextype(internal), to sql with function int4recv(internal));
     create type app.announced;
     create text search dictionary app.words (template = simple, stopwords = english);
     create text search configuration app.search (copy = english);
     alter text search configuration app.search alter mapping for asciiword with app.words, simple;`,
  ],
  [
    10,
    `create table app.customers (
       id int generated always as identity (start 10 increment 5) primary key,
       ref uuid not null, name varchar(40) not null default 'nobody', mood app.mood default 'sad',
       home app.address, tags text[] default '{}', score numeric(12, 4) check (score > -5.5),
       status varchar(10) constraint status_known check (status in ('new', 'old')),
       weight float8, at timestamptz default now(), constraint ref_once unique (ref) deferrable initially deferred);
     alter table app.customers owner to validate_owner;
     alter table app.customers add dropped int; alter table app.customers drop dropped;
     alter table app.customers alter name set statistics 333, alter name set storage external,
       alter score set (n_distinct = -0.5);
     alter table app.customers set (fillfactor = 70, autovacuum_enabled = off, toast.autovacuum_enabled = off);
     create table app.orders (
       id bigserial, customer int not null references app.customers on delete cascade deferrable,
       total money, during tstzrange, code text collate "C", parent bigint,
       exclude using gist (customer with =, during with &&) where (code is not null));
     alter table app.orders add primary key (id), add foreign key (parent) references app.orders,
       add constraint late check (total > '-1'::money) not valid, replica identity full;
     create index orders_code on app.orders (lower(code) text_pattern_ops desc nulls last, customer)
       where code in ('a', 'b') or total is null;
     create unique index customers_name on app.customers (name, (score * 2));
     alter table app.customers cluster on customers_name;
     alter table app.customers replica identity using index customers_pkey;
     create statistics app.customer_stats (dependencies) on name, status from app.customers;
     create table "Odd ""schema"""."Tab\tle 😀" ("Col ""umn" int, "select" text);
     create table "Odd ""schema""".odd ("Col ""umn" int, "select" text);
     create table app.nothing (); create table app.zeroes (a int); create table app.bytes (b bytea);
     create table app.exact (n numeric, t text, c citext, j json, a int[], i interval, k app.address);
     create unlogged table app.scratch (id smallserial, x float4);
     create table app.parent (id int not null, x text, check (id > 0));
     create table app.child (own int) inherits (app.parent);
     alter table app.parent add late text;
     create table app.loose () inherits (app.parent);
     alter table app.loose alter x set default 'loose';`,
  ],
  [
    10,
    `create table app.events (id int, at date not null, kind text) partition by range (at);
     create table app.events_2019 partition of app.events for values from ('2019-01-01') to ('2020-01-01');
     create table app.events_2020 (kind text, id int, at date not null);
     alter table app.events attach partition app.events_2020 for values from ('2020-01-01') to (maxvalue);
     create table app.kinds (id int, kind text) partition by list (lower(kind));
     create table app.kinds_ab partition of app.kinds for values in ('a', 'b', null);
     create table app.by_code (id int, code varchar(5)) partition by list ((code in ('a', 'b')));
     create function app.spoken(code varchar default 'a', known bool default 'c'::varchar in ('a', 'b'), out n int) language sql as 'select 1';
     create sequence app.down as smallint increment -2 minvalue -100 maxvalue 5 cache 3 cycle;
     create sequence app.lonely start 7; create sequence app.shared owned by app.orders.customer;`,
  ],
  [
    10,
    `create view app.happy with (security_barrier) as
       select id, name, score from app.customers where mood = 'happy' and status in ('new', 'old') with local check option;
     create view app.joined as
       select c.name, o.code, count(*) over (partition by c.id) as n, extract(year from c.at) as year,
              substring(c.name from 1 for 3) as start, c.home
         from app.customers c left join app.orders o on o.customer = c.id
        where exists (select 1 from app.events e where e.id = c.id);
     create recursive view app.numbers (n) as values (1) union all select n + 1 from numbers where n < 5;
     alter view app.happy alter column name set default 'view';
     create view app.of_databases as select datname, datcollate, datctype as c from pg_database;
     create view app.of_constraints as select conname, coninhcount from pg_constraint;
     create materialized view app.summary as select status, count(*) as n from app.customers group by status;
     create materialized view app.empty as select * from app.summary with no data;
     create unique index summary_status on app.summary (status);
     create rule keep as on delete to app.orders where old.code = 'keep' do instead nothing;
     create rule log as on insert to app.happy do instead insert into app.scratch (x) values (new.score);
     create trigger touch before update of name on app.customers for each row
       when (old.* is distinct from new.*) execute procedure app.note('a', 'it''s');
     create constraint trigger later after insert on app.orders deferrable initially deferred
       for each row execute procedure app.note();
     create trigger asleep after insert on app.orders referencing new table as fresh
       for each statement execute procedure app.note();
     alter table app.orders disable trigger asleep;
     alter table app.customers enable always trigger touch;
     create event trigger watch on ddl_command_end when tag in ('DROP TABLE') execute procedure app.watch();
     alter event trigger watch disable;
     alter table app.customers enable row level security, force row level security;
     create policy own on app.customers as restrictive for update to validate_app
       using (name = current_user) with check (score > 0 and status in ('new', 'old'));`,
  ],
  [
    10,
    `create server files foreign data wrapper postgres_fdw options (host 'nowhere', dbname 'x');
     create user mapping for validate_app server files options (user 'u', password 'secret');
     create foreign table app.far (id int options (column_name 'far id'), t text) server files options (table_name 'far');
     create publication several for table app.customers, app.orders with (publish = 'insert, update');
     create publication every for all tables with (publish = 'insert');
     comment on schema app is 'The app''s schema'; comment on table app.customers is 'Who buys';
     comment on column app.customers.name is 'What we call them'; comment on constraint ref_once on app.customers is 'once';
     comment on function app.twice(int, int) is 'doubles'; comment on trigger touch on app.customers is 'touches';
     comment on index app.orders_code is 'by code'; comment on type app.mood is 'moods'; comment on view app.happy is 'v';
     comment on extension hstore is 'Ours'; comment on extension btree_gist is null; comment on policy own on app.customers is 'p'; comment on rule keep on app.orders is 'r';
     grant select, insert on app.customers to validate_app with grant option;
     grant select (id), update (score, name) on app.customers to "Validate ""odd"" role";
     grant usage on sequence app.lonely to validate_app; revoke execute on function app.twice(int, int) from public;
     grant execute on function app.twice(int, int) to validate_app; grant usage on type app.mood to validate_app;
     grant usage on foreign server files to validate_app; revoke usage on language plpgsql from public;
     grant execute on function pg_catalog.pg_stat_reset() to validate_app;`,
  ],
  [
    10,
    `alter default privileges for role validate_owner in schema app grant select on tables to validate_app;
     alter default privileges for role validate_owner revoke execute on functions from public;
     alter default privileges for role validate_owner grant usage on sequences to "Validate ""odd"" role" with grant option;
     select lo_from_bytea(4711, '\\x00ff10'), lo_from_bytea(4712, ''), lo_put(lo_create(4713), 3000000, 'end');
     comment on large object 4711 is 'a blob'; grant select on large object 4711 to validate_app;
     alter large object 4712 owner to validate_owner;`,
  ],
  // An IN list on varchar is printed with other casts when it has been read again.
  [
    10,
    `create domain app.grade as varchar(5) default 'a'::varchar check (value in ('a', 'b'));
     create table app.graded (id int, code varchar(5), grade app.grade, status varchar(5),
       exclude using btree (code with =) where (code in ('a', 'b')));
     create function app.among(code varchar, codes text[] default array['a'::varchar, 'b'::varchar]::text[])
       returns bool language sql as 'select code = any (codes)';
     create domain app.called as name; create type app.names as range (subtype = name);
     create table app.named (n name primary key, c app.called, t text collate "C"); create index on app.named (c, t, (n || 'x'));
     create view app.called_by as select n::text as t, n || 'x' as x, n, t collate "C" as c from app.named;
     create trigger graded before update on app.graded for each row
       when (new.code in ('a', 'b') and old.* is distinct from new.*) execute procedure app.note('WHEN (', ') EXECUTE ');
     create rule graded as on update to app.graded where new.code in ('a', 'b') and old.id > 0
       do also (delete from app.scratch where x > new.id; insert into app.scratch (x) values (new.id));
     create view app.graded_view as select id, code from app.graded;
     create rule "odd rule" as on insert to app.graded_view
       do instead insert into app.graded (id, code) select new.id, 'c' where new.code not in ('a', 'b') returning id, code;`,
  ],
  // What is left of an operator that another one named, and of a subscription that is no more.
  [
    10,
    `create operator app.|*| (procedure = app.add_up, leftarg = int, rightarg = int, commutator = operator(app.|/|));
     drop operator app.|*| (int, int);
     create subscription gone connection 'dbname=nowhere' publication none with (connect = false, slot_name = none);
     comment on subscription gone is 'was here'; drop subscription gone;`,
  ],
  // Words that became keywords after 10: a server quotes as names what it takes for one, and no other.
  [
    10,
    `create schema "system_user";
     create table "system_user".merge_action (json_table int);
     create table app.json (json jsonb primary key, json_table varchar(9) check (json_table in ('a', 'b')),
       "system_user" int unique default 1, merge_action text);
     create table app.json_exists (json jsonb not null references app.json, "json_value" text);
     create index on app.json (merge_action, (json_table || "system_user")) where "system_user" > 0;
     create function app."json_object"("json" int, "merge_action" text default 'json') returns int language sql as 'select 1';
     create type app.json_scalar as (json int, merge_action text);
     create domain app.json_query as int constraint json_query check (value > 0);
     create sequence app.json_serialize owned by app.json."system_user";
     create view app.json_array as select j.json, json_table, "system_user", j.merge_action from app.json j;
     create view app.of_json as select json_table, "system_user", merge_action from app.json where json_table in ('a', 'b');
     create policy json_arrayagg on app.json using (json_table in ('a', 'b') and "system_user" > 0);
     create trigger json_objectagg before update of json on app.json for each row
       when (old.merge_action is not null) execute procedure app.note();
     create rule merge_action as on insert to app.json_exists where new.json is null do also nothing;
     create statistics app.json_value on json_table, merge_action from app.json;
     create publication json_scalar for table app.json;
     comment on column app.json.json is 'a keyword since 16'; comment on table app.json is 'another';
     grant select (json) on app.json to validate_app; grant select on app.json_array to validate_app;
     alter table app.json alter json set statistics 7, replica identity using index json_pkey;`,
  ],
  ...notCarried,
  ...besideValues,
  [
    11,
    `create procedure app.act(inout a int, b text default 'x') language plpgsql as $$ begin a := 1; end $$;
     create table app.hashed (id int primary key, t text) partition by hash (id);
     create table app.hashed_0 partition of app.hashed for values with (modulus 2, remainder 0);
     create table app.hashed_1 partition of app.hashed for values with (modulus 2, remainder 1);
     create index hashed_t on app.hashed (t);
     create type app.letter as enum ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
     create table app.lettered (l app.letter, "T" text) partition by hash (l);
     create table app.lettered_0 partition of app.lettered for values with (modulus 3, remainder 0);
     create table app.lettered_1 partition of app.lettered for values with (modulus 3, remainder 1);
     create table app.lettered_2 (gone int, "T" text, l app.letter);
     alter table app.lettered_2 drop column gone;
     alter table app.lettered attach partition app.lettered_2 for values with (modulus 3, remainder 2);
     insert into app.lettered select unnest(enum_range(null::app.letter)), 'x';
     create trigger part after insert on app.hashed for each row execute procedure app.note();
     comment on trigger part on app.hashed_0 is 'as of its parent';
     create table app.tree (id int, k int) partition by list (id);
     create table app.tree_1 partition of app.tree for values in (1) partition by list (k);
     create table app.tree_1_1 partition of app.tree_1 for values in (1);
     create trigger leaf after insert on app.tree for each row execute procedure app.note();
     alter table only app.tree_1 disable trigger leaf;
     alter table app.tree_1_1 enable always trigger leaf;
     create table app.kinds_rest partition of app.kinds default;
     alter table app.hashed add foreign key (id) references app.customers;
     create unique index customers_cover on app.customers (ref) include (name);`,
  ],
  [
    12,
    `create table app.made (a int, b float8 generated always as (a / 3.0) stored);
     insert into app.made (a) values (1), (2), (null);
     create table app.refers (id int references app.hashed);
     create statistics app.customer_mcv (mcv) on mood, status from app.customers;`,
  ],
  [13, `create publication rooted for table app.hashed with (publish_via_partition_root);`],
  [
    14,
    `create function app.body(a int) returns int language sql begin atomic select a + count(*)::int from app.orders; end;
     alter table app.orders alter code set compression pglz;
     create function app.known(code varchar) returns bool language sql return code in ('a', 'b');
     create procedure app.keep(inout code varchar, "merge_action" int default 1) language sql
       begin atomic insert into app.graded (code) select code where code in ('a', 'b'); select code || merge_action; end;
     create function app.listed(code varchar) returns table (id int, "json" text) language sql
       begin atomic select g.id, g.code from app.graded g where g.code in ('a', listed.code); end;
     create statistics app.expressed on lower(name), (score * 2) from app.customers;
     create type app.spans as range (subtype = int4, multirange_type_name = app.many_spans);`,
  ],
  [
    10,
    // What only older majors take.
    `do $$ begin
       if current_setting('server_version_num')::int < 180000 then
         create unlogged table app.unlogged_parts (a int) partition by list (a);
         create unlogged table app.unlogged_part partition of app.unlogged_parts for values in (1);
       end if;
       if current_setting('server_version_num')::int / 10000 = 15 then
         create table app.keyed (a int not null);
         execute 'create unique index its_key on app.keyed (a) nulls not distinct';
         alter table app.keyed add primary key using index its_key;
       end if;
     end $$`,
  ],
  [
    15,
    `create unique index once_null on app.orders (code) nulls not distinct where customer < 5;
          create view app.invoker with (security_invoker) as select name from app.customers;
     create publication filtered for table app.orders (id, code) where (code is not null),
       app.graded where (code = 'a') with (publish = 'insert');`,
  ],
  [17, `grant maintain on app.orders to validate_app;`],
  [
    18,
    `create table app.virtual (a int, b int generated always as (a * 2) virtual,
       constraint a_there not null a, constraint soft check (a > 0) not enforced);`,
  ],
]

const rows = `
  insert into app.customers (ref, name, mood, home, tags, score, status, weight, at)
    select ('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid, 'name ' || i,
           (array['sad', 'so so', 'happy', null])[1 + i % 4]::app.mood, row('street "' || i, i, null)::app.address,
           array['a', null, ''], i / 3.0, 'new', i / 7.0, '2020-01-01'::timestamptz + i * interval '1 hour'
      from generate_series(1, 50) i;
  insert into app.orders (customer, total, during, code)
    select 10 + 5 * (i % 50), i, tstzrange('2020-01-01'::timestamptz + i * interval '1 day', null), null
      from generate_series(1, 30) i;
  insert into "Odd ""schema"""."Tab\tle 😀" values (1, ''), (2, null), (2, null), (null, E'\\\\N\\t\\r\\n\\\\.');
  insert into "Odd ""schema""".odd values (1, ''), (2, null), (2, null);
  insert into app.zeroes values (0); insert into app.bytes values ('\\x00ff80'), (null), ('');
  insert into app.exact values (1.50, 'a', 'same', '{"a": 2, "b": 1}', '{1,2}', '720:00:00', null);
  insert into app.nothing default values; insert into app.nothing default values;
  insert into app.scratch (x) values ('-0'), ('nan'), ('infinity'), (1 / 3.0);
  insert into app.parent values (1, 'a'), (2, 'b'); insert into app.child values (3, 'c', 4);
  insert into app.events select i, '2019-06-01'::date + i, 'k' from generate_series(1, 400) i;
  insert into app.kinds values (1, 'A'), (2, 'b'), (3, null);
  refresh materialized view app.summary;
  select nextval('app.down'), nextval('app.down'), setval('app.shared', 99, false);`

/** Makes the roles that own and use things, once for each server. */
export async function createRoles(server: TestServer): Promise<void> {
  for (const role of roles) {
    const create = `create role "${role.replaceAll('"', '""')}"`
    await runSql(
      server,
      'postgres',
      `do $$ begin ${create}; exception when duplicate_object or unique_violation then null; end $$`,
    )
  }
}

/** Fills an empty database of a server of that major. */
export async function fillWithEdgeCases(server: TestServer, database: string): Promise<void> {
  for (const [since, sql] of [...statements, [10, rows] as const]) {
    if (server.major >= since) await runSql(server, database, sql)
  }
}
