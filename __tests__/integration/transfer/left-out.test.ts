/** What is left out for an administrator is told in a finding, and is no difference, whatever it is called. */
import { expect, test } from '@jest/globals'
import { offerExtension } from '../../support/offered-extension.js'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

/** Offers postgres_fdw to roles that are no superusers, as providers do. */
function offerToAll(server: TestServer): Promise<string> {
  return offerExtension(server, {
    name: 'postgres_fdw',
    version: '1.0',
    control: 'trusted = true',
    script: 'grant usage on foreign data wrapper postgres_fdw to @extowner@;',
  })
}

test('routines with modes, schemas of publications, mappings of missing roles, and what the owner in the place of another had been granted, with names that want quotes', async () => {
  const [source, target] = [await sharedServer(17), await sharedServer(18)]
  const [user, missing] = [uniqueName('admin'), `${uniqueName('Missing')} role`]
  await runSql(
    target,
    'postgres',
    `create role ${user} login createdb createrole password 'secret of admin';
     alter role ${user} set extension_control_path = '${await offerToAll(target)}'`,
  )
  const database = await createDatabase(source)
  await runSql(
    source,
    database,
    `create role "${missing}";
     create procedure p(a int, inout b int) language internal as 'int4pl';
     create schema "Sales"; create schema "select"; create publication plain for tables in schema "Sales", "select";
     create publication "Of ""schemas""" for tables in schema "Sales", public;
     create extension postgres_fdw;
     create server "Archive Srv" foreign data wrapper postgres_fdw options (host 'archive.example.com');
     create user mapping for "${missing}" server "Archive Srv" options (user 'u', password 'secret of mapping');
     create user mapping for public server "Archive Srv" options (user 'all');
     create role ${user}; create table t as select 1 as a; grant select on t to ${user};
     grant select (a), insert (a) on t to ${user};
     select lo_from_bytea(5001, 'abc'); grant select on large object 5001 to ${user}`,
  )
  const report = await runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target, { user, password: 'secret of admin' }),
    method: 'copy',
    databases: [database],
    roles: 'skip',
    clientVersion: 18,
  })
  const roles = `"${missing}", ${user}`
  await runSql(source, database, `drop owned by ${roles}; drop role ${roles}`)
  expect(report).toMatchObject({
    error: null,
    databases: [{ result: 'passed', error: null, differences: [] }],
  })
  const refused = report.findings.filter(({ check }) => check === 'restore-refused')
  expect(refused.map(({ object }) => object).toSorted()).toEqual([
    'PROCEDURE public p(integer, integer) postgres',
    'PUBLICATION TABLES IN SCHEMA Sales Of "schemas" Sales postgres',
    'PUBLICATION TABLES IN SCHEMA Sales plain Sales postgres',
    'PUBLICATION TABLES IN SCHEMA public Of "schemas" public postgres',
    'PUBLICATION TABLES IN SCHEMA select plain select postgres',
    `USER MAPPING - USER MAPPING ${missing} SERVER Archive Srv postgres`,
  ])
  const mappings = 'select usename as role from pg_user_mappings'
  expect(await runSql(target, database, mappings)).toEqual([{ role: 'public' }])
})
