/** The databases that are moved: about 1 GB each at scale 1, but for the one that is far away. */

export interface DataSet {
  readonly name: string
  readonly what: string
  /** Milliseconds that every question to either server takes on its way there and back; none where both are at hand. */
  readonly roundTripMs?: number
  /** Whether all that passes is encrypted, as hosted servers want it. */
  readonly isEncrypted?: true
  /** Run one after the other, each in a transaction of its own. */
  readonly statements: (scale: number) => string[]
}

const rows = (count: number, scale: number) => Math.round(count * scale)

const pgbench: DataSet = {
  name: 'pgbench',
  what: 'pgbench, scale 70: nearly everything in one table with a primary key',
  statements: (scale) => [
    `create table pgbench_branches (bid int not null, bbalance int, filler char(88)) with (fillfactor = 100);
     create table pgbench_tellers (tid int not null, bid int, tbalance int, filler char(84)) with (fillfactor = 100);
     create table pgbench_accounts (aid int not null, bid int, abalance int, filler char(84)) with (fillfactor = 100);
     create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))`,
    `insert into pgbench_branches select i, 0 from generate_series(1, ${rows(70, scale)}) i;
     insert into pgbench_tellers select i, 1 + i / 10, 0 from generate_series(1, ${rows(700, scale)}) i;
     insert into pgbench_accounts select i, 1 + i / 100000, 0, '' from generate_series(1, ${rows(7_000_000, scale)}) i`,
    `alter table pgbench_branches add primary key (bid); alter table pgbench_tellers add primary key (tid);
     alter table pgbench_accounts add primary key (aid)`,
  ],
}

const mixed: DataSet = {
  name: 'mixed',
  what: 'orders with five indexes, one of them GIN on jsonb, a foreign key, text and bytea',
  statements: (scale) => [
    `create table users (id bigint generated always as identity primary key, email text not null unique, name text, created timestamptz default now());
     insert into users (email, name) select 'user' || i || '@example.com', md5(i::text) from generate_series(1, ${rows(100_000, scale)}) i`,
    `create table orders (id bigserial primary key, user_id bigint not null, ref uuid not null, amount numeric(12,2), ratio float8, tags jsonb, placed timestamptz, note text);
     insert into orders (user_id, ref, amount, ratio, tags, placed, note)
     select 1 + i % ${rows(100_000, scale)}, md5(i || 'x')::uuid, i % 100000 + 0.25, 1 / (i + 1)::float8,
            jsonb_build_object('k' || i % 1000, i, 'color', (array['red', 'green', 'blue', 'black'])[1 + i % 4], 'list', jsonb_build_array(i % 100, i % 7, md5((i % 50000)::text))),
            '2020-01-01'::timestamptz + i * interval '1 minute', md5(i::text) || md5((i + 1)::text) || md5((i + 2)::text)
       from generate_series(1, ${rows(2_000_000, scale)}) i`,
    `create index on orders (user_id); create unique index on orders (ref); create index on orders (placed); create index on orders using gin (tags);
     alter table orders add foreign key (user_id) references users`,
    `create table documents (id serial primary key, body text, data bytea);
     insert into documents (body, data) select repeat(md5(i::text), 32), decode(repeat(md5(i::text), 128), 'hex') from generate_series(1, ${rows(120_000, scale)}) i`,
  ],
}

const many: DataSet = {
  name: 'many',
  what: '10,000 small tables with a serial primary key and 20 rows each, and 10,000 small large objects',
  statements: (scale) => smallTables(rows(10_000, scale)),
}

const far: DataSet = {
  name: 'far',
  what: '300 small tables as in many and 300 small large objects, with either server 20 ms away, there and back',
  roundTripMs: 20,
  statements: (scale) => smallTables(rows(300, scale)),
}

/** So many tables, and so many large objects. */
function smallTables(count: number): string[] {
  return [
    `select lo_from_bytea(0, decode(md5(i::text), 'hex')) from generate_series(1, ${count}) i`,
    ...Array.from({ length: Math.ceil(count / 250) }, (_, batch) => {
      const first = batch * 250 + 1
      return `do $$ begin for i in ${first}..${Math.min(first + 249, count)} loop
        execute format('create table t%s (id serial primary key, name text, v numeric)', i);
        execute format('insert into t%s (name, v) select md5(j::text), j from generate_series(1, 20) j', i);
      end loop; end $$`
    }),
  ]
}

const wide: DataSet = {
  name: 'wide',
  what: 'one table of twenty text columns',
  statements: (scale) => wideTable(scale),
}

const encrypted: DataSet = {
  name: 'encrypted',
  what: 'the table of wide, with TLS on both sides',
  isEncrypted: true,
  statements: (scale) => wideTable(scale),
}

function wideTable(scale: number): string[] {
  return [
    `create table wide (id int primary key, ${Array.from({ length: 20 }, (_, i) => `c${i} text`).join(', ')});
     insert into wide select n, ${Array.from({ length: 20 }, (_, i) => `md5((n + ${i})::text) || md5((n * ${i + 2})::text)`).join(', ')}
       from generate_series(1, ${rows(700_000, scale)}) n`,
  ]
}

const huge: DataSet = {
  name: 'huge',
  what: 'one table of narrow rows with three indexes',
  statements: (scale) => [
    `create table huge (id bigint primary key, customer int, amount int, placed timestamptz, note text);
     insert into huge select i, (i * 7919) % 1000003, i % 10000, '2020-01-01'::timestamptz + i * interval '1 second', 'note ' || i
       from generate_series(1, ${rows(9_000_000, scale)}::bigint) i`,
    'create index on huge (customer); create index on huge (placed)',
  ],
}

export const dataSets: readonly DataSet[] = [pgbench, mixed, many, wide, huge, encrypted, far]
