/** What asks for the name of its database while that is still called otherwise. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { findingsAfter, findingsAfterRemedies, openPair, type Pair } from './pair.js'

const check = 'current-database'
const pairs: [major: number, pair: Pair][] = []
beforeAll(async () => {
  for (const major of [10, 14, 17]) pairs.push([major, await openPair(major, 18)])
})

/** The same on each of the majors, whose trees differ. */
async function found(sql: (major: number) => string) {
  const all = []
  for (const [major, pair] of pairs) all.push(await findingsAfter(pair, check, sql(major)))
  const [first = []] = all
  const told = (findings: typeof first) =>
    findings.map(({ severity, object, remedy }) => [severity, object, remedy?.split('\n')[1]])
  for (const each of all) expect(told(each)).toEqual(told(first))
  return { findings: first, told: told(first) }
}

const here = (condition: string) =>
  `do $$ begin execute format('${condition}', current_database()); end $$;`

describe('current-database', () => {
  test('blocks on checks that rows break under another name', async () => {
    const { told } = await found(
      () => `create table t (a int); insert into t values (1);
        create table "Other" (a int); insert into "Other" values (1);
        create table none (a int check (current_database() = 'x'));
        ${here('alter table t add constraint "Only here" check (current_database() = %L)')}
        ${here('alter table "Other" add check (a > 1 or current_catalog = %L)')}
        alter table t add check (current_database() <> 'x');
        alter table t add constraint unchecked check (current_database() = 'x') not valid`,
    )
    expect(told).toEqual([
      ['blocking', '"Only here" on public.t', 'alter table public.t drop constraint "Only here";'],
      [
        'blocking',
        '"Other_a_check" on public."Other"',
        'alter table public."Other" drop constraint "Other_a_check";',
      ],
    ])
    const [, pair] = pairs[0] ?? []
    if (pair === undefined) throw new Error('No pair.')
    const again = await findingsAfter(
      pair,
      check,
      `create table t (a int); insert into t values (1);
       ${here('alter table t add constraint here check (current_database() = %L)')}`,
    )
    expect(again).toHaveLength(1)
    expect(await findingsAfterRemedies(pair, again)).toEqual([])
  })

  test('warns of what may keep that name, and of what may refuse it behind a function', async () => {
    const { told } = await found(
      (major) => `create function named() returns text language sql immutable
          as ${major >= 14 ? `$$ select current_database()::text $$; create or replace function named() returns text language sql immutable return current_database()::text` : `$$ select current_database()::text $$`};
        create function above() returns text language plpgsql immutable as $$ begin return public.named(); end $$;
        create domain d as int check (current_database() <> 'x');
        create table t (a d check (above() <> 'x')); insert into t values (1);
        create index i on t (a) where named() = 'x';
        create materialized view dictionary as select table_catalog from information_schema.tables;
        create view v as select current_catalog as name;
        create materialized view "In view" as select name from v;
        create materialized view unfilled as select current_catalog as name with no data`,
    )
    expect(told).toEqual([
      ['warning', 't_check on public.t', 'alter table public.t drop constraint t_check;'],
      ['warning', 'd_check on public.d', 'alter domain public.d drop constraint d_check;'],
      ['warning', 'public.i', 'reindex index public.i;'],
      ['warning', 'public."In view"', 'refresh materialized view public."In view";'],
      ['warning', 'public.dictionary', 'refresh materialized view public.dictionary;'],
    ])
  })

  test('says nothing of what does not ask', async () => {
    const { findings } = await found(
      () => `create function other() returns text language sql immutable as $$ select 'current_database'::text $$;
        create table t (a int default length(current_database()), b text check (b <> other()), check (current_user <> 'nobody'));
        insert into t values (1); create index on t (a) where other() <> 'x';
        create view v as select current_database(); create materialized view m as select a, current_user from t;
        create materialized view tables as select table_schema, table_name from information_schema.tables`,
    )
    expect(findings).toEqual([])
  })
})
