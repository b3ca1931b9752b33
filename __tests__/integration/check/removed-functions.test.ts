/** Functions of the system that the target's major no longer has, in what calls them and in what is made of them. */
import { beforeAll, expect, test } from '@jest/globals'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { runSql } from '../../support/servers.js'
import { findingsAfter, findingsAfterRemedies, openPair, type Pair } from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(11, 18)
})

const blocking = (object: string) => expect.objectContaining({ severity: 'blocking', object })

test('removed-function finds a view and a default that call one', async () => {
  const findings = await findingsAfter(
    pair,
    'removed-function',
    `create view v as select pg_is_in_backup() as b;
     create table t (a text default pg_backup_start_time()::text)`,
  )
  expect(findings).toEqual([blocking('public.t.a'), blocking('public.v')])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('removed-function finds a view that calls what is left for other arguments only, and none that calls what takes more', async () => {
  const findings = await findingsAfter(
    pair,
    'removed-function',
    `create view v as select point(path '((0,0),(1,1))') as p;
     create view kept as select get_bit(bytea '1', 1) as b, json_strip_nulls(json '1') as j, array_append(array[1], 2) as a,
       lag(1, 1, 1) over () as l`,
  )
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'blocking',
      message:
        'The view public.v uses the function point(path), which PostgreSQL 18 does not have.',
    }),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('removed-function finds objects that are made of one, and none whose functions are there', async () => {
  const fromTen = await openPair(10, 17)
  const findings = await findingsAfter(
    fromTen,
    'removed-function',
    `create operator class "Old" for type box using gist as operator 7 @>,
       function 1 gist_box_consistent(internal, box, smallint, oid, internal), function 2 gist_box_union(internal, internal),
       function 3 gist_box_compress(internal), function 4 gist_box_decompress(internal),
       function 5 gist_box_penalty(internal, internal, internal), function 6 gist_box_picksplit(internal, internal),
       function 7 gist_box_same(box, box, internal);
     create operator family loose using gist; alter operator family loose using gist add function 3 (box, box) gist_box_compress(internal);
     create operator family kept using gist; alter operator family kept using gist add function 7 (box, box) gist_box_same(box, box, internal);
     create cast (bytea as integer) with function get_bit(bytea, integer);
     create cast (text as oid) with function to_regclass(text);
     create aggregate spans(interval) (sfunc = interval_accum, stype = interval[], initcond = '{0 second,0 second}');
     create aggregate greatest_int(int) (sfunc = int4larger, stype = int);
     create aggregate all_of(int) (sfunc = array_append, stype = int[]);
     create operator #### (rightarg = path, procedure = path_center);
     create operator ##### (leftarg = int, rightarg = int, procedure = int4eq, restrict = eqsel, join = eqjoinsel);
     create type lengths as range (subtype = float8, subtype_diff = float8mi);
     create text search template copy (init = dsimple_init, lexize = dsimple_lexize);
     create table t (a int); create trigger same before update on t for each row execute procedure suppress_redundant_updates_trigger();`,
  )
  expect(findings.map(({ message }) => message)).toEqual([
    'The aggregate public.spans(interval) uses the function interval_accum(interval[], interval), which PostgreSQL 17 does not have.',
    'The cast (pg_catalog.bytea AS integer) uses the function get_bit(bytea, integer), which PostgreSQL 17 does not have.',
    'The operator public.####(NONE,pg_catalog.path) uses the function path_center(path), which PostgreSQL 17 does not have.',
    'The operator class public."Old" USING gist uses the function gist_box_compress(internal) and gist_box_decompress(internal), which PostgreSQL 17 does not have.',
    'The operator family public.loose USING gist uses the function gist_box_compress(internal), which PostgreSQL 17 does not have.',
  ])
  expect(await findingsAfterRemedies(fromTen, findings)).toEqual([])
  const [{ database = '' } = {}] = findings
  const restored = await dumpAndRestore(fromTen.sourceServer, database, fromTen.targetServer)
  expect(
    await runSql(fromTen.targetServer, restored, `select 1 from pg_type where typname = 'lengths'`),
  ).toHaveLength(1)
})

test('removed-function finds an aggregate whose function takes more arguments on the target', async () => {
  const findings = await findingsAfter(
    await openPair(17, 18),
    'removed-function',
    `create function later(a json, b json) returns json language sql as 'select b';
     create aggregate last_json(json) (sfunc = later, stype = json, finalfunc = json_strip_nulls)`,
  )
  expect(findings).toEqual([blocking('public.last_json(json)')])
})

test('removed-function finds a function that is one of the server under another name', async () => {
  const findings = await findingsAfter(
    pair,
    'removed-function',
    `create function started() returns timestamptz language internal as 'pg_backup_start_time';
     create function half(int) returns int language internal as 'int4abs'`,
  )
  expect(findings).toEqual([blocking('public.started()')])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})
