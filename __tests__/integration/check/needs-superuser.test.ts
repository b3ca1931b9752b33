/** What a target without a superuser would refuse to create. */
import { beforeAll, expect, test } from '@jest/globals'
import { openTestServer, runSql, uniqueName } from '../../support/servers.js'
import {
  findingsAfter,
  findingsAfterRemedies,
  findingsOfCheck,
  openPair,
  type Pair,
} from './pair.js'

let pair: Pair
let asAdministrator: Pair
beforeAll(async () => {
  pair = await openPair(13, 17)
  const user = uniqueName('admin')
  await runSql(
    pair.targetServer,
    'postgres',
    `create role ${user} login createdb createrole password 'secret'`,
  )
  const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
  asAdministrator = { ...pair, target }
})

const objects = `
  create function et() returns event_trigger language plpgsql as 'begin end';
  create event trigger notice_ddl on ddl_command_start execute function et();
  create publication everything for all tables;
  create table t (a int primary key); create publication one for table t;
  create cast (text as point) with inout;
  create type own as enum ('a');
  create function to_own(int) returns own language sql as $$ select 'a'::public.own $$;
  create cast (int as own) with function to_own(int);
  create function c_function() returns trigger language internal as 'suppress_redundant_updates_trigger';
  create function sql_function() returns int language sql as 'select 1';
  create function quiet(int) returns bool language sql leakproof as 'select true';
  create text search template tt (lexize = dsimple_lexize);
  create aggregate internal_total(int8) (sfunc = int8_avg_accum, stype = internal, finalfunc = numeric_poly_sum);
  create aggregate total(int) (sfunc = int4pl, stype = int);
  create function supported(int) returns int language sql support generate_series_int4_support as 'select 1';
  create function handler() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
  create language own_language handler handler;
  create type announced;
  create transform for int language sql (from sql with function prsd_lextype(internal), to sql with function int4recv(internal));
  create subscription told connection 'host=192.0.2.1' publication p with (connect = false);`

test('names what is for superusers, and nothing else', async () => {
  const findings = await findingsAfter(asAdministrator, 'needs-superuser', objects)
  expect(findings.map(({ severity, object }) => `${severity} ${object ?? ''}`)).toEqual([
    'warning public.internal_total(bigint)',
    'warning (pg_catalog.text AS pg_catalog.point)',
    'warning notice_ddl',
    'warning own_language',
    'warning everything',
    'warning public.announced',
    'warning told',
    'warning public.tt',
    'warning for integer on language sql',
    'warning public.handler()',
    'warning public.c_function()',
    'warning public.supported(integer)',
    'warning public.quiet(integer)',
  ])
  const [{ database = '' } = {}] = findings
  const notes = await findingsOfCheck(asAdministrator, 'publication', [database])
  expect(notes.map(({ message }) => message.split(', its')[0])).toEqual([
    'The publication "everything" is moved, if the provider lets it pass',
    'The publication "one" is moved',
  ])
  // A subscription has a slot on its publisher, which no statement here can know of.
  const droppable = findings.filter(({ object }) => object !== 'told')
  expect(await findingsAfterRemedies(asAdministrator, droppable)).toEqual([])
})

test('does not promise that a subscription arrives', async () => {
  const sql = `create subscription promised connection 'host=192.0.2.1' publication p with (connect = false)`
  expect(await findingsAfter(asAdministrator, 'subscription', sql)).toEqual([
    expect.objectContaining({
      object: 'promised',
      message: expect.stringContaining('if the provider lets it pass, arrives disabled'),
    }),
  ])
})

