/** What a dump does not carry: what every database has from the start, and what comes with other objects. */
import { beforeAll, describe, expect, it, test } from '@jest/globals'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'
import { paste } from '../check/remedy.js'

const [owner, guest] = ['owner', 'guest'].map(uniqueName)

/** By the name of the database. */
const changes = {
  given: `alter schema public owner to ${owner}; comment on schema public is 'Standard public schema';
    revoke all on schema public from public; grant usage on schema public to ${guest} with grant option;
    create table public.t (i int); comment on extension plpgsql is 'the language';
    revoke usage on schema information_schema from public; grant usage on schema information_schema to ${guest};
    revoke select on information_schema.columns from public; revoke usage on type information_schema.time_stamp from public;
    grant insert on information_schema.sql_features to ${guest} with grant option; grant select (table_name) on information_schema.tables to ${guest};
    grant select on information_schema.transforms to ${guest};
    grant usage on language sql to ${guest}; grant usage on schema pg_catalog to ${guest}`,
  'made anew': `drop schema public; create schema public; create table public.t (i int)`,
  dropped: `drop schema public; drop extension plpgsql; create schema s; create table s.t (i int)`,
  implied: `create table t (i int check (i > 0)); create table child () inherits (t); create view v as select i from t;
    create type r as range (subtype = text); create type mood as enum ('sad');
    create function f() returns trigger language plpgsql as 'begin return null; end';
    create constraint trigger late after insert on t deferrable for each row execute function f();
    create table parted (i int) partition by list (i); create table part partition of parted default;
    create trigger each after insert on parted for each row execute function f();
    create transform for mood language sql (from sql with function prsd_lextype(internal));
    comment on type t is 'the row''s \\ type'; comment on type mood[] is 'of moods'; comment on rule "_RETURN" on v is 'reads';
    comment on constraint late on t is 'late'; comment on constraint t_i_check on child is 'of its parent';
    comment on function r(text, text) is 'of a range'; comment on transform for mood language sql is 'for sql';
    revoke execute on function r(text, text) from public; grant execute on function r(text, text) to ${guest};
    revoke usage on type t from public; grant usage on type t to ${guest} with grant option; revoke usage on type v from public`,
  inherited: `create table top ("V" text, w text, n numeric); create table "Mid" (w text) inherits (top); create table low () inherits ("Mid");
    create table of_both () inherits (low); create extension postgres_fdw; create server far foreign data wrapper postgres_fdw;
    create foreign table away () inherits (top) server far; create table parted ("V" text) partition by list ("V");
    create table part partition of parted default;
    alter table only top alter "V" set storage external, alter w set storage main, alter n set storage external;
    alter table only low alter n set storage plain; alter table only parted alter "V" set storage external;
    do $$ begin
      if current_setting('server_version_num')::int >= 140000 then
        execute 'alter table only top alter "V" set compression pglz, alter n set compression pglz';
        execute 'alter table only low alter n set compression pglz';
        execute 'alter table only top alter "V" set compression default';
      end if;
    end $$`,
  defaults: `create domain five as int default 5; create domain "Six" as five;
    create table top (a five default 7, "B" "Six" default 8, c five); create table low () inherits (top);
    alter table low alter a drop default, alter "B" drop default; create table keeps (a five default null) inherits (top);
    create table parted (k int, a five default 7) partition by list (k); create table part (k int, a five);
    alter table parted attach partition part for values in (1)`,
  forgotten: `create schema "S"; create table "S".e (a int, exclude using btree ((a + 1) with =)); create index "By a" on "S".e (a, (a * 2), (a - 2));
    create table lost (a int not null, b int primary key); create unique index of_a on lost (a); create table kept (like lost including all);
    alter table lost replica identity using index of_a; drop index of_a; alter table kept replica identity using index kept_a_idx;
    alter index "S".e_expr_excl alter column 1 set statistics 500; alter index "S"."By a" alter column 3 set statistics 0`,
}

/** Foreign tables compress nothing. */
const stored = `
  select json_agg(c.oid::regclass || '.' || attname || ' ' || attstorage::text || coalesce(case when relkind <> 'f' then to_jsonb(a) ->> 'attcompression' end, '')
                  order by c.oid::regclass::text, attname) as columns
    from pg_attribute a join pg_class c on c.oid = attrelid
   where attnum > 0 and relkind in ('r', 'p', 'f') and c.oid >= 16384`

