/** What may not stand in an index, a generated column or a partition key of the target, because it is not immutable there. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { findingsAfter, findingsAfterRemedies, openPair, type Pair } from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(14, 18)
})

const check = 'function-not-immutable'
const blocking = (object: string) => expect.objectContaining({ severity: 'blocking', object })

describe('function-not-immutable', () => {
  test('names the indexes that write an interval as text, however they do', async () => {
    const findings = await findingsAfter(
      pair,
      check,
      `create domain d as interval;
       create table t (a int, i interval, d d, l interval[]);
       create index plain on t ((i::text));
       create index of_domain on t ((d::varchar));
       create index of_array on t ((l::text[]));
       create index of_sum on t ((i + '1 day')) where (coalesce(i, '1 day') + '1 day')::text <> '';
       create index of_value on t (a) where interval '1 day'::text <> a::text;
       create table parted (i interval) partition by range (i); create table part partition of parted default;
       create index of_parted on parted ((i::text));
       create index fine on t (i, (a::text), ('x' || a), (extract(day from i)), (i * 2))`,
    )
    const names = ['of_array', 'of_domain', 'of_parted', 'of_sum', 'of_value', 'plain']
    expect(findings).toEqual(names.map((name) => blocking(`public.${name}`)))
    expect(findings[0]?.message).toContain('interval_out(interval)')
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('names generated columns and partition keys, in words', async () => {
    const findings = await findingsAfter(
      pair,
      check,
      `create table t (i interval, g text generated always as (i::text) stored);
       create table p (i interval) partition by list ((i::text))`,
    )
    expect(findings).toEqual([blocking('public.p'), blocking('public.t.g')])
    expect(findings.map(({ remedy }) => remedy)).toEqual([
      expect.stringContaining('partition key of public.p'),
      expect.stringContaining('generated column of public.t.g'),
    ])
  })

  test('names what was built on a function of the system or of an extension that was altered', async () => {
    const findings = await findingsAfter(
      pair,
      check,
      `create extension unaccent; alter function unaccent(text) immutable;
       alter function pg_catalog.to_char(timestamptz, text) immutable;
       create function mine(text) returns text language sql immutable as $$ select public.unaccent($1) $$;
       create table t (a text, b timestamptz);
       create index of_extension on t (unaccent(a));
       create index of_system on t (to_char(b, 'YYYY'));
       create index of_mine on t (mine(a), lower(a))`,
    )
    expect(findings).toEqual([blocking('public.of_extension'), blocking('public.of_system')])
    expect(findings[0]?.message).toContain('unaccent(text), which the extension unaccent')
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('says nothing where the target takes it for immutable', async () => {
    const older = await openPair(13, 13)
    const sql = 'create table t (i interval); create index on t ((i::text))'
    expect(await findingsAfter(older, check, sql)).toEqual([])
  })
})
