/** Checks, domains, generated columns and partition keys whose functions look into tables that the methods of pg_dump may restore later. */
import { beforeAll, expect, test } from '@jest/globals'
import { findingsAfter, openPair, type Pair } from './pair.js'

let pair: Pair
let olderPair: Pair
beforeAll(async () => {
  pair = await openPair(14, 18)
  olderPair = await openPair(11, 18)
})

const rates = `
  create table rates (id int primary key, rate int); insert into rates values (1, 2);
  create function rate(int) returns int language plpgsql immutable as
    'declare found_rate int; begin select r.rate into found_rate from public.rates r where r.id = $1; return found_rate; end';`
const generated = `create table g (a int, b int generated always as (rate(a)) stored);`

test.each([
  ['a generated column', 'generated column public.g.b', generated],
  [
    'a check',
    'check constraint c on public.g',
    'create table g (a int constraint c check (rate(a) > 0));',
  ],
  [
    'a domain',
    'domain public.d',
    'create domain d as int check (rate(value) > 0); create table g (a d);',
  ],
  [
    'a partition key',
    'partition key public.g',
    `create table g (a int) partition by list (rate(a)); create table g_2 partition of g for values in (2);`,
  ],
  [
    'a column of a function that calls another one in the search_path that it sets,',
    'generated column public.g.b',
    `create function outer_rate(int) returns int language sql immutable set search_path = public as 'select rate($1)';
     create table g (a int, b int generated always as (outer_rate(a)) stored);`,
  ],
  [
    'a column with an SQL-standard body',
    'generated column public.g.b',
    `create function bound_rate(i int) returns int language sql immutable begin atomic; select max(r.rate) from rates r where r.id = i; end;
     create table g (a int, b int generated always as (bound_rate(a)) stored);`,
  ],
])(
  'lookup-order warns of %s whose function looks into another table, with the methods of pg_dump',
  async (_title, object, sql) => {
    const filled = `${rates} ${sql} insert into g values (1)`
    for (const method of ['plain', 'stream', 'custom', 'parallel'] as const) {
      expect(await findingsAfter(pair, 'lookup-order', filled, { method })).toEqual([
        expect.objectContaining({
          severity: 'warning',
          message: expect.stringMatching(
            `looks into public.rates for the ${object}\\. .*"${method}"`,
          ),
        }),
      ])
    }
    for (const method of ['auto', 'copy'] as const) {
      expect(await findingsAfter(pair, 'lookup-order', filled, { method })).toEqual([])
    }
  },
)

test('lookup-order names a function once, for all that call it', async () => {
  const tables = Array.from(
    { length: 5 },
    (_, i) =>
      `create table g${i} (a int constraint c check (rate(a) > 0)); insert into g${i} values (1);`,
  )
  expect(await findingsAfter(olderPair, 'lookup-order', rates + tables.join('\n'))).toEqual([
    expect.objectContaining({
      object: 'public.rate(integer)',
      message: expect.stringContaining(
        'c on public.g0, c on public.g1, c on public.g2 and 2 more.',
      ),
    }),
  ])
})

test.each([
  ['an empty table', rates + generated],
  [
    'a function that reads no table',
    `create table from_rates (a int);
     create function rate(int) returns int language sql immutable as 'select extract(year from make_date($1, 1, 1))::int -- from public.from_rates';
     ${generated} insert into g values (1)`,
  ],
  [
    "a function that wraps an extension's",
    `create extension unaccent;
     create function plain(text) returns text language sql immutable as $$ select public.unaccent('public.unaccent', $1) $$;
     create table g (a text, b text generated always as (plain(a)) stored); insert into g values ('é')`,
  ],
  [
    'a function that looks into the table itself',
    `create table g (a int);
     create function others(int) returns bool language sql immutable as 'select count(*) >= 0 from public.g';
     alter table g add check (others(a)); insert into g values (1)`,
  ],
])('lookup-order is not found for %s', async (_title, sql) => {
  expect(await findingsAfter(pair, 'lookup-order', sql)).toEqual([])
})