test('names subscriptions that a member of pg_create_subscription may not create either', async () => {
  const pairOf17 = await openPair(17, 17)
  const user = uniqueName('subscriber')
  await runSql(
    pairOf17.targetServer,
    'postgres',
    `create role ${user} login createdb createrole password 'secret' in role pg_create_subscription`,
  )
  const target = await openTestServer(pairOf17.targetServer, 'target', { user, password: 'secret' })
  const as = { ...pairOf17, target }
  const sql = `
    create subscription bare connection 'host=192.0.2.1 password=''''' publication p with (connect = false);
    create subscription free connection 'host=192.0.2.1 password=x' publication p with (connect = false, password_required = false);
    create subscription fine connection 'postgresql://u:x@192.0.2.1/d' publication p with (connect = false)`
  expect(await findingsAfter(as, 'needs-superuser', sql)).toMatchObject([
    {
      object: 'free',
      message: expect.stringMatching(
        /^The subscription with password_required = false free is for/,
      ),
    },
    { object: 'bare', message: expect.stringMatching(/^The subscription without a password bare/) },
  ])
  const provided = (await findingsAfter(as, 'subscription', sql)).filter(({ message }) =>
    message.includes('if the provider lets it pass'),
  )
  expect(provided.map(({ object }) => object)).toEqual(['bare', 'free'])
})

test('blocks on a base type, which columns need', async () => {
  const sql = `create type blob;
    create function blob_in(cstring) returns blob language internal strict immutable as 'textin';
    create function blob_out(blob) returns cstring language internal strict immutable as 'textout';
    create type blob (input = blob_in, output = blob_out, like = text)`
  const findings = await findingsAfter(asAdministrator, 'needs-superuser', sql)
  expect(findings).toContainEqual(
    expect.objectContaining({ severity: 'blocking', object: 'public.blob' }),
  )
})

test('blocks on what tables, indexes and views need, and names them', async () => {
  const sql = `create operator class ints for type int4 using btree as
      operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 btint4cmp(int4, int4);
    create table t (a int); create index needs_class on t (a ints);
    create function unread(int) returns int language sql leakproof as 'select 1';
    create view needs_function as select unread(a) from t;
    create function touched() returns trigger language internal as 'suppress_redundant_updates_trigger';
    create trigger needs_trigger before update on t for each row execute procedure touched();
    create function unused(int) returns int language sql leakproof as 'select 1';
    create aggregate goes_along(int) (sfunc = unused_too, stype = int);`
  const findings = await findingsAfter(
    asAdministrator,
    'needs-superuser',
    `create function unused_too(int, int) returns int language sql leakproof as 'select 1'; ${sql}`,
  )
  expect(
    findings.map(({ severity, object, message }) => [
      severity,
      object,
      /needed by (.*)\.$/.exec(message)?.[1],
    ]),
  ).toEqual([
    ['blocking', 'public.ints USING btree', 'index public.needs_class'],
    ['blocking', 'public.ints USING btree', 'index public.needs_class'],
    ['blocking', 'public.touched()', 'trigger needs_trigger on public.t'],
    ['blocking', 'public.unread(integer)', 'view public.needs_function'],
    ['warning', 'public.unused(integer)', undefined],
    ['warning', 'public.unused_too(integer,integer)', undefined],
  ])
  const [, ...blocking] = findings.filter(({ severity }) => severity === 'blocking')
  const left = await findingsAfterRemedies(asAdministrator, blocking)
  expect(left.map(({ severity }) => severity)).toEqual(Array(4).fill('warning'))
})

test('blocks on a transform where a function says that it uses it', async () => {
  const transform = `create transform for int language sql (from sql with function prsd_lextype(internal), to sql with function int4recv(internal));
    create function f(a int) returns int immutable language sql as 'select a'; create table t (a int check (f(a) > 0));`
  const unused = await findingsAfter(asAdministrator, 'needs-superuser', transform)
  expect(unused).toEqual([expect.objectContaining({ severity: 'warning' })])
  const sql = transform.replace('immutable', 'immutable transform for type int')
  const message = expect.stringContaining('needed by table constraint t_a_check on public.t')
  expect(await findingsAfter(asAdministrator, 'needs-superuser', sql)).toEqual([
    expect.objectContaining({ severity: 'blocking', message }),
    expect.objectContaining({ severity: 'blocking', message, object: 'public.f(integer)' }),
  ])
})

test('does not take the constructors of a range type for functions of their own', async () => {
  const sql = 'create type span as range (subtype = float8)'
  expect(await findingsAfter(asAdministrator, 'needs-superuser', sql)).toEqual([])
})

test('says nothing to a superuser', async () => {
  expect(await findingsAfter(pair, 'needs-superuser', objects)).toEqual([])
})
