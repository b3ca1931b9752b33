import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { tellLostRoles } from '../../../src/phases/lost-roles.js'
import { startReport } from '../../../src/report/report.js'
import { moveRoles, type RolesMode } from '../../../src/roles/index.js'
import type { Server } from '../../../src/server/index.js'
import {
  connectionParameters,
  createDatabase,
  openTestServer,
  runSql,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'
import { paste } from '../check/remedy.js'
import { awkwardNames, createRoles, describeRoles } from './role-fixture.js'

describe('roles of an 11 on an 18 whose administrator is a superuser', () => {
  let sourceServer: TestServer
  let targetServer: TestServer
  let source: Server
  let target: Server

  beforeAll(async () => {
    ;[sourceServer, targetServer] = await Promise.all([
      startServer(11),
      startServer(18, { settings: { log_statement: 'all' } }),
    ])
    await createRoles(sourceServer)
    await runSql(targetServer, 'postgres', 'create role group_two login')
    source = await openTestServer(sourceServer, 'source')
    target = await openTestServer(targetServer, 'target')
  })

  afterAll(async () => {
    await Promise.all([sourceServer.stop(), targetServer.stop()])
  })

  const signal = new AbortController().signal

  const moveWhole = (mode: RolesMode, rehearsal = false, from = source) =>
    moveRoles({ source: from, target, mode, rehearsal, log: silentLog, signal })

  const move = async (mode: RolesMode, rehearsal = false, from = source) => {
    const { report } = await moveWhole(mode, rehearsal, from)
    return report
  }

  it('are tried in a rehearsal without leaving a trace', async () => {
    const before = await describeRoles(targetServer)
    const report = await move('auto', true)
    expect(report.created).toContain('app')
    expect(await describeRoles(targetServer)).toEqual(before)
  })

  it('arrive whole, whatever their names, and a second run changes nothing', async () => {
    const report = await move('with-passwords')
    expect(await describeRoles(targetServer)).toEqual(await describeRoles(sourceServer))
    expect(report.created).toEqual(expect.arrayContaining(['app', ...awkwardNames]))
    expect({ ...report, created: [] }).toEqual({
      created: [],
      altered: ['group_two'],
      kept: ['postgres'],
      skipped: [],
      withoutPassword: [],
      withMd5Password: ['old-login'],
    })
    const again = await move('with-passwords')
    expect([again.created, again.altered, again.skipped]).toEqual([[], [], []])
  })

  it.each(['app', 'pg@pg-95'])('log in on the target with their password (%s)', async (name) => {
    const login = await openTestServer(targetServer, 'target', {
      user: name,
      password: `secret of ${name}`,
    })
    expect(login.facts.user).toBe(name)
  })

  it('leave no password in the log of the target', async () => {
    const log = await readFile(targetServer.logFile, 'utf8')
    expect(log).toContain('statement: create role group_two login')
    expect(log).not.toMatch(/SCRAM-SHA-256\$|md5[0-9a-f]{32}/)
  })

  it('are altered where they differ, and refused settings are reported', async () => {
    await runSql(
      sourceServer,
      'postgres',
      `alter role builder nocreatedb login;
       alter role builder set force_parallel_mode to on;
       alter role builder set default_with_oids to on`,
    )
    const report = await move('auto')
    expect(report.altered).toEqual(['builder'])
    expect(report.skipped).toEqual([
      {
        role: 'builder',
        reason:
          'the setting "force_parallel_mode" was not carried over: unrecognized configuration parameter "force_parallel_mode"',
      },
      {
        role: 'builder',
        reason:
          'the setting "default_with_oids" was not carried over: tables declared WITH OIDS are not supported',
      },
    ])
    const [builder] = await runSql(
      targetServer,
      'postgres',
      `select rolcreatedb, rolcanlogin, rolcreaterole from pg_authid where rolname = 'builder'`,
    )
    expect(builder).toEqual({ rolcreatedb: false, rolcanlogin: true, rolcreaterole: true })
  })

  it('leave behind what would keep them from logging in, and keep a password that only the target has', async () => {
    await runSql(
      sourceServer,
      'postgres',
      `alter role builder reset all;
       alter role builder set session_preload_libraries to 'no such library';
       alter role all set session_preload_libraries to adminpack;
       alter role "pg@pg-95" password null`,
    )
    const report = await move('auto')
    await runSql(sourceServer, 'postgres', 'alter role all reset all; alter role builder reset all')
    expect(report.skipped).toEqual([
      {
        role: 'pg@pg-95',
        reason: 'the target has a password for it, the source has not, and it stays',
      },
      {
        role: 'builder',
        reason: expect.stringContaining(
          'the setting "session_preload_libraries" was not carried over: could not access file "no such library"',
        ),
      },
      {
        role: 'ALL',
        reason: expect.stringContaining(
          'the setting "session_preload_libraries" of all roles was not carried over: could not access file "adminpack"',
        ),
      },
    ])
    expect(report.altered).toEqual([])
  })

  it('role-lost is not found for what somebody has made different since', async () => {
    await runSql(
      sourceServer,
      'postgres',
      `create role changed login createdb connection limit 3 password 'secret of changed';
       comment on role changed is 'ours'; alter role changed set work_mem to '5MB';
       alter role all set work_mem to '6MB'; grant group_one to changed`,
    )
    const { carriedOver } = await moveWhole('with-passwords')
    const report = startReport('upgrade', new Date())
    const tell = () =>
      tellLostRoles({ report, log: silentLog, signal }, { source, target }, carriedOver)
    await tell()
    await runSql(
      targetServer,
      'postgres',
      `alter role changed connection limit 4 password 'another';
       comment on role changed is 'theirs'; alter role changed set work_mem to '7MB';
       alter role all set work_mem to '8MB'; grant group_one to changed with admin option`,
    )
    await tell()
    expect([report.differences, report.findings]).toEqual([[], []])
    await runSql(sourceServer, 'postgres', 'drop role changed; alter role all reset all')
    await runSql(targetServer, 'postgres', 'drop role changed; alter role all reset all')
  })

  it('role-lost tells what was taken back during a run, which fails, and how to bring it back', async () => {
    await runSql(targetServer, 'postgres', 'create role lost_before login connection limit 3')
    await runSql(
      sourceServer,
      'postgres',
      `create role "lost one" login password 'secret of lost one'; create role lost_group;
       create role lost_parts login createdb password 'secret of lost_parts';
       create role lost_before login connection limit 7;
       grant lost_group to lost_parts; grant group_one to "lost one", lost_parts;
       alter role "lost one" set work_mem to '5MB'; alter role lost_parts set work_mem to '5MB';
       alter role lost_parts set app.secret to 'not for everybody';
       comment on role lost_parts is 'parts'; alter role all set work_mem to '6MB'`,
    )
    const database = await createDatabase(sourceServer, 'lost')
    // Into the staging database the row comes when the roles have been moved.
    await runSql(
      sourceServer,
      database,
      `create function loses() returns bool language plpgsql as $$ begin
         if current_database() <> '${database}' then
           drop role if exists "lost one", lost_group;
           revoke group_one from lost_parts;
           alter role lost_parts password null;
           alter role lost_parts reset all;
           comment on role lost_parts is null;
           alter role lost_before connection limit 3;
           alter role all reset all;
         end if;
         return true; end $$;
       create table t (a int check (public.loses()));
       insert into t values (1)`,
    )
    const states = (server: TestServer) =>
      runSql(
        server,
        'postgres',
        `select r.rolname, r.rolconnlimit, r.rolcanlogin, shobj_description(r.oid, 'pg_authid'),
                array(select pg_get_userbyid(m.roleid) from pg_auth_members m where m.member = r.oid order by 1),
                (select array_agg(c order by c) from unnest(r.rolconfig) c where c !~ 'app')
           from pg_roles r where r.rolname ~ '^lost' order by 1`,
      )
    const report = await runUpgrade({
      source: connectionParameters(sourceServer),
      target: connectionParameters(targetServer),
      databases: [database],
      method: 'copy',
      validate: 'none',
      freezeSource: true,
    })
    const isFrozen = `select from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
      where d.datname = '${database}'`
    expect(await runSql(sourceServer, 'postgres', isFrozen)).toEqual([])
    const parts = (what: string, object = '"lost_parts"') => ({
      kind: 'role',
      object,
      source: what,
      target: 'as before this run',
    })
    expect(report.databases.map(({ result }) => result)).toEqual(['passed'])
    expect(report.result).toBe('failed')
    expect(report.differences).toEqual([
      { kind: 'role', object: '"lost one"', source: 'present', target: null },
      { kind: 'role', object: '"lost_group"', source: 'present', target: null },
      parts('the rest of its attributes', '"lost_before"'),
      parts('its membership in "group_one"'),
      parts('the password'),
      parts('the setting "work_mem"'),
      parts('the setting "app.secret"'),
      parts('the setting "work_mem" of all roles', 'ALL'),
      parts('the comment'),
    ])
    const finding = report.findings.find(({ check }) => check === 'role-lost')
    expect(finding).toMatchObject({ severity: 'warning' })
    expect(JSON.stringify(report)).not.toMatch(/SCRAM-SHA-256|md5[0-9a-f]{32}|not for everybody/)
    await paste({ sourceServer, targetServer }, finding ?? {})
    expect(await states(targetServer)).toEqual(await states(sourceServer))
    for (const server of [sourceServer, targetServer]) {
      await runSql(
        server,
        'postgres',
        'drop role "lost one", lost_group, lost_parts, lost_before; alter role all reset all',
      )
    }
  })

  describe('when the source does not show its passwords', () => {
    let blind: Server

    beforeAll(async () => {
      await runSql(
        sourceServer,
        'postgres',
        `set password_encryption = 'scram-sha-256';
         create role blind login password 'blind';
         create role newcomer login password 'secret of newcomer'`,
      )
      blind = await openTestServer(sourceServer, 'source', { user: 'blind', password: 'blind' })
    })

    it('fail with-passwords before anything is touched', async () => {
      const before = await describeRoles(targetServer)
      await expect(move('with-passwords', false, blind)).rejects.toMatchObject({
        code: 'roles-passwords-unreadable',
        side: 'source',
      })
      expect(await describeRoles(targetServer)).toEqual(before)
    })

    it('are moved by auto, and the logins that need a password are listed', async () => {
      const report = await move('auto', false, blind)
      expect(report.created).toEqual(['blind', 'newcomer'])
      expect(report.withoutPassword).toEqual(['blind', 'builder', 'newcomer', 'strong'])
    })
  })
})
