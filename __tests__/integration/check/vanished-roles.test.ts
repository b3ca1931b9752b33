/** What is left in the catalogs of roles that were dropped. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  createDatabase,
  openTestServer,
  runSql,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { readProperties } from '../../../src/staging/index.js'
import { compareDatabaseProperties } from '../../../src/validate/index.js'
import { findingsAfterRemedies, findingsIn, openPair, type Pair } from './pair.js'

let pair: Pair
/** Of its own, because a role is taken out of its catalog. */
let own: TestServer
beforeAll(async () => {
  own = await startServer(14)
  pair = {
    ...(await openPair(14, 18)),
    sourceServer: own,
    source: await openTestServer(own, 'source'),
  }
})
afterAll(() => own.stop())

const names = new Set(['role-vanished', 'role-missing'])

/** A database that was filled while there was the role `GHOST`. */
async function afterDropping(sql: string) {
  const [name, ghost] = [await createDatabase(own), uniqueName('ghost')]
  const [row] = await runSql<{ oid: string }>(
    own,
    name,
    `create role ${ghost}; select oid::text as oid from pg_roles where rolname = '${ghost}'`,
  )
  await runSql(own, name, sql.replaceAll('GHOST', ghost).replaceAll('DATABASE', name))
  await runSql(own, name, `delete from pg_authid where rolname = '${ghost}'`)
  return { name, oid: row?.oid ?? '' }
}

const privileges = `create table t (a int); grant select on t to GHOST; grant update (a) on t to GHOST;
  create function "F"() returns int language sql as 'select 1'; grant execute on function "F"() to GHOST;
  create schema s; grant usage on schema s to GHOST; grant usage on language plpgsql to GHOST;
  select lo_create(7001); grant select on large object 7001 to GHOST;
  alter default privileges grant select on tables to GHOST;
  create view by_ghost as select 1; grant select on by_ghost to GHOST with grant option;
  set role GHOST; grant select on by_ghost to pg_monitor; reset role;
  alter default privileges grant select on tables to GHOST; create extension pg_stat_statements;
  revoke select on pg_stat_statements from GHOST`

test('role-vanished names all that is left of a dropped role, which an administrator may take for less', async () => {
  const granted = await afterDropping(privileges)
  const other = await afterDropping(
    `create table "O" (a serial); alter table "O" owner to GHOST; create policy "P" on "O" to GHOST;
     create function f() returns int language sql as 'select 1'; alter function f() owner to GHOST;
     alter default privileges for role GHOST grant select on tables to public;
     select lo_create(7002); alter large object 7002 owner to GHOST; alter database DATABASE owner to GHOST`,
  )
  const all = await findingsIn(pair, [granted.name, other.name], {}, names)
  const findings = all.toSorted((one) => (one.database === granted.name ? -1 : 1))
  expect(findings).toMatchObject([
    { severity: 'blocking', database: granted.name, object: `OID ${granted.oid}` },
    { severity: 'blocking', database: other.name, object: `OID ${other.oid}` },
  ])
  const remedies = findings.map(({ remedy }) => remedy?.split('\n').slice(1))
  expect(remedies[0]?.map((line) => /update pg_catalog\.(\w+)/.exec(line)?.[1])).toEqual([
    'pg_default_acl',
    'pg_proc',
    'pg_language',
    'pg_largeobject_metadata',
    'pg_namespace',
    'pg_class',
    'pg_attribute',
    'pg_init_privs',
  ])
  expect(remedies[1]).toEqual([
    `delete from pg_catalog.pg_default_acl where defaclrole = ${other.oid};`,
    `alter database ${other.name} owner to current_user;`,
    'alter function public.f() owner to current_user;',
    'alter large object 7002 owner to current_user;',
    'alter table public."O" owner to current_user;',
    'drop policy "P" on public."O";',
  ])
  const user = uniqueName('admin')
  const create = `create role ${user} login createdb createrole password 'secret'`
  await runSql(pair.targetServer, 'postgres', create)
  const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
  const asAdministrator = await findingsIn(
    { ...pair, target },
    [granted.name, other.name],
    {},
    names,
  )
  expect(
    asAdministrator.map(({ severity, object }) => `${severity} ${object ?? ''}`).toSorted(),
  ).toEqual([`blocking OID ${other.oid}`, `warning OID ${granted.oid}`])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('role-vanished is not found where no dump tells of it', async () => {
  const { name } = await afterDropping(
    `create table t (a int); create policy p on t to GHOST, pg_monitor;
     alter default privileges grant select on tables to GHOST; create extension pg_stat_statements`,
  )
  await runSql(own, name, 'delete from pg_default_acl')
  expect(await findingsIn(pair, [name], {}, names)).toEqual([])
})

test('role-vanished alone tells of a dropped role to whom a function of the system was granted that is gone', async () => {
  const { name, oid } = await afterDropping(
    'grant execute on function pg_start_backup(text, boolean, boolean) to GHOST',
  )
  const both = new Set([...names, 'system-privilege'])
  const findings = await findingsIn(pair, [name], {}, both)
  expect(findings).toMatchObject([{ check: 'role-vanished', object: `OID ${oid}` }])
})

test('role-vanished warns of what a dropped role has of the database itself, which is left behind', async () => {
  const { name, oid } = await afterDropping(
    `grant create on database DATABASE to GHOST with grant option;
     set role GHOST; grant create on database DATABASE to pg_monitor; reset role;
     alter role GHOST in database DATABASE set force_parallel_mode = 'off'`,
  )
  // The target does not know the setting, which nobody has.
  const findings = await findingsIn(pair, [name], {}, new Set([...names, 'setting-unknown']))
  expect(findings).toMatchObject([
    {
      severity: 'warning',
      object: `OID ${oid}`,
      message: expect.stringContaining(`of: database ${name}. What it was given`) as unknown,
    },
  ])
  const { privileges: granted, settings } = await pair.source.withSession(undefined, (session) =>
    readProperties(session, name, 14),
  )
  expect(settings).toEqual([])
  expect(granted.filter(({ grantor }) => grantor !== 'postgres')).toEqual([])
  expect(granted.map(({ grantee }) => grantee)).toContain('pg_monitor')
  const compared = await compareDatabaseProperties(pair.source, pair.source, name, 'template1')
  expect(JSON.stringify(compared)).not.toContain(oid)
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('role-vanished blocks on user mappings of a dropped role, on which a restore fails', async () => {
  const { name, oid } = await afterDropping(
    `create extension postgres_fdw; create server "S" foreign data wrapper postgres_fdw;
     create user mapping for GHOST server "S"; create user mapping for public server "S"`,
  )
  const findings = await findingsIn(pair, [name], {}, names)
  expect(findings).toMatchObject([
    {
      severity: 'blocking',
      object: `OID ${oid}`,
      message: expect.stringContaining('of: user mapping on server "S". The dump') as unknown,
    },
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  expect(await runSql(own, name, 'select usename::text as name from pg_user_mappings')).toEqual([
    { name: 'public' },
  ])
  // Nothing of the mapping is left that would be in the way.
  await runSql(own, name, 'drop server "S" cascade')
})