const defaults = `
  select json_agg(adrelid::regclass || '.' || adnum || ' ' || pg_get_expr(adbin, adrelid) order by adrelid::regclass::text, adnum) as defaults
    from pg_attrdef where adrelid >= 16384`

const forgottenOnes = `
  select (select json_agg(attrelid::regclass::text || attnum || ' ' || attstattarget order by attrelid::regclass::text, attnum)
            from pg_attribute a join pg_class c on c.oid = attrelid
           where relkind = 'i' and attstattarget >= 0 and c.oid >= 16384) as statistics,
         (select relreplident from pg_class where relname = 'kept') as kept`

/** What somebody said of all objects and gave on routines and types. 16 calls transforms otherwise. */
const implied = `
  select (select json_agg(type || ' ' || identity || ': ' || description order by type, identity)
            from pg_description d cross join lateral pg_identify_object(classoid, objoid, objsubid)
           where objoid >= 16384 and type <> 'transform') as comments,
         (select json_agg(oid::regprocedure || proacl::text order by 1) from pg_proc where oid >= 16384 and proacl is not null) as routines,
         (select json_agg(oid::regtype || typacl::text order by 1) from pg_type where oid >= 16384 and typacl is not null) as types`

const described = `
  select nspowner::regrole::text as owner, obj_description(n.oid, 'pg_namespace') as comment,
         has_schema_privilege('${guest}', n.oid, 'usage with grant option') as usable,
         (select count(*)::int from aclexplode(nspacl) where grantee = 0) as open,
         (select json_agg(acl order by acl) from (
            select nspname || nspacl::text as acl from pg_namespace where nspname in ('information_schema', 'pg_catalog')
            union all select lanname || lanacl::text from pg_language
            union all select typname || typacl::text from pg_type where typname = 'time_stamp'
            union all select attname || attacl::text from pg_attribute where attrelid = to_regclass('information_schema.tables')
            union all select relname || ': ' || string_agg(case when grantee = 0 then 'PUBLIC' else grantee::regrole::text end || privilege_type || is_grantable, ',' order by grantee, privilege_type)
                        from pg_class, aclexplode(relacl) where relname in ('columns', 'sql_features', 'transforms') and grantee <> relowner group by relname) acls) as of_the_system,
         (select obj_description(oid, 'pg_extension') from pg_extension where extname = 'plpgsql') as language
    from (values (true)) one left join pg_namespace n on nspname = 'public'`

describe.each([
  { from: 11, to: 13 },
  { from: 15, to: 18 },
])('of a $from on a $to', ({ from, to }) => {
  let source: TestServer
  let target: TestServer

  beforeAll(async () => {
    source = await sharedServer(from)
    target = await sharedServer(to)
    for (const server of [source, target]) {
      for (const role of [owner, guest]) {
        await runSql(server, 'postgres', `create role ${role}`)
      }
    }
  })

  it('arrives as it is on the source', async () => {
    const databases: string[] = []
    for (const [name, sql] of Object.entries(changes)) {
      const database = await createDatabase(source, name)
      await runSql(source, database, sql)
      databases.push(database)
    }
    const report = await runUpgrade({
      source: connectionParameters(source),
      target: connectionParameters(target),
      databases,
      roles: 'skip',
      clientVersion: to,
    })
    expect(report.error).toBeNull()
    expect(report.databases.map(({ result, differences }) => [result, differences])).toEqual(
      databases.map(() => ['passed', []]),
    )
    expect(report.findings.filter(({ check }) => told.has(check))).toEqual([])
    for (const database of databases) {
      for (const seen of [described, implied, defaults, forgottenOnes, stored]) {
        expect(await runSql(target, database, seen)).toEqual(await runSql(source, database, seen))
      }
    }
    expect(
      await runSql(
        target,
        databases.at(-1) ?? '',
        `select relreplident as identity from pg_class where relname = 'lost'`,
      ),
    ).toEqual([{ identity: 'n' }])
  })

  it('is told where an administrator may not drop it', async () => {
    const user = uniqueName('admin')
    await runSql(target, 'postgres', `create role ${user} login createdb password 'secret'`)
    const database = await createDatabase(source)
    await runSql(
      source,
      database,
      `drop extension plpgsql; create schema s; create table s.t as select 1 as i`,
    )
    const report = await runUpgrade({
      source: connectionParameters(source),
      target: connectionParameters(target, { user, password: 'secret' }),
      databases: [database],
      roles: 'skip',
      clientVersion: to,
    })
    expect(report.error).toBeNull()
    expect(report.databases.map(({ result, differences }) => [result, differences])).toEqual([
      ['passed', []],
    ])
    const kept = report.findings.filter(({ check }) => check === 'initial-object-kept')
    expect(kept).toEqual([expect.objectContaining({ database, object: 'extension plpgsql' })])
    for (const finding of kept) {
      await paste({ sourceServer: source, targetServer: target }, finding)
    }
    expect(
      await runSql(target, database, `select extname from pg_extension where extname = 'plpgsql'`),
    ).toEqual([])
  })
})

