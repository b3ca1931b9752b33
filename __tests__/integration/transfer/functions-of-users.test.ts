/** Indexes and rows whose functions look into other tables: those come first, with every method and any number of jobs. */
import { expect, test } from '@jest/globals'
import { transfers } from '../../../src/transfer/index.js'
import { copy } from '../copy/copying.js'
import { createDatabase, runSql, sharedServer } from '../../support/servers.js'

/** What is looked up is in a table that comes late, by its name and by its size: `copy` takes what is longest first, pg_restore waits for it. */
const lookedUp = (padding: number) => `
  create table z_rates (currency text primary key, rate numeric, pad text);
  alter table z_rates alter pad set storage external;
  insert into z_rates select 'c' || g, g, repeat('y', ${padding}) from generate_series(0, 99) g;
  create function rate(text) returns numeric language plpgsql immutable as
    $$ begin return (select r.rate from public.z_rates r where r.currency = $1); end $$;
  create function less(a text, b text) returns boolean language plpgsql immutable as $$ begin return public.rate(a) < public.rate(b); end $$;
  create operator <<< (leftarg = text, rightarg = text, procedure = less);`

const orders = `
  create table orders (id int primary key, currency text, pad text);
  insert into orders select g, 'c' || g % 100, repeat('x', 400) from generate_series(1, 20000) g;
  create index by_rate on orders (public.rate(currency));
  create index by_condition on orders (id) where public.rate(currency) > 5;
  create index by_operator on orders (id) where currency <<< 'c50';
  comment on index by_rate is 'late';
  create unique index only_once on orders (public.rate(currency), id);
  create table parts (id int, currency text) partition by range (id);
  create table part_1 partition of parts for values from (0) to (100);
  insert into parts select g, 'c' || g from generate_series(0, 99) g;
  create index parts_by_rate on parts (public.rate(currency));`

const byIndex = `
  set enable_seqscan = off; set enable_bitmapscan = off;
  select (select count(*) from orders where public.rate(currency) between 1 and 10) as by_rate,
         (select count(*) from orders where public.rate(currency) > 5 and id > 0) as by_condition,
         (select count(*) from orders where currency <<< 'c50' and id > 0) as by_operator,
         (select count(*) from parts where public.rate(currency) > 49) as in_parts`

test.each([
  ['copy', 1, 0],
  ['parallel', 2, 300_000],
  ['custom', 2, 300_000],
  ['custom', 1, 0],
  ['stream', 1, 0],
] as const)(
  'of %s with %i jobs find what is looked up, also in indexes on expressions, conditions and partitions',
  async (method, jobs, padding) => {
    const [from, to] = [await sharedServer(13), await sharedServer(18)]
    const database = await createDatabase(from, 'looks')
    await runSql(from, database, `${lookedUp(padding)}${orders}`)
    const copied = await copy(from, to, database, { jobs, transfer: transfers[method] })
    expect(copied.error).toBeUndefined()
    const [found] = await runSql(to, copied.database, byIndex)
    expect(found).toEqual({
      by_rate: '2000',
      by_condition: '18800',
      by_operator: '10000',
      in_parts: '50',
    })
    expect(
      await runSql(to, copied.database, "select obj_description('by_rate'::regclass) as comment"),
    ).toEqual([{ comment: 'late' }])
  },
)

test.each([13, 17])(
  'of the method copy from %i are there when rows of checks, domains and generated columns arrive',
  async (major) => {
    const [from, to] = [await sharedServer(major), await sharedServer(18)]
    const database = await createDatabase(from, 'looks')
    await runSql(
      from,
      database,
      `${lookedUp(0)}
     create domain known as text check (public.rate(value) is not null);
     create table checked (id int, currency text check (public.rate(currency) is not null), pad text);
     create table in_domain (id int, currency known, more known[], pad text);
     create table generated (id int, currency text, rate numeric generated always as (public.rate(currency)) stored, pad text);
     insert into checked select g, 'c' || g % 100, repeat('x', 400) from generate_series(1, 20000) g;
     insert into in_domain select id, currency, array[currency]::known[], pad from checked;
     insert into generated (id, currency, pad) select id, currency, pad from checked`,
    )
    const copied = await copy(from, to, database, { jobs: 1 })
    expect(copied.error).toBeUndefined()
    expect(
      await runSql(
        to,
        copied.database,
        `select (select count(*) from checked) as checked, (select count(*) from in_domain) as in_domain,
              (select sum(rate) from generated)::int as rates`,
      ),
    ).toEqual([{ checked: '20000', in_domain: '20000', rates: 990000 }])
  },
)

test.each([10, 14])(
  'of the method copy from %i are there when rows of partitions arrive, of any level',
  async (major) => {
    const [from, to] = [await sharedServer(major), await sharedServer(18)]
    const database = await createDatabase(from, 'looks')
    await runSql(
      from,
      database,
      `${lookedUp(0)}
     create table divided (id int, currency text, pad text) partition by range (public.rate(currency));
     create table low partition of divided for values from (0) to (50);
     create table high partition of divided for values from (50) to (100) partition by range (id);
     create table high_all partition of high for values from (0) to (100000);
     insert into divided select g, 'c' || g % 100, repeat('x', 400) from generate_series(1, 20000) g`,
    )
    const copied = await copy(from, to, database, { jobs: 1 })
    expect(copied.error).toBeUndefined()
    const counts = `select (select count(*) from low) as low, (select count(*) from high_all) as high`
    expect(await runSql(to, copied.database, counts)).toEqual([{ low: '10000', high: '10000' }])
  },
)
