import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { SettingReport } from '../../../src/report/report.js'
import { quoteIdentifier, type Server } from '../../../src/server/index.js'
import {
  compareDatabaseProperties,
  compareRoles,
  compareSettings,
} from '../../../src/validate/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'

let servers: { source: TestServer; target: TestServer }
let source: Server
let target: Server

beforeAll(async () => {
  servers = { source: await sharedServer(13), target: await sharedServer(18) }
  source = await openTestServer(servers.source, 'source')
  target = await openTestServer(servers.target, 'target')
})

async function onBoth(sql: string): Promise<void> {
  await runSql(servers.source, 'postgres', sql)
  await runSql(servers.target, 'postgres', sql)
}

describe('compareRoles', () => {
  const attributes = `createdb login connection limit 5 valid until '2030-01-01 00:00:00+00'`

  it.each([
    ['nothing', 'select 1', undefined],
    ['an attribute', 'alter role app createrole', 'role app'],
    ['a limit', 'alter role app connection limit 6', 'role app'],
    ['an end', `alter role app valid until 'infinity'`, 'role app'],
    ['a setting', `alter role app set work_mem = '5MB'`, 'role app'],
    ['a comment', 'comment on role app is null', 'role app'],
    ['a membership lost', 'revoke grp from app', 'membership app in grp'],
    [
      'the right to pass a membership on',
      'grant grp to app with admin option',
      'membership app in grp',
    ],
    ['a membership more', 'grant pg_monitor to app', 'membership app in pg_monitor'],
    ['inheritance', 'grant grp to app with inherit false', 'membership app in grp'],
    ['a missing role', 'drop role app', 'role app'],
  ])('finds %s', async (_title, sql, expected) => {
    const app = uniqueName('app')
    const grp = uniqueName('grp')
    const named = (text: string) => text.replace(/\bapp\b/g, app).replace(/\bgrp\b/g, grp)
    await onBoth(
      named(
        `create role app ${attributes}; create role grp; grant grp to app;
         alter role app set work_mem = '4MB'; comment on role app is 'Ours'`,
      ),
    )
    await runSql(servers.target, 'postgres', named(sql))
    const isLeftOut = (role: string) => role !== app && role !== grp
    const differences = await compareRoles(source, target, { isLeftOut })
    const found = differences.map(({ kind, object }) => `${kind} ${object}`)
    expect(found.slice(0, 1)).toEqual(expected === undefined ? [] : [named(expected)])
  })
})

describe('a role that never ends', () => {
  it('is the same as one without an end', async () => {
    const endless = uniqueName('endless')
    await onBoth(`create role ${endless}`)
    await runSql(servers.target, 'postgres', `alter role ${endless} valid until 'infinity'`)
    expect(await compareRoles(source, target, { isLeftOut: (role) => role !== endless })).toEqual(
      [],
    )
  })
})

describe('compareRoles, of servers with privileges on parameters', () => {
  it.each([
    ['nothing', 'select 1', []],
    ['a privilege lost', 'revoke set on parameter "my.thing" from app', ['app on "my.thing"']],
    [
      'a privilege that may no longer be granted',
      'revoke grant option for alter system on parameter log_min_messages from app',
      ['app on log_min_messages'],
    ],
    ['a privilege more', 'grant set on parameter lc_messages to app', ['app on lc_messages']],
    ['that of a role left out', 'grant set on parameter lc_messages to other', []],
  ])('finds %s', async (_title, sql, expected) => {
    const app = uniqueName('app')
    const other = uniqueName('other')
    const named = (text: string) =>
      text
        .replace(/\bapp\b/g, app)
        .replace(/\bother\b/g, other)
        .replace(/\bmy\b/g, app)
    const pair = [await sharedServer(15), await sharedServer(18)] as const
    for (const server of pair) {
      await runSql(
        server,
        'postgres',
        named(
          `create role app; create role other; grant set on parameter "my.thing" to app, other;
           grant set, alter system on parameter log_min_messages to app with grant option`,
        ),
      )
    }
    await runSql(pair[1], 'postgres', named(sql))
    const isLeftOut = (role: string) => role !== app
    const differences = await compareRoles(
      await openTestServer(pair[0], 'source'),
      await openTestServer(pair[1], 'target'),
      { isLeftOut },
    )
    expect(differences.map(({ kind, object }) => `${kind} ${object}`)).toEqual(
      expected.map((object) => `parameter privilege ${named(object)}`),
    )
  })
})

