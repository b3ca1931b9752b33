import { describe, expect, test } from '@jest/globals'
import { transfers } from '../../../src/transfer/index.js'
import { schemaDump } from '../../support/independent-check.js'
import { createDatabase, runSql, sharedServer, uniqueName } from '../../support/servers.js'
import { copy } from './copying.js'
import { readState, readTableHashes } from './content.js'
import { everythingOf, largeObjects } from './everything.js'

const pairs = [
  { from: 11, to: 18 },
  { from: 13, to: 17 },
  { from: 17, to: 18 },
]

describe.each(pairs)('method copy from $from to $to', ({ from, to }) => {
  test('everything that a database can hold arrives unchanged', async () => {
    const [source, target] = await Promise.all([sharedServer(from), sharedServer(to)])
    const role = uniqueName('lo_owner')
    const database = await createDatabase(source, 'everything')
    for (const server of [source, target]) await runSql(server, 'postgres', `create role ${role}`)
    await runSql(source, database, everythingOf(from))
    await runSql(source, database, largeObjects(role))

    const copied = await copy(source, target, database)
    const streamed = await copy(source, target, database, { transfer: transfers.stream })

    expect(copied.error).toBeUndefined()
    expect(streamed.error).toBeUndefined()
    expect(copied.findings).toEqual([])
    const [was, is, reference] = [
      { server: source, database },
      { server: target, database: copied.database },
      { server: target, database: streamed.database },
    ] as const
    // A newer major spells some definitions in another way; pg_dump | pg_restore must have led to the same.
    expect(await schemaDump(is, to)).toEqual(await schemaDump(reference, to))
    expect(await readTableHashes(is)).toEqual(await readTableHashes(was))
    expect(await readState(is)).toEqual(await readState(reference))
  })
})

test('rows of partitions by the hash of an array of an enum, or of the name of an object, find their partition', async () => {
  const [source, target] = await Promise.all([sharedServer(14), sharedServer(18)])
  const database = await createDatabase(source, 'hashed')
  const partitioned = (name: string, type: string) =>
    `create table ${name} (e ${type}) partition by hash (e);
     create table ${name}_0 partition of ${name} for values with (modulus 2, remainder 0);
     create table ${name}_1 partition of ${name} for values with (modulus 2, remainder 1);`
  await runSql(
    source,
    database,
    `create type letter as enum ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
     ${partitioned('sets', 'letter[]')} ${partitioned('types', 'regtype')}
     insert into sets select array[l] from unnest(enum_range(null::letter)) l;
     insert into types select typname::regtype from pg_type where typname in ('letter', 'sets', 'sets_0', 'sets_1', 'types_0')`,
  )
  const copied = await copy(source, target, database)
  expect(copied.error).toBeUndefined()
  const count = `select (select count(*)::int from sets) as sets, (select count(*)::int from types) as types`
  expect(await runSql(target, copied.database, count)).toEqual([{ sets: 8, types: 5 }])
})

test('rows of a child are stored as on the source, whatever its parent has', async () => {
  const [source, target] = await Promise.all([sharedServer(17), sharedServer(18)])
  const database = await createDatabase(source, 'stored')
  await runSql(
    source,
    database,
    `create table parent (t text); create table child () inherits (parent);
     alter table only parent alter t set storage external; insert into child values (repeat('x', 100000))`,
  )
  const copied = await copy(source, target, database)
  expect(copied.error).toBeUndefined()
  const stored = `select attstorage, (select pg_column_size(t) < 10000 from child) as compressed
    from pg_attribute where attrelid = 'child'::regclass and attname = 't'`
  expect(await runSql(target, copied.database, stored)).toEqual([
    { attstorage: 'x', compressed: true },
  ])
})