test('public is closed on a target before 15 by client tools that take it for closed', async () => {
  const [source, target] = [await sharedServer(12), await sharedServer(13)]
  const [closed, open] = [await createDatabase(source), await createDatabase(source)]
  await runSql(source, closed, 'revoke create on schema public from public')
  const report = await runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target),
    databases: [closed, open],
    roles: 'skip',
    validate: 'none',
    clientVersion: 15,
  })
  expect(report.error).toBeNull()
  const privileges = `select (aclexplode(nspacl)).grantee = 0 as everybody, (aclexplode(nspacl)).privilege_type as privilege
    from pg_namespace where nspname = 'public' order by 1, 2`
  for (const database of [closed, open]) {
    const wanted = await runSql(source, database, privileges)
    expect(await runSql(target, database, privileges)).toEqual(wanted)
  }
})

describe('multiranges of a 15 on a 16', () => {
  it('have their owners and privileges, from superusers and administrators, and are compared', async () => {
    const [source, target] = [await sharedServer(15), await sharedServer(16)]
    const [user, app, reader] = ['admin', 'app', 'reader'].map(uniqueName)
    for (const server of [source, target]) {
      await runSql(
        server,
        'postgres',
        `create role ${user} login createrole createdb password 'secret'`,
      )
    }
    const database = await createDatabase(source)
    await runSql(
      source,
      database,
      `create role ${app}; create role ${reader}; create schema s authorization ${app};
       set role ${app}; create type s.of_app as range (subtype = int);
       revoke usage on type s.of_app_multirange from public; grant usage on type s.of_app_multirange to ${reader}; reset role;
       create type s.other as range (subtype = text, multirange_type_name = s."Many"); alter type s."Many" owner to ${reader};
       alter type s.other owner to ${app}`,
    )
    const seen = `select oid::regtype::text as type, typowner::regrole::text as owner, typacl::text as privileges
      from pg_type where typtype = 'm' and oid >= 16384 order by 1`
    const options = { source: connectionParameters(source), databases: [database] }
    for (const login of [{}, { user: user ?? '', password: 'secret' }]) {
      // An administrator can act as roles that it makes.
      await runSql(target, 'postgres', `drop database if exists ${database}`)
      await runSql(target, 'postgres', `drop role if exists ${app}, ${reader}`)
      const report = await runUpgrade({
        ...options,
        target: connectionParameters(target, login),
        clientVersion: 15,
      })
      expect([report.error, report.databases[0]?.differences]).toEqual([null, []])
      expect(await runSql(target, database, seen)).toEqual(await runSql(source, database, seen))
    }
    await runSql(
      target,
      database,
      `grant usage on type s.of_app_multirange to public; alter type s."Many" owner to ${app}`,
    )
    const { databases } = await runUpgrade({
      ...options,
      mode: 'validate',
      target: connectionParameters(target),
    })
    const differing = databases[0]?.differences.map(({ kind, object }) => `${kind} ${object}`)
    // The database itself is the administrator's.
    expect(differing?.filter((each) => !each.startsWith('database '))).toEqual([
      'type s."Many"',
      'privilege type s.of_app_multirange',
    ])
  })
})

const told = new Set(['initial-object-kept', 'ownership-refused'])
