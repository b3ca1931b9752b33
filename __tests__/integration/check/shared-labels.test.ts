/** Security labels of roles and databases, of a provider that no test server has: the rows stand in the catalog alone. */
import { expect, test } from '@jest/globals'
import { compareDatabaseProperties, compareRoles } from '../../../src/validate/index.js'
import { createDatabase, runSql, uniqueName } from '../../support/servers.js'
import { findingsOfCheck, openPair } from './pair.js'

test('security-label-lost names labels of roles and databases, which are not carried', async () => {
  const pair = await openPair(15, 18)
  const role = uniqueName('masked')
  const database = await createDatabase(pair.sourceServer)
  await runSql(
    pair.sourceServer,
    'postgres',
    `create role ${role}; set allow_system_table_mods = on;
     insert into pg_shseclabel select oid, 'pg_authid'::regclass, 'anon', 'MASKED''' from pg_authid where rolname = '${role}';
     insert into pg_shseclabel select oid, 'pg_database'::regclass, 'anon', 'secret' from pg_database where datname = '${database}'`,
  )
  expect(
    await findingsOfCheck({ ...pair, source: pair.target }, 'security-label-lost', []),
  ).toEqual([])
  const told = (await findingsOfCheck(pair, 'security-label-lost', [database])).filter(
    ({ object }) => object?.includes(role) === true || object?.includes(database) === true,
  )
  for (const sql of [`create role ${role}`, `create database ${database}`]) {
    await runSql(pair.targetServer, 'postgres', sql)
  }
  const { source, target } = pair
  const compared = [
    ...(await compareRoles(source, target, { isLeftOut: (name) => name !== role })),
    ...(await compareDatabaseProperties(source, target, database)),
  ].filter(({ object }) => object.includes(role) || object.includes(database))
  await runSql(pair.targetServer, 'postgres', `drop database ${database}`)
  await runSql(pair.targetServer, 'postgres', `drop role ${role}`)
  await runSql(
    pair.sourceServer,
    'postgres',
    `set allow_system_table_mods = on; delete from pg_shseclabel where objoid in ('${role}'::regrole, (select oid from pg_database where datname = '${database}'));
     drop role ${role}`,
  )
  expect(told).toMatchObject([
    {
      severity: 'warning',
      object: `database "${database}"`,
      remedy: expect.stringContaining(
        `security label for "anon" on database "${database}" is 'secret'`,
      ) as unknown,
    },
    {
      severity: 'warning',
      object: `role "${role}"`,
      remedy: expect.stringContaining(
        `security label for "anon" on role "${role}" is 'MASKED'''`,
      ) as unknown,
    },
  ])
  expect(compared.map(({ source: labelled }) => labelled)).toEqual([
    expect.stringContaining('"anon":"MASKED') as unknown,
    expect.stringContaining('"anon":"secret"') as unknown,
  ])
})
