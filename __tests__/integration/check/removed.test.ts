/** What the target's major no longer has: each thing on a real old server, and its absence. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { createDatabase, runSql } from '../../support/servers.js'
import {
  findingsAfter,
  findingsAfterRemedies,
  findingsInDatabases,
  openPair,
  type Pair,
} from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(11, 18)
})

const blocking = (object: string) => expect.objectContaining({ severity: 'blocking', object })

describe('removed-type', () => {
  test('names every column, array, domain, range and function of a removed type', async () => {
    const findings = await findingsAfter(
      pair,
      'removed-type',
      `create table t (a abstime, b reltime[], c int);
       create domain d as tinterval;
       create function f(abstime) returns int language sql as 'select 1';`,
    )
    expect(findings).toEqual([
      blocking('public.t.a'),
      blocking('public.t.b'),
      blocking('public.d'),
      blocking('public.f(pg_catalog.abstime)'),
    ])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('is not found when the target still has the type', async () => {
    const equal = await openPair(11, 11)
    expect(await findingsAfter(equal, 'removed-type', 'create table t (a abstime)')).toEqual([])
  })

  test('has a remedy that works', async () => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      database,
      `create table "T" ("a.b" abstime); insert into "T" values ('2020-01-01 00:00+00')`,
    )
    const [finding] = await findingsInDatabases(pair, [database])
    expect(finding?.severity).toBe('blocking')
    await findingsAfterRemedies(pair, finding === undefined ? [] : [finding])
    expect(await findingsInDatabases(pair, [database])).toEqual([])
  })

  test('finds columns of the type unknown that a 9.6 left behind', async () => {
    const findings = await findingsAfter(
      pair,
      'removed-type',
      `create table t (a text);
       update pg_attribute set atttypid = 'unknown'::regtype where attrelid = 't'::regclass and attname = 'a'`,
    )
    expect(findings).toEqual([blocking('public.t.a')])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })
})

test('removed-name finds bodies that call, cast or read what is gone, and no other', async () => {
  const warning = (object: string, names: string) =>
    expect.objectContaining({
      severity: 'warning',
      object,
      message: expect.stringContaining(` names ${names}, which PostgreSQL 18 does not have.`),
    })
  const findings = await findingsAfter(
    pair,
    'removed-name',
    `create function "Stop"() returns pg_lsn language plpgsql as 'begin return PG_STOP_BACKUP(); end';
     create procedure read() language sql as
       'select adsrc from pg_catalog.pg_attrdef d join "pg_class" c on c.oid = d.adrelid and c.relhasoids';
     create function cast_to(x text) returns text language plpgsql as 'begin return x::abstime::text; end';
     create function templates() returns bigint language plpgsql as 'begin return (select count(*) from pg_pltemplate); end';
     create function timenow() returns timestamptz language sql as 'select now()';
     create function own() returns timestamptz language plpgsql as 'begin return timenow(); end';
     create function systems() returns text language plpgsql as 'begin return pg_catalog.timenow()::text; end';
     create table t (adsrc text);
     create function alone() returns text language sql as 'select adsrc from t';
     create function said() returns text language plpgsql as
       $$ begin /* pg_stop_backup() */ return 'pg_stop_backup() of pg_attrdef.adsrc'; end -- adsrc, pg_attrdef $$;
     create function pg_stop_backup_all() returns int language plpgsql as
       'begin return pg_stop_backup_all() + 1; end';`,
  )
  expect(findings).toEqual([
    warning('public."Stop"()', 'pg_stop_backup'),
    warning('public.cast_to(pg_catalog.text)', 'abstime'),
    warning('public.read()', 'pg_attrdef.adsrc, pg_class.relhasoids'),
    warning('public.systems()', 'timenow'),
    warning('public.templates()', 'pg_pltemplate'),
  ])
})

test('removed-operator finds a view with the factorial operator and a check with a geometric one', async () => {
  const findings = await findingsAfter(
    pair,
    'removed-operator',
    `create view v as select n ! as f from generate_series(1::bigint, 3) n;
     create table t (b box check (b @ box '(0,0),(1,1)'))`,
  )
  expect(findings).toEqual([blocking('t_b_check on public.t'), blocking('public.v')])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('removed-operator finds operator classes and families of users with one', async () => {
  const findings = await findingsAfter(
    pair,
    'removed-operator',
    `create operator class "Old" for type box using gist as operator 7 @>, operator 13 ~,
       function 1 gist_box_consistent(internal, box, smallint, oid, internal), function 2 gist_box_union(internal, internal),
       function 5 gist_box_penalty(internal, internal, internal), function 6 gist_box_picksplit(internal, internal),
       function 7 gist_box_same(box, box, internal);
     create operator family loose using gist; alter operator family loose using gist add operator 14 @ (box, box);
     create operator family kept using gist; alter operator family kept using gist add operator 7 @> (box, box)`,
  )
  expect(findings).toEqual([
    blocking('public."Old" USING gist'),
    blocking('public.loose USING gist'),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('removed-postfix-operator is found, a prefix operator is not', async () => {
  const findings = await findingsAfter(
    pair,
    'removed-postfix-operator',
    `create operator #! (leftarg = int, procedure = int4abs);
     create operator ## (rightarg = int, procedure = int4abs)`,
  )
  expect(findings).toEqual([blocking('public.#!(integer,NONE)')])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('removed-polymorphic finds the aggregate and the operator, not those of a concrete type', async () => {
  const findings = await findingsAfter(
    pair,
    'removed-polymorphic',
    `create aggregate accumulate(anyelement) (sfunc = array_append, stype = anyarray);
     create aggregate accumulate_int(int) (sfunc = array_append, stype = int[]);
     create operator +> (leftarg = anyarray, rightarg = anyelement, procedure = array_append)`,
  )
  expect(findings).toEqual([
    blocking('public.accumulate(pg_catalog.anyelement)'),
    blocking('public.+>(pg_catalog.anyarray,pg_catalog.anyelement)'),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('removed-conversion finds a conversion by a function of the old form, and none by one of the system', async () => {
  const findings = await findingsAfter(
    pair,
    'removed-conversion',
    `create conversion arriving for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
     create function own_form(int, int, cstring, internal, int) returns void strict language c
       as '$libdir/latin2_and_win1250', 'latin2_to_win1250';
     create conversion c for 'LATIN2' to 'WIN1250' from own_form`,
  )
  expect(findings).toEqual([blocking('public.c')])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  const [{ database = '' } = {}] = findings
  await runSql(pair.sourceServer, database, 'drop function own_form')
  const restored = await dumpAndRestore(pair.sourceServer, database, pair.targetServer)
  const names = `select conname::text from pg_conversion where connamespace = 'public'::regnamespace`
  expect(await runSql(pair.targetServer, restored, names)).toEqual([{ conname: 'arriving' }])
})

test('reserved-role finds a role that starts with pg_', async () => {
  await runSql(pair.sourceServer, 'postgres', 'create role was_reserved')
  await runSql(
    pair.sourceServer,
    'postgres',
    `update pg_authid set rolname = 'pg_mine' where rolname = 'was_reserved'`,
  )
  const findings = await findingsAfter(pair, 'reserved-role', '')
  expect(findings).toEqual([blocking('pg_mine')])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  await runSql(pair.sourceServer, 'postgres', 'drop role was_pg_mine')
})

describe('removed-system-column', () => {
  test('finds views that read a catalog as it no longer is', async () => {
    const findings = await findingsAfter(
      pair,
      'removed-system-column',
      `create view a as select consrc from pg_constraint;
       create view b as select * from pg_pltemplate;
       create view c as select conname from pg_constraint`,
    )
    expect(findings).toEqual([
      expect.objectContaining({
        severity: 'blocking',
        object: 'public.a',
        remedy: expect.stringContaining('drop view public.a;'),
      }),
      blocking('public.b'),
    ])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('finds views that also use what only the database of the source has', async () => {
    const findings = await findingsAfter(
      pair,
      'removed-system-column',
      `create extension tsm_system_rows;
       create type mood as enum ('fine');
       create function numbers() returns setof int language sql as 'select 1';
       create view a as select null::mood as mood, consrc from pg_constraint;
       create view b as select k.consrc from pg_class c tablesample system_rows (1), pg_constraint k;
       create view c as select k.consrc from numbers() n, pg_constraint k;
       create view d as select null::mood as mood, conname from pg_constraint`,
    )
    expect(findings).toEqual(['public.a', 'public.b', 'public.c'].map(blocking))
  })

  test('only warns where the view also reads a table', async () => {
    const findings = await findingsAfter(
      pair,
      'removed-system-column',
      `create table t (name name);
       create view a as select k.consrc from pg_constraint k join t on t.name = k.conname;
       create view c as select k.conname from pg_constraint k join t on t.name = k.conname`,
    )
    expect(findings).toEqual([blocking('public.a')])
  })

  test('only warns where a table of a user has a column of that name too', async () => {
    const findings = await findingsAfter(
      pair,
      'removed-system-column',
      `create table t (name name, consrc text);
       create view a as select t.consrc from pg_constraint k join t on t.name = k.conname`,
    )
    expect(findings).toEqual([expect.objectContaining({ severity: 'warning', object: 'public.a' })])
  })
})
