/** Objects that a dump leaves out or brings back differently. */
import { beforeAll, expect, test } from '@jest/globals'
import { makeTablespaceFolder } from '../../support/tablespace-folder.js'
import { createDatabase, openTestServer, runSql, uniqueName } from '../../support/servers.js'
import { copy } from '../copy/copying.js'
import { findingsAfter, findingsAfterRemedies, openPair, type Pair } from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(15, 18)
})

test('invalid-index names the index that a failed build left, and no other', async () => {
  const findings = await findingsAfter(
    pair,
    'invalid-index',
    `create table t (a int); create index good on t (a); create unique index bad on t (a);
     update pg_index set indisvalid = false where indexrelid = 'bad'::regclass;
     create table p (a int) partition by range (a); create index parted on only p (a)`,
  )
  // The index of a partitioned table is invalid until every partition has one; pg_dump carries it.
  expect(findings).toEqual([expect.objectContaining({ severity: 'warning', object: 'public.bad' })])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('invalid-index offers to drop the index as well', async () => {
  const findings = await findingsAfter(
    pair,
    'invalid-index',
    `create table t (a int); create index bad on t (a);
     update pg_index set indisvalid = false where indexrelid = 'bad'::regclass`,
  )
  expect(await findingsAfterRemedies(pair, findings, { alternative: 1 })).toEqual([])
})

test('grantor-usage blocks on a grantor who may not use the schema any more', async () => {
  const [grantor, keeper, member, owner] = ['grantor', 'keeper', 'member', 'owner'].map(uniqueName)
  const findings = await findingsAfter(
    pair,
    'grantor-usage',
    `create role ${grantor}; create role ${keeper}; create role ${owner}; create role ${member} in role ${owner};
     create schema app; grant usage on schema app to ${grantor}, ${keeper}, ${owner};
     create table app.t (a int, b int); create function app.f() returns int language sql as 'select 1';
     create table app.owned (); alter table app.owned owner to ${owner};
     grant select on app.t to ${grantor}, ${keeper} with grant option;
     grant update (b) on app.t to ${grantor} with grant option;
     grant execute on function app.f() to ${grantor} with grant option;
     set role ${grantor}; grant select on app.t to public; grant update (b) on app.t to public;
     grant execute on function app.f() to ${keeper};
     set role ${keeper}; grant select on app.t to public;
     set role ${member}; grant select on app.owned to public; reset role;
     revoke usage on schema app from ${grantor}, ${owner}`,
  )
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'blocking',
      object: `"${grantor}" in app`,
      message: expect.stringContaining('app.f(), app.t, app.t.b') as unknown,
    }),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('multirange-privilege warns where a range has other privileges than its multirange', async () => {
  const [owner, user] = ['owner', 'user'].map(uniqueName)
  const sql = `create role ${owner}; create role ${user};
    create type shut as range (subtype = int); revoke usage on type shut_multirange from public;
    grant usage on type shut_multirange to ${user};
    create type open as range (subtype = int); revoke usage on type open from public; grant usage on type open to ${user};
    create type even as range (subtype = int); alter type even_multirange owner to ${owner};
    revoke usage on type even, even_multirange from public; grant usage on type even to ${owner};
    alter default privileges revoke usage on types from public;
    create type by_default as range (subtype = int); alter type by_default owner to ${owner}`
  const findings = await findingsAfter(pair, 'multirange-privilege', sql)
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'warning',
      object: 'public.open_multirange',
      message: expect.stringContaining('PUBLIC may no longer') as unknown,
    }),
    expect.objectContaining({
      severity: 'warning',
      object: 'public.shut_multirange',
      message: expect.stringContaining('PUBLIC may use it there') as unknown,
    }),
  ])
})

