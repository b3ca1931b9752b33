/** Generated columns that every method computes anew, by functions that look into other tables, or that are other ones on the target. */
import { expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { computedByMajor, computedOtherwise } from '../../../src/phases/computed-otherwise.js'
import { validateDatabase } from '../../../src/validate/index.js'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { createDatabase, openTestServer, runSql, sharedServer } from '../../support/servers.js'
import { paste } from '../check/remedy.js'

const lookups = `
  create table zz_rates (id int primary key, rate int);
  insert into zz_rates values (1, 10), (2, 20);
  create function rate_of(int) returns int language plpgsql immutable as
    $$ begin return (select r.rate from public.zz_rates r where r.id = $1); end $$;
  create operator #! (rightarg = int, function = rate_of);
  create table "Or""ders" (
    id int generated always as identity, "R" int, other int,
    "Ra te" int generated always as (rate_of("R")) stored,
    by_operator int generated always as (#! other) stored,
    plain int generated always as ("R" * 2) stored);
  insert into "Or""ders" ("R", other) select 1 + g % 2, 1 from generate_series(1, 10) g;`

/** Moved in the order of names, as pg_dump does: what is looked up comes last. */
async function moved(major: number, sql: string) {
  const [sourceServer, targetServer] = [await sharedServer(major), await sharedServer(18)]
  const database = await createDatabase(sourceServer, 'computed')
  await runSql(sourceServer, database, sql)
  const restored = await dumpAndRestore(sourceServer, database, targetServer)
  const options = {
    source: { server: await openTestServer(sourceServer, 'source'), database },
    target: { server: await openTestServer(targetServer, 'target'), database: restored },
    queries: [],
    jobs: 2,
    log: silentLog,
    signal: new AbortController().signal,
  }
  const compare = (level: 'counts' | 'checksums') => validateDatabase({ ...options, level })
  return { sourceServer, targetServer, database, restored, compare }
}

test.each([12, 17])('lookup-order has a statement that computes them anew', async (major) => {
  const { restored, compare, ...servers } = await moved(major, lookups)
  const { tables, differences, computedOtherwise: found } = await compare('counts')
  expect(differences).toEqual([
    {
      kind: 'generated column',
      object: '"public"."Or""ders" ("Ra te", "by_operator")',
      source: expect.stringMatching(/^[0-9a-f]{16}$/),
      target: expect.stringMatching(/^[0-9a-f]{16}$/),
    },
  ])
  expect(tables).toContainEqual(
    expect.objectContaining({
      name: 'Or"ders',
      sourceRows: 10,
      targetRows: 10,
      equal: false,
      checksum: null,
    }),
  )
  expect(found.map(({ table }) => table)).toEqual(['"public"."Or""ders"'])
  for (const table of found) await paste(servers, computedOtherwise(restored, table, true))
  expect((await compare('counts')).differences).toEqual([])
  expect((await compare('checksums')).differences).toEqual([])
})

test('values that the source computed of earlier rows differ too, until it computes them anew', async () => {
  const early = lookups.replaceAll('"Or""ders"', 'zzz_orders')
  const { database, compare, ...servers } = await moved(
    14,
    `${early} update zz_rates set rate = rate + 1;`,
  )
  const { differences, computedOtherwise: found } = await compare('counts')
  expect(differences.map(({ kind }) => kind)).toEqual(['generated column'])
  for (const table of found) await paste(servers, computedOtherwise(database, table, false))
  expect((await compare('counts')).differences).toEqual([])
})

/** Since 16 the power has fewer digits; by a function of users, and without one. */
const power = `
  create function ours(numeric) returns numeric language sql immutable as 'select $1 ^ 25';
  create table "Ours" (v numeric, "b " numeric generated always as (ours(v)) stored);
  create table "System" (v numeric, "b " numeric(200, 8) generated always as (v ^ 25) stored);
  insert into "Ours" values (123.456); insert into "System" values (123.456);`

test('computed-otherwise names what the system of the target computes otherwise, and is no difference', async () => {
  const { compare, database } = await moved(15, power)
  const { tables, differences, computedOtherwise: found } = await compare('checksums')
  expect(differences).toEqual([])
  expect(found.toSorted((a, b) => (a.table < b.table ? -1 : 1))).toEqual([
    { table: '"public"."Ours"', columns: ['b '], from: ['v'], isByMajor: true },
    { table: '"public"."System"', columns: ['b '], from: [], isByMajor: true },
  ])
  expect(tables.map(({ equal }) => equal)).toEqual([true, true])
  expect((await compare('counts')).computedOtherwise.map(({ table }) => table)).toEqual([
    '"public"."Ours"',
  ])
  expect(found.map((table) => computedByMajor(database, table, 18))).toContainEqual(
    expect.objectContaining({
      check: 'computed-otherwise',
      severity: 'warning',
      object: '"public"."System"',
      message: expect.stringMatching(
        / \("b "\) .* PostgreSQL 18 or an extension there computes otherwise\.$/,
      ),
    }),
  )
})

test.each(['counts', 'checksums'] as const)(
  "a value of a user's function that is computed of another value is a difference, with %s",
  async (level) => {
    const { compare, targetServer, restored } = await moved(15, power)
    await runSql(targetServer, restored, 'update "Ours" set v = 2')
    const { differences } = await compare(level)
    expect(differences.map(({ kind }) => kind)).toEqual([
      level === 'counts' ? 'generated column' : 'checksum',
    ])
  },
)

test('what the role may not have computed again stays a difference', async () => {
  const { compare, targetServer, restored } = await moved(15, power)
  await runSql(
    targetServer,
    restored,
    `create or replace function ours(numeric) returns numeric language plpgsql immutable as $$ begin raise 'no'; end $$`,
  )
  const { differences } = await compare('counts')
  expect(differences.map(({ kind }) => kind)).toContain('generated column')
})

test('checksums name the generated columns alone, where no other column differs', async () => {
  const plain = 'create table plain (a int, b int generated always as (a * 2) stored);'
  const { compare, targetServer, restored } = await moved(
    16,
    `${lookups} ${plain} insert into plain values (1)`,
  )
  await runSql(targetServer, restored, 'update plain set a = 2')
  const { differences, computedOtherwise: found } = await compare('checksums')
  expect(differences.map(({ kind, object }) => `${kind} ${object}`).toSorted()).toEqual([
    'checksum "public"."plain"',
    'generated column "public"."Or""ders" ("Ra te", "by_operator")',
  ])
  expect(found).toEqual([
    {
      table: '"public"."Or""ders"',
      columns: ['Ra te', 'by_operator'],
      from: ['R', 'other'],
      isByMajor: false,
    },
  ])
})

test('computed-otherwise is not found where the values of other columns differ', async () => {
  const { compare, targetServer, restored } = await moved(
    16,
    `create function twice(int) returns int language sql immutable as 'select $1 * 2';
     create table t (a int, b int generated always as (twice(a)) stored, c int); insert into t values (1, default, 1)`,
  )
  await runSql(targetServer, restored, 'update t set c = 2')
  const { differences, computedOtherwise: found } = await compare('checksums')
  expect(differences.map(({ kind }) => kind)).toEqual(['checksum'])
  expect(found).toEqual([])
})

test('a column that is computed from no other has no statement', () => {
  const table = { table: '"public"."t"', columns: ['c'], from: [], isByMajor: false }
  expect(computedOtherwise('d', table, true).remedy).toMatch(
    /^For the next move, set "method" to "copy"/,
  )
})

test('other generated columns are not read for a count', async () => {
  const { compare, targetServer, restored } = await moved(
    14,
    'create table t (a int, b int generated always as (a * 2) stored); insert into t values (1)',
  )
  await runSql(targetServer, restored, 'update t set a = 2')
  const { differences, tables } = await compare('counts')
  expect(differences).toEqual([])
  expect(tables).toEqual([expect.objectContaining({ name: 't', equal: true, checksum: null })])
})