describe('a role whose name is a keyword on one side only', () => {
  const name = quoteIdentifier('json_serialize')

  afterAll(async () => {
    await onBoth(`drop role if exists ${name}`)
  })

  it('is compared like any other', async () => {
    const grp = uniqueName('grp')
    const isLeftOut = (role: string) => role !== 'json_serialize' && role !== grp
    await onBoth(`create role ${name}; create role ${grp} role ${name}`)
    expect(await compareRoles(source, target, { isLeftOut })).toEqual([])
    await runSql(servers.target, 'postgres', `alter role ${name} login; revoke ${grp} from ${name}`)
    expect(await compareRoles(source, target, { isLeftOut })).toEqual([
      expect.objectContaining({ kind: 'role', object: 'json_serialize' }),
      expect.objectContaining({ kind: 'membership', object: `json_serialize in ${grp}` }),
    ])
  })
})

describe('compareDatabaseProperties', () => {
  it.each([
    ['nothing', 'select 1', undefined],
    ['the owner', 'alter database db owner to postgres', 'database'],
    ['the limit', 'alter database db connection limit 8', 'database'],
    ['the comment', `comment on database db is 'theirs'`, 'database'],
    ['a grant', 'revoke create on database db from app', 'database privilege'],
    ['what everybody may do', 'revoke connect on database db from public', 'database privilege'],
    ['a setting', 'alter database db reset work_mem', 'database setting'],
    ['a setting for a role', 'alter role app in database db reset work_mem', 'database setting'],
  ])('finds %s', async (_title, sql, kind) => {
    const app = uniqueName('app')
    await onBoth(`create role ${app}`)
    const names = {
      source: await createDatabase(servers.source, 'Odd "name"'),
      target: await createDatabase(servers.target, 'staging'),
    }
    const named = (text: string, database: string) =>
      text.replace(/\bdb\b/g, quoteIdentifier(database)).replace(/\bapp\b/g, app)
    const make = `alter database db owner to app; alter database db connection limit 7;
      comment on database db is 'ours'; grant create on database db to app;
      alter database db set work_mem = '5MB'; alter role app in database db set work_mem = '6MB'`
    await runSql(servers.source, 'postgres', named(make, names.source))
    await runSql(servers.target, 'postgres', named(make, names.target))
    await runSql(servers.target, 'postgres', named(sql, names.target))
    const found = await compareDatabaseProperties(source, target, names.source, names.target)
    expect(found.map((difference) => difference.kind)).toEqual(kind === undefined ? [] : [kind])
  })
})

describe('compareDatabaseProperties of a locale with and without a codeset', () => {
  it.each([
    ['de_DE', 'de_DE.utf8', []],
    ['sr_RS@latin', 'sr_RS.UTF-8@latin', []],
    ['sr_RS', 'sr_RS.UTF-8@latin', ['database']],
    ['C', 'C.UTF-8', ['database']],
  ])('takes %s and %s for what they are', async (old, now, kinds) => {
    const [before, after] = [
      await createDatabase(servers.source),
      await createDatabase(servers.target),
    ]
    for (const [server, name, locale] of [
      [servers.source, before, old],
      [servers.target, after, now],
    ] as const) {
      const as = `update pg_database set datcollate = '${locale}', datctype = '${locale}' where datname = '${name}'`
      await runSql(server, 'postgres', as)
    }
    const found = await compareDatabaseProperties(source, target, before, after)
    expect(found.map((difference) => difference.kind)).toEqual(kinds)
  })
})

describe('compareDatabaseProperties of a database with a locale of ICU', () => {
  it.each([
    ['de_DE@collation=phonebook', 'de-DE-u-co-phonebk', []],
    ['de_DE@collation=phonebook', 'de-DE', ['database']],
  ])('takes %s and %s for what they are', async (old, now, kinds) => {
    const before = await sharedServer(15)
    const name = uniqueName('icu')
    for (const [server, locale] of [
      [before, old],
      [servers.target, now],
    ] as const) {
      await runSql(
        server,
        'postgres',
        `create database ${name} template template0 encoding 'UTF8' locale 'C' locale_provider icu icu_locale '${locale}'`,
      )
    }
    const found = await compareDatabaseProperties(
      await openTestServer(before, 'source'),
      target,
      name,
    )
    expect(found.map((difference) => difference.kind)).toEqual(kinds)
  })
})