test('unpopulated-view notes a materialized view without data', async () => {
  const findings = await findingsAfter(
    pair,
    'unpopulated-view',
    `create materialized view full_view as select 1;
     create materialized view empty_view as select 1 with no data`,
  )
  expect(findings).toEqual([
    expect.objectContaining({ severity: 'note', object: 'public.empty_view' }),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('view-recursive blocks on a view that selects from itself, not on those that select from each other', async () => {
  const findings = await findingsAfter(
    pair,
    'view-recursive',
    `create view itself as select 1 as a; create or replace view itself as select a from itself;
     create view one as select 1 as a; create view other as select a from one; create or replace view one as select a from other;
     create view written as select 1 as a; create rule r as on update to written do instead select old.a, new.a`,
  )
  // pg_dump creates one of the two others as a dummy first.
  expect(findings).toEqual([
    expect.objectContaining({ severity: 'blocking', object: 'public.itself' }),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('view-recursive passes over a view that reads a function which returns its rows', async () => {
  const sql = `create view v as select 1 as a; create function rows_of_v() returns setof v language sql as 'select 1';
    create or replace view v as select a from rows_of_v()`
  expect(await findingsAfter(pair, 'view-recursive', sql)).toEqual([])
})

/** A query that goes on for ever, but for its marks. */
const marking = (marks: string) =>
  `with recursive t (id) as (select 1 union all select id from t) cycle id set is_cycle ${marks} using path select is_cycle from t`

test('cycle-mark blocks on what marks cycles by values that are written with their type', async () => {
  const findings = await findingsAfter(
    pair,
    'cycle-mark',
    `create view "Text" as ${marking(`to 'Y' default 'N'`)}; create materialized view negative as ${marking(`to 1 default int '-1'`)};
     create view nothing as select 1 as a, (${marking('to true default null')} limit 1) as b;
     create function f() returns setof text begin atomic ${marking(`to 'Y' default 'N'`)}; end;
     create view whole as ${marking(`to numeric '2' default 0.5`)}; create view below as ${marking(`to 0.5 default numeric '-2.5'`)};
     create view unknown as ${marking(`to 0.5 default numeric 'NaN'`)};
     create table t (a int); create rule r as on insert to t do also ${marking(`to 'Y' default 'N'`)};
     create policy p on t using (exists (${marking(`to 'Y' default 'N'`)}))`,
  )
  expect(findings.map(({ severity, object }) => `${severity} ${object}`)).toEqual([
    'blocking public.f()',
    'blocking public.negative',
    'blocking p on public.t',
    'blocking public.t',
    'blocking public."Text"',
    'blocking public.below',
    'blocking public.nothing',
    'blocking public.unknown',
    'blocking public.whole',
  ])
  const pasted = findings.filter(({ remedy }) => remedy?.endsWith(';'))
  expect(pasted).toHaveLength(8)
  expect(await findingsAfterRemedies(pair, pasted)).toEqual([])
})

test('cycle-mark is not found for truth values and numbers', async () => {
  const sql = `create view one as ${marking('')}; create view two as ${marking('to 1 default 0')};
    create view three as ${marking('to false default true')}; create view four as ${marking('to 1.5 default 0.5')};
    create view six as ${marking('to 1e-20 default 12345678.123')}; create view seven as ${marking('to 1e-100 default 0.50')};
    create view eight as ${marking('to 1e-128 default 0.1')};
    create view five as select ':cycle_mark_value x' as a, 'CYCLE a SET b TO ''Y''::text DEFAULT ''N''::text USING c' as b`
  const findings = await findingsAfter(pair, 'cycle-mark', sql)
  expect(findings).toEqual([])
})

test('name-column warns of a column of regclass, not of one of oid', async () => {
  const findings = await findingsAfter(
    pair,
    'name-column',
    `create table t (a regclass, b oid, c name)`,
  )
  expect(findings).toEqual([expect.objectContaining({ severity: 'warning', object: 'public.t.a' })])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('type-without-input blocks on values that no server reads, not on NULLs', async () => {
  const findings = await findingsAfter(
    pair,
    'type-without-input',
    `create domain tree as pg_node_tree; create table "Copied" (i int default 1, "A b" tree);
     insert into "Copied" select 1, adbin from pg_attrdef limit 1;
     create table nulls (n pg_ndistinct, d pg_dependencies); insert into nulls default values;
     create table t (a int, b int); insert into t select g % 7, g % 7 from generate_series(1, 100) g;
     create statistics s (ndistinct) on a, b from t; analyze t;
     create table statistics as select stxdndistinct as n from pg_statistic_ext_data`,
  )
  expect(findings).toEqual([
    expect.objectContaining({ severity: 'blocking', object: 'public."Copied"."A b"' }),
    expect.objectContaining({ severity: 'blocking', object: 'public.statistics.n' }),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('system-row-type warns of a row of a catalog, not of one of a table', async () => {
  const findings = await findingsAfter(
    pair,
    'system-row-type',
    `create type own as (a int); create table t (a pg_class[], b own);
     create materialized view m as select c as row from pg_class c`,
  )
  // A superuser may have such columns; nobody else could create them.
  expect(findings).toEqual([
    expect.objectContaining({ severity: 'warning', object: 'public.m."row"' }),
    expect.objectContaining({ severity: 'warning', object: 'public.t.a' }),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('name-with-newline warns of a role with one', async () => {
  const role = uniqueName('two\nlines\r')
  await runSql(pair.sourceServer, 'postgres', `create role "${role}"`)
  const findings = await findingsAfter(pair, 'name-with-newline', '')
  expect(findings).toEqual([expect.objectContaining({ severity: 'warning', object: role })])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('tablespace-missing warns of one that the target lacks', async () => {
  const { sourceServer, targetServer } = pair
  const [name, user] = [uniqueName('space'), uniqueName('admin')]
  // A folder inside the data directory is allowed with a warning, and needs no other owner.
  const folder = await makeTablespaceFolder(sourceServer, name)
  await runSql(sourceServer, 'postgres', `create tablespace ${name} location '${folder}'`)
  const database = await createDatabase(sourceServer, 'spaces')
  await runSql(
    sourceServer,
    database,
    `create table t (a int primary key) tablespace ${name}; create index t_a on t (a) tablespace ${name};
     alter table t add constraint u unique (a) using index tablespace ${name};
     create table p (a int) partition by list (a); create table p1 partition of p for values in (1);
     create index p_a on p (a) tablespace ${name};
     create materialized view m tablespace ${name} as select 1 as a; create index m_a on m (a) tablespace ${name}`,
  )
  const findings = await findingsAfter(pair, 'tablespace-missing', '')
  expect(findings).toEqual([expect.objectContaining({ severity: 'warning', object: name })])
  // As said, all of it goes to the default one.
  const moved = await copy(sourceServer, targetServer, database)
  expect(moved.error).toBeUndefined()
  const elsewhere = `select relname from pg_class where reltablespace <> 0 and oid >= 16384`
  const indexes = `select relname from pg_class where relname in ('t_a', 'u', 'p_a', 'p1_a_idx', 'm_a') and relkind in ('i', 'I')`
  expect(await runSql(targetServer, moved.database, indexes)).toHaveLength(5)
  expect(await runSql(targetServer, moved.database, elsewhere)).toEqual([])

  const there = await makeTablespaceFolder(targetServer, name)
  const filledIn = { '/path/on/the/target': there }
  expect(await findingsAfterRemedies(pair, findings, { filledIn })).toEqual([])

  await runSql(
    targetServer,
    'postgres',
    `create role ${user} login createdb createrole password 'secret'`,
  )
  const target = await openTestServer(targetServer, 'target', { user, password: 'secret' })
  const asAdministrator = { ...pair, target }
  const unusable = await findingsAfter(asAdministrator, 'tablespace-missing', '')
  expect(unusable).toMatchObject([
    { object: name, message: expect.stringContaining(`The role "${user}" may not use`) },
  ])
  expect(await findingsAfterRemedies(asAdministrator, unusable)).toEqual([])
  await runSql(sourceServer, 'postgres', `drop database ${database}`)
  for (const server of [sourceServer, targetServer]) {
    await runSql(server, 'postgres', `drop tablespace ${name}`)
  }
})

test('security-label names the provider', async () => {
  const findings = await findingsAfter(
    pair,
    'security-label',
    `create table t (); insert into pg_seclabel (objoid, classoid, objsubid, provider, label)
       values ('t'::regclass, 'pg_class'::regclass, 0, 'dummy', 'secret')`,
  )
  expect(findings).toEqual([expect.objectContaining({ severity: 'blocking', object: 'dummy' })])
})

test.each([
  'invalid-index',
  'unpopulated-view',
  'view-recursive',
  'name-column',
  'type-without-input',
  'system-row-type',
  'security-label',
])('%s is not found in a database of a table and an index', async (check) => {
  expect(await findingsAfter(pair, check, 'create table t (a int primary key)')).toEqual([])
})
