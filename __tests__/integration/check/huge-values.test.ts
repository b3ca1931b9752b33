/** Rows that are too big for the text form in which pg_dump reads them, or for a page or a type of the target. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { findHugeValues } from '../../../src/check/rows/huge-values.js'
import { connectForChecks, type CheckOptions } from '../../../src/check/index.js'
import type { Finding } from '../../../src/report/report.js'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { createDatabase, runSql } from '../../support/servers.js'
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
  pair = await openPair(13, 18)
})

async function findingsOf(
  database: string,
  changes: Partial<CheckOptions> = {},
): Promise<Finding[]> {
  return findingsOfCheck(pair, 'huge-value', [database], changes)
}

describe('huge-value', () => {
  const limitBytes = 3_000_000

  test('finds a row whose text is above the limit, compressed or not', async () => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      database,
      `create table "Big" (a bytea, b text); alter table "Big" alter a set storage external;
       insert into "Big" values (convert_to(repeat('x', 1000000), 'UTF8'), repeat('y', 1000000));
       create table fits (a bytea, b text);
       insert into fits values (convert_to(repeat('x', 1000000), 'UTF8'), repeat('y', 900000))`,
    )
    const session = await connectForChecks(pair.source, database)
    const findings = await findHugeValues(session, false, limitBytes)
    const forCopy = await findHugeValues(session, true, limitBytes)
    await session.close()
    expect(findings).toEqual([
      expect.objectContaining({ severity: 'blocking', object: 'public."Big"' }),
    ])
    expect(forCopy).toEqual([expect.objectContaining({ severity: 'note' })])
  })

  test('blocks on a row that is a gigabyte as text, and only notes it for the method copy', async () => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      database,
      'create table t (a bytea, b bytea, c bytea, d bytea); insert into t default values',
    )
    // Four columns of 135 MB, each written on its own; compressed they take a hundredth of it.
    for (const column of ['a', 'b', 'c', 'd']) {
      const value = `convert_to(repeat('x', 135000000), 'UTF8')`
      await runSql(pair.sourceServer, database, `update t set ${column} = ${value}`)
    }
    for (const [method, severity] of [
      ['stream', 'blocking'],
      ['copy', 'note'],
    ] as const) {
      expect(await findingsOf(database, { method })).toEqual([
        expect.objectContaining({ severity, object: 'public.t' }),
      ])
    }
  })

  test('huge-value prints how a table is measured that took too long', async () => {
    const database = await createDatabase(pair.sourceServer)
    // One more than are measured by the check.
    await runSql(
      pair.sourceServer,
      database,
      `do $$ begin
         for i in 1..21 loop
           execute format('create table "Wide %s" (a bytea, b text)', i);
           execute format('alter table "Wide %s" alter b set storage external', i);
           execute format('insert into "Wide %s" (b) values (repeat(''x'', 10000))', i);
         end loop;
       end $$`,
    )
    const session = await connectForChecks(pair.source, database)
    const findings = await findHugeValues(session, false, limitBytes)
    await session.close()
    expect(findings).toEqual([
      expect.objectContaining({
        severity: 'note',
        remedy: expect.stringContaining('from only public."Wide ') as unknown,
      }),
    ])
    for (const finding of findings) await paste(pair, { ...finding, database })
  })

  test('finds nothing below the limit of pg_dump', async () => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      database,
      `create table t (a text); insert into t select repeat(md5(i::text), 100000) from generate_series(1, 3) i`,
    )
    expect(await findingsOf(database)).toEqual([])
  })
})

const identifiers = `
  create domain name_of as information_schema.sql_identifier;
  create type named as (n int, "The Name" name_of);
  create table fits (a information_schema.sql_identifier, b name_of, c named, d text);
  insert into fits values (repeat('x', 63), repeat('x', 63), row(1, repeat('x', 63)), repeat('x', 64)), (null, null, null, null);
  create table "Plain" (k int, a information_schema.sql_identifier);
  create table in_domain (a name_of);
  create table in_composite (a named, b named);`

test('huge-value finds values of sql_identifier that are longer than the target lets them be', async () => {
  const sql = `${identifiers}
    insert into "Plain" values (1, 'short'), (2, repeat('ü', 32)); insert into in_domain values (repeat('x', 64));
    insert into in_composite values (null, row(1, repeat('x', 64)))`
  for (const each of [await openPair(10, 18), await openPair(11, 12)]) {
    const findings = await findingsAfter(each, 'huge-value', sql)
    expect(findings.map(({ object }) => object).toSorted()).toEqual([
      'public."Plain"',
      'public.in_composite',
      'public.in_domain',
    ])
    expect(findings.filter(({ severity }) => severity !== 'blocking')).toEqual([])
    for (const finding of findings) await paste(each, finding)
  }
  const elements = `create table elements (a information_schema.sql_identifier[]);
    insert into elements values (array['short']), (array['short', repeat('x', 64)])`
  expect(await findingsAfter(await openPair(11, 18), 'huge-value', elements)).toEqual([
    expect.objectContaining({ severity: 'blocking', object: 'public.elements' }),
  ])
})

test('huge-value warns of tables with sql_identifier that it has no time for', async () => {
  const tables = Array.from(
    { length: 21 },
    (_, i) => `create table "T ${i}" (a information_schema.sql_identifier)`,
  )
  const each = await openPair(11, 18)
  const findings = await findingsAfter(each, 'huge-value', tables.join(';'))
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'warning',
      remedy: expect.stringContaining('from only public."T ') as unknown,
    }),
  ])
  for (const finding of findings) await paste(each, finding)
})

test('huge-value does not find values of sql_identifier that are as long as a name, or that no move makes shorter', async () => {
  expect(await findingsAfter(await openPair(11, 18), 'huge-value', identifiers)).toEqual([])
  const long = `${identifiers} insert into "Plain" values (2, repeat('x', 64))`
  expect(await findingsAfter(await openPair(10, 11), 'huge-value', long)).toEqual([])
})

test('row-too-big finds rows with values from before their columns were set to STORAGE PLAIN', async () => {
  const long = `select string_agg(md5(i::text), '') from generate_series(1, 300) i`
  const sql = `
    create table apart (f text); insert into apart ${long}; alter table apart alter f set storage plain;
    create domain words as text; create table inline (a int[], b words);
    insert into inline values (array_fill(7, array[2100]), repeat('x', 3000));
    alter table inline alter a set storage plain, alter b set storage plain;
    create table "The Tree" (k int, "The Value" bytea) partition by list (k);
    create table "Leaf" partition of "The Tree" for values in (1); insert into "Leaf" values (1, convert_to(repeat('x', 9000), 'UTF8'));
    alter table "The Tree" alter "The Value" set storage plain;
    create materialized view m as ${long.replace(' from', ' as f from')}; alter materialized view m alter f set storage plain;
    create table number (n numeric); insert into number values (('1' || repeat('0', 9000) || '1' || repeat('2', 12000))::numeric);
    alter table number alter n set storage plain`
  for (const each of [pair, await openPair(10, 18)]) {
    const findings = await findingsAfter(each, 'row-too-big', sql)
    const objects = ['"Leaf"', 'apart', 'inline', 'm', 'number'].map((name) => `public.${name}`)
    expect(findings.map(({ object }) => object).toSorted()).toEqual(objects)
    expect(findings.filter(({ severity }) => severity !== 'blocking')).toEqual([])
    expect(await findingsAfterRemedies(each, findings)).toEqual([])
    const [{ database = '' } = {}] = findings
    await dumpAndRestore(each.sourceServer, database, each.targetServer)
  }
})

test('row-too-big is not found where every row fits into a page', async () => {
  const sql = `create table fits (a text, b text, c text); alter table fits alter a set storage plain, alter b set storage plain;
    insert into fits values (repeat('x', 4000), repeat('y', 4000), repeat(md5('z'), 10000)), (null, null, repeat('z', 9000));
    create table vectors (v int2vector); create table other (a text); insert into other select * from (select c from fits) s`
  expect(await findingsAfter(pair, 'row-too-big', sql)).toEqual([])
})
