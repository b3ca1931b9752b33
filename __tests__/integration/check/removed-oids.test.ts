/** Tables WITH OIDS, and what the remedies leave of the values of their hidden column. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { runSql } from '../../support/servers.js'
import {
  findingsAfter,
  findingsAfterRemedies,
  findingsOfCheck,
  openPair,
  type Pair,
} from './pair.js'
import { paste } from './remedy.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(11, 18)
})

const blocking = (object: string) => expect.objectContaining({ severity: 'blocking', object })

test('warns of a table WITH OIDS, and of no other', async () => {
  const findings = await findingsAfter(
    pair,
    'removed-oids',
    'create table t (a int) with oids; create table u (a int)',
  )
  expect(findings).toEqual([expect.objectContaining({ severity: 'warning', object: 'public.t' })])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('has a remedy that keeps the values, whatever rules, triggers and columns there are', async () => {
  const findings = await findingsAfter(
    pair,
    'removed-oids',
    `create table named (old_oid int, old_oid_1 int) with oids; insert into named values (12345, 2);
     create table ruled (a int) with oids; insert into ruled values (1); create rule r as on update to ruled do instead nothing;
     create table "Kept" (a int) with oids; insert into "Kept" values (1);
     create function refuse() returns trigger language plpgsql as $$ begin raise 'append only'; end $$;
     create trigger t before update on "Kept" for each row execute procedure refuse();
     create table child () inherits (named); create table own () inherits (child) with oids; insert into own values (6, 7);
     create table split (a int) partition by list (a) with oids; create table part partition of split default; insert into split values (1);
     create table seen as select tableoid::regclass::text as name, oid::bigint as value from named union all select 'ruled', oid from ruled
       union all select '"Kept"', oid from "Kept" union all select 'part', oid from part`,
  )
  const first = findings.filter(({ remedy }) => remedy?.startsWith('-- on the source'))
  expect(first.map(({ object }) => object)).toEqual(
    ['"Kept"', 'named', 'ruled', 'split'].map((name) => `public.${name}`),
  )
  expect(findings.find(({ object }) => object === 'public.own')?.remedy).toMatch(
    /^On the source, do what is said of public\.child: /,
  )
  expect(await findingsAfterRemedies(pair, first)).toEqual([])
  for (const finding of first) await expect(paste(pair, finding)).rejects.toThrow('already exists')
  const database = findings[0]?.database ?? ''
  expect(
    await runSql(
      pair.sourceServer,
      database,
      `select name, value from seen except (select tableoid::regclass::text, old_oid_2 from named union all select 'ruled', old_oid_2 from ruled
         union all select '"Kept"', old_oid_2 from "Kept" union all select 'part', old_oid_2 from part)`,
    ),
  ).toEqual([])
  expect(await findingsOfCheck(pair, 'removed-oids', [database])).toEqual([])
})

test('blocks on what is built on the hidden column', async () => {
  const findings = await findingsAfter(
    pair,
    'removed-oids',
    `create table t (a int) with oids; create view v as select oid, a from t;
     create index "I" on t (a) where oid > 5; alter table t add constraint u unique (oid);
     create table other (r oid constraint "to T" references t (oid));
     create rule r as on update to t where old.oid > 5 do nothing;
     create function f() returns trigger language plpgsql as 'begin return new; end';
     create trigger g before update on t for each row when (old.oid > 5) execute procedure f();
     create policy y on t using (oid > 4)`,
  )
  expect(findings).toEqual([
    blocking('"to T" on public.other'),
    blocking('g on public.t'),
    blocking('public.v'),
    blocking('r on public.t'),
    blocking('y on public.t'),
    blocking('public."I"'),
    blocking('u on public.t'),
    expect.objectContaining({ severity: 'warning', object: 'public.t' }),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

describe('on a target that has them', () => {
  let older: Pair
  beforeAll(async () => {
    older = await openPair(10, 11)
  })

  const tables = `create table t (a int) with oids; create view v as select oid, a from t; create table u (a int)`

  test('tells what client tools of 12 and later leave out', async () => {
    const findings = await findingsAfter(older, 'removed-oids', tables, { toolsMajor: 15 })
    expect(findings).toMatchObject([
      {
        severity: 'blocking',
        object: 'public.v',
        message: expect.stringContaining('client tools since 12') as unknown,
      },
      {
        severity: 'warning',
        object: 'public.t',
        message: expect.stringContaining('oid are lost.') as unknown,
      },
    ])
    const changes = { toolsMajor: 15 }
    expect(await findingsAfterRemedies(older, findings, { changes })).toEqual([])
  })

  test('warns of new values where client tools of 11 dump them', async () => {
    expect(await findingsAfter(older, 'removed-oids', tables)).toMatchObject([
      {
        severity: 'warning',
        object: 'public.t',
        message: expect.stringContaining('are new ones, unless') as unknown,
      },
    ])
  })
})