describe('compareSettings', () => {
  it('reads what a role has set, whatever names mean to that role', async () => {
    const user = uniqueName('reader')
    const database = await createDatabase(servers.source)
    await runSql(servers.source, 'postgres', `create role ${user} login password 'secret'`)
    const as = () =>
      openTestServer(servers.source, 'source', { user, password: 'secret', database })
    const before = await compareSettings(await as(), target)
    await runSql(
      servers.source,
      database,
      `create schema hostile; grant usage on schema hostile to ${user};
       create function hostile.never(text, text) returns bool language sql immutable as 'select false';
       create operator hostile.= (leftarg = text, rightarg = text, procedure = hostile.never);
       alter role ${user} set search_path = hostile, pg_catalog;
       alter role ${user} set statement_timeout = '1h'`,
    )
    const after = await compareSettings(await as(), target)
    const note = 'set on the source only'
    expect(after.filter(({ name }) => !before.some((each) => each.name === name))).toEqual([
      { name: 'search_path', source: 'hostile, pg_catalog', target: '"$user", public', note },
      { name: 'statement_timeout', source: '3600000ms', target: '0ms', note },
    ])
    expect(after).toEqual(expect.arrayContaining(before))
  })

  it('tells of a parameter that its library is not loaded on the other side, and not that its major does not know it', async () => {
    const database = await createDatabase(servers.source)
    await runSql(
      servers.source,
      'postgres',
      `alter database "${database}" set session_preload_libraries = 'auto_explain';
       alter database "${database}" set auto_explain.log_min_duration = '1s'`,
    )
    const loaded = (side: 'source' | 'target') => openTestServer(servers.source, side, { database })
    const note = (settings: SettingReport[]) =>
      settings.find(({ name }) => name === 'auto_explain.log_min_duration')?.note
    expect(note(await compareSettings(await loaded('source'), target))).toBe(
      'set on the source, unknown to the target, which has not loaded the library of "auto_explain"',
    )
    expect(note(await compareSettings(source, await loaded('target')))).toBe(
      'set on the target, unknown to the source, which has not loaded the library of "auto_explain"',
    )
  })

  it('tells what a role may not read as hidden from it, and as nothing else', async () => {
    const user = uniqueName('reader')
    await onBoth(`create role ${user} login password 'secret'`)
    const as = (side: 'source' | 'target') =>
      openTestServer(servers[side], side, { user, password: 'secret' })
    const readers = { source: await as('source'), target: await as('target') }
    const hidden = async (before: Server, after: Server) =>
      (await compareSettings(before, after)).filter(({ note }) => /hidden|unknown to/.test(note))
    const names = async (before: Server, after: Server) =>
      (await hidden(before, after))
        .filter(({ note }) => note.includes('hidden'))
        .map(({ name }) => name)

    const unknown = await hidden(source, target)
    expect(unknown.filter(({ note }) => note.includes('hidden'))).toEqual([])
    // Nothing else is hidden that would be compared if it were not.
    const listed = (server: Server) =>
      server.withSession(undefined, (session) =>
        session.query<{ name: string }>('select name from pg_catalog.pg_settings'),
      )
    const seen = new Set((await listed(readers.source)).map(({ name }) => name))
    const ofSuperusers = (await listed(source))
      .map(({ name }) => name)
      .filter((name) => !seen.has(name))
    const places =
      /^(config_file|data_directory|external_pid_file|hba_file|ident_file|krb_server_keyfile|log_.*|primary_conninfo|ssl_.*|stats_temp_directory|unix_socket_directories)$/
    const compared = ofSuperusers.filter((name) => !places.test(name)).toSorted()
    expect(compared).toContain('shared_preload_libraries')
    expect(await names(readers.source, target)).toEqual(compared)
    expect(await names(source, readers.target)).toEqual(compared)
    expect(await names(readers.source, readers.target)).toEqual(compared)

    const both = await hidden(readers.source, readers.target)
    const how = (side: string) =>
      `hidden from the role "${user}" of the ${side}; to have it compared, run there as a superuser: grant pg_read_all_settings to "${user}";`
    expect(both).toContainEqual({
      name: 'shared_preload_libraries',
      source: '(not visible)',
      target: '(not visible)',
      note: `${how('source')} ${how('target')}`,
    })
    await onBoth(`grant pg_read_all_settings to ${user}`)
    expect(await hidden(await as('source'), await as('target'))).toEqual(unknown)
  })
})
