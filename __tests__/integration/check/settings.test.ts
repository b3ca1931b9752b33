/** Settings that the target does not take. */
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { createDatabase, openTestServer, runSql, uniqueName } from '../../support/servers.js'
import {
  findingsAfter,
  findingsAfterRemedies,
  openPair,
  findingsIn,
  findingsOfCheck,
  type Pair,
} from './pair.js'

let pair: Pair
let role: string
beforeAll(async () => {
  pair = await openPair(11, 18)
  role = uniqueName('role')
  await runSql(pair.sourceServer, 'postgres', `create role ${role}`)
})
afterEach(() => runSql(pair.sourceServer, 'postgres', `alter role ${role} reset all`))

const settingsOf = async (database: string) => findingsOfCheck(pair, 'setting-unknown', [database])

describe('setting-unknown', () => {
  test('says nothing of settings that the target takes', async () => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      'postgres',
      `alter database ${database} set work_mem = '8MB';
       alter database ${database} set app.tenant = 'x y';
       alter database ${database} set search_path = "$user", absent, public;
       alter database ${database} set default_tablespace = '';
       alter role ${role} set session_preload_libraries = 'auto_explain';
       alter role ${role} in database ${database} set statement_timeout = '5min'`,
    )
    expect(await settingsOf(database)).toEqual([])
  })

  test('names settings of a database, a role and a role in a database, with a remedy that works', async () => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      'postgres',
      `alter database ${database} set default_with_oids = on;
       alter role ${role} set operator_precedence_warning = on;
       alter role ${role} in database ${database} set force_parallel_mode = on`,
    )
    const findings = await settingsOf(database)
    expect(findings).toEqual([
      expect.objectContaining({ severity: 'warning', object: 'force_parallel_mode', database }),
      expect.objectContaining({ severity: 'warning', object: 'default_with_oids', database }),
      expect.objectContaining({ severity: 'warning', object: 'operator_precedence_warning' }),
    ])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
    expect(await settingsOf(database)).toEqual([])
  })

  test('names libraries that no session of the target could load at its start', async () => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      'postgres',
      `alter database ${database} set session_preload_libraries = auto_explain, 'no such library';
       alter role ${role} set local_preload_libraries = 'no such plugin'`,
    )
    const findings = await settingsOf(database)
    expect(findings).toEqual([
      expect.objectContaining({ object: 'session_preload_libraries', database }),
      expect.objectContaining({ object: 'local_preload_libraries' }),
    ])
    expect(findings[0]?.message).toContain(': could not access file "no such library": ')
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('does not look at databases that are not moved', async () => {
    const other = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      'postgres',
      `alter database ${other} set default_with_oids = on`,
    )
    expect(await settingsOf(await createDatabase(pair.sourceServer))).toEqual([])
  })

  test('names what only a superuser may set, when the target is used without one', async () => {
    const user = uniqueName('admin')
    await runSql(pair.targetServer, 'postgres', `create role ${user} login password 'secret'`)
    const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      'postgres',
      `alter database ${database} set log_min_duration_statement = 100;
       alter database ${database} set app.tenant = 'x';
       alter database ${database} set work_mem = '8MB'`,
    )
    const findings = (
      await findingsOfCheck({ ...pair, target }, 'setting-unknown', [database])
    ).filter((finding) => finding.database === database)
    expect(findings.map(({ object, message }) => [object, message.split(': ')[1]])).toEqual([
      ['app.tenant', 'permission denied to set parameter "app.tenant". It is left out.'],
      [
        'log_min_duration_statement',
        'permission denied to set parameter "log_min_duration_statement". It is left out.',
      ],
    ])
    await runSql(pair.targetServer, 'postgres', `grant set on parameter app.tenant to ${user}`)
    const granted = await findingsIn({ ...pair, target }, [database])
    await runSql(pair.targetServer, 'postgres', `revoke set on parameter app.tenant from ${user}`)
    expect(granted.map(({ object }) => object)).not.toContain('app.tenant')
  })
})

test('function-setting-unknown names the function, and not one whose settings are known', async () => {
  const findings = await findingsAfter(
    pair,
    'function-setting-unknown',
    `create function f(a int) returns int language sql set default_with_oids = on as 'select 1';
     create function g() returns int language sql set search_path = absent as 'select 1'`,
  )
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'blocking',
      object: 'public.f(integer)',
      remedy: '-- on the source\nalter function public.f(integer) reset "default_with_oids";',
    }),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})
