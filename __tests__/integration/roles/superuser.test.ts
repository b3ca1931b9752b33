import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { moveRoles, type RolesMode } from '../../../src/roles/index.js'
import type { Server } from '../../../src/server/index.js'
import { openTestServer, runSql, startServer, type TestServer } from '../../support/servers.js'
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

  const move = async (mode: RolesMode, rehearsal = false, from = source) => {
    const { report } = await moveRoles({
      source: from,
      target,
      mode,
      rehearsal,
      log: silentLog,
      signal: new AbortController().signal,
    })
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
    expect(log).toContain('savepoint logging')
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
