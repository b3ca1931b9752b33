/** What users made in the transactions in which scripts of an extension were at work is theirs, and no member taken out. */
import { describe, expect, test } from '@jest/globals'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { offerExtension } from '../../support/offered-extension.js'
import { createDatabase, runSql } from '../../support/servers.js'
import { findingsAfter, findingsOfCheck, openPair } from './pair.js'

const own = `create function tax(int) returns int language sql as 'select $1'; create view v as select 1 as one;
  create table customers (id int primary key, name text)`

describe.each([13, 17])('extension-member on %i', (major) => {
  test.each([
    ['an update', `create extension citext version '1.4'; ${own}; alter extension citext update`],
    [
      'two updates',
      `create extension citext version '1.4'; ${own}; alter extension citext update to '1.5';
       create type mine as (a int); alter extension citext update`,
    ],
    [
      'SET SCHEMA',
      `create schema s; create extension citext; ${own}; alter extension citext set schema s`,
    ],
    [
      'an update and SET SCHEMA',
      `create schema s; create extension citext version '1.4'; ${own}; alter extension citext update;
       create type mine as (a int); alter extension citext set schema s`,
    ],
  ])("does not take users' objects before %s for members", async (_title, sql) => {
    const pair = await openPair(major, major)
    expect(await findingsAfter(pair, 'extension-member', `begin; ${sql}; commit`)).toEqual([])
  })

  test("tells a user's function that was put into the extension after such a transaction", async () => {
    const pair = await openPair(major, major)
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      database,
      `begin; create extension citext version '1.4'; ${own}; alter extension citext update; commit`,
    )
    await runSql(
      pair.sourceServer,
      database,
      'alter extension citext add function tax(int); alter extension citext add view v',
    )
    const findings = await findingsOfCheck(pair, 'extension-member', [database])
    expect(findings.map(({ object }) => object)).toEqual(['public.tax(integer)', 'public.v'])
  })
})

test('what a script made is still found, with a remedy that leaves the rows of a table and what is of users', async () => {
  const pair = await openPair(18, 18)
  const path = await offerExtension(pair.sourceServer, {
    name: 'tablefunc',
    version: '1.0',
    script: `create table notes (note text); create function last() returns int language sql as 'select 1';`,
  })
  const database = await createDatabase(pair.sourceServer)
  const run = (sql: string) => runSql(pair.sourceServer, database, sql)
  await run(`set extension_control_path = '${path}'; create extension tablefunc`)
  await run(`alter extension tablefunc drop table notes; alter extension tablefunc drop function normal_rand(int, float8, float8);
    insert into notes values ('mine')`)
  await expect(dumpAndRestore(pair.sourceServer, database, pair.targetServer)).rejects.toThrow(
    'already exists',
  )
  const findings = await findingsOfCheck(pair, 'extension-member', [database])
  expect(findings.map(({ severity, remedy }) => [severity, remedy])).toEqual([
    [
      'blocking',
      `-- on the source, only if it is the extension's; if it is yours, rename it (ALTER … RENAME TO …): as a member of tablefunc it would not arrive
alter extension tablefunc add function public.normal_rand(integer,double precision,double precision);`,
    ],
    [
      'blocking',
      "On the source: if it is yours, rename it (ALTER … RENAME TO …): as a member of tablefunc it would not arrive, nor would its rows. If it is the extension's, first copy its rows into a table of your own (CREATE TABLE … AS TABLE public.notes), then put it back (alter extension tablefunc add table public.notes). After the upgrade, write them from there into the table on the target.",
    ],
  ])
})

test('does not block where a later update, which made nothing, hides whether one came before it', async () => {
  const pair = await openPair(18, 18)
  const database = await createDatabase(pair.sourceServer)
  const run = (sql: string) => runSql(pair.sourceServer, database, sql)
  await run(
    `begin; create extension citext version '1.4'; ${own}; alter extension citext update to '1.6'; commit`,
  )
  await run('alter extension citext update')
  const findings = await findingsOfCheck(pair, 'extension-member', [database])
  expect(findings.filter(({ severity }) => severity === 'blocking')).toEqual([])
})
