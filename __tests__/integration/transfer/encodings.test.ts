/** Databases whose text is not what their sessions would make of it. */
import { afterAll, describe, expect, test } from '@jest/globals'
import type { MethodName, Report } from '../../../src/report/report.js'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  startServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

const source = await sharedServer(13)
const target = await sharedServer(17)
const created: string[] = []
/** Of their own, because of the roles. */
const named = { source: await startServer(13), target: await startServer(17) }
await runSql(named.source, 'postgres', 'create role "Иван"; create role "größe"; create role app')
await runSql(
  named.target,
  'postgres',
  `create role admin login createdb createrole password 'secret of admin'`,
)
const administrator = { user: 'admin', password: 'secret of admin' }

async function filled(encoding: string, sql: string): Promise<string> {
  const name = await createDatabase(source, 'encoded', { encoding })
  created.push(name)
  await runSql(source, name, sql)
  return name
}

afterAll(async () => {
  await Promise.all([named.source.stop(), named.target.stop()])
  for (const name of created) {
    await runSql(source, 'postgres', `drop database "${name}"`)
    await runSql(target, 'postgres', `drop database if exists "${name}"`)
  }
})

function move(name: string, method: MethodName | 'auto'): Promise<Report> {
  return runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target),
    databases: [name],
    roles: 'skip',
    method,
    validate: 'checksums',
    existingDatabase: 'replace',
  })
}

const passed = { error: null, databases: [{ error: null, result: 'passed', differences: [] }] }

describe('a database in SQL_ASCII with bytes that are no UTF8 in its definitions', () => {
  const definitions = String.raw`
    create table t (a text default E'gr\xfcn' check (a <> E'\xe4'));
    insert into t values (default), (E'\xe4\xf6');
    create index part on t (a) where a <> E'\xdf';
    create table child (a text primary key, b text, constraint odd exclude (b with =) where (b <> E'\xfc'));
    alter table t add foreign key (a) references child not valid;
    create function f() returns text language sql as E'select ''\xfc''::text';
    comment on table t is E'\xd6l';
    comment on index part is E'\xd6l';
    do $$ begin for i in 1..40 loop execute format('create table more_%s (a int primary key)', i); end loop; end $$`
  const readBytes = `
    select encode(convert_to(string_agg(text, E'\\n' order by text), 'SQL_ASCII'), 'escape') as bytes from (
      select pg_get_expr(adbin, adrelid) as text from pg_attrdef
      union all select pg_get_constraintdef(oid) from pg_constraint where contype <> 'p' and oid >= 16384
      union all select pg_get_indexdef(oid) from pg_class where relname = 'part'
      union all select prosrc from pg_proc where proname = 'f'
      union all select description from pg_description where objoid >= 16384) texts`

  test.each(['copy', 'stream'] as const)('arrives byte for byte by %s', async (method) => {
    const name = await filled('SQL_ASCII', definitions)
    expect(await move(name, method)).toMatchObject(passed)
    const bytes = await runSql<{ bytes: string }>(source, name, readBytes)
    expect(bytes[0]?.bytes).toContain(String.raw`gr\374n`)
    expect(await runSql(target, name, readBytes)).toEqual(bytes)
  })
})

describe('a database that tells its sessions to begin with another encoding', () => {
  test.each(['copy', 'stream', 'plain', 'custom', 'parallel'] as const)(
    'arrives with all its characters by %s',
    async (method) => {
      const name = await filled('UTF8', `create table t as select '€'::text as a`)
      await runSql(source, 'postgres', `alter database ${name} set client_encoding = 'LATIN1'`)
      expect(await move(name, method)).toMatchObject(passed)
      expect(await runSql(target, name, 'select a from t')).toEqual([{ a: '€' }])
    },
  )
})

describe('a database whose encoding has no characters for what the server calls it', () => {
  test.each([
    ['name', '日本', () => ''],
    ['comment', 'encoded', (name: string) => `comment on database ${name} is '日本'`],
    [
      'setting',
      'encoded',
      (name: string) => `alter database ${name} set application_name = '日本'`,
    ],
  ])('arrives by auto, whatever its %s', async (_what, prefix, sql) => {
    const name = await createDatabase(source, prefix, { encoding: 'EUC_JP' })
    created.push(name)
    await runSql(source, 'postgres', sql(name))
    expect(await move(name, 'auto')).toMatchObject(passed)
  })
})

describe('a database whose encoding has no characters for the name of a role', () => {
  const owning = `
    create table t (a int primary key); insert into t values (1); alter table t enable row level security;
    select lo_create(4711);
    do $$ declare who name; begin
      for who in select rolname from pg_roles where oid >= 16384 loop
        execute format('grant select on t to %I with grant option', who);
        execute format('grant select on large object 4711 to %I', who);
        execute format('create policy p_%s on t to %I', md5(who), who);
        execute format('alter default privileges for role %I grant select on tables to public', who);
        execute format('create schema s_%s authorization %I', md5(who), who);
        execute format('alter table t owner to %I', who);
        execute format('alter large object 4711 owner to %I', who);
      end loop; end $$`
  const moveNamed = async (
    encoding: string,
    method: MethodName | 'auto',
    sql: string,
    as: { user?: string; password?: string } = {},
  ) => {
    const name = await createDatabase(named.source, 'named', { encoding })
    await runSql(named.source, name, sql)
    const report = await runUpgrade({
      source: connectionParameters(named.source),
      target: connectionParameters(named.target, as),
      databases: [name],
      method,
      validate: 'checksums',
    })
    return { name, report }
  }

  test.each([
    ['WIN1251', 'auto', owning],
    ['EUC_JP', 'stream', 'create table t ()'],
  ] as const)('arrives with its owners, %s by %s', async (encoding, method, sql) => {
    const { name, report } = await moveNamed(encoding, method, sql)
    expect(report).toMatchObject(passed)
    const owners = `select md5(pg_get_userbyid(relowner)::text) as owner from pg_class where relname = 't'`
    expect(await runSql(named.target, name, owners)).toEqual(
      await runSql(named.source, name, owners),
    )
  })

  test('arrives by an administrator where the role has nothing to do with it', async () => {
    const sql = 'create table t (); alter table t owner to app'
    const { report } = await moveNamed('WIN1251', 'auto', sql, administrator)
    expect(report).toMatchObject(passed)
  })

  test('role-name-encoding refuses what only a superuser could give', async () => {
    const { report } = await moveNamed('WIN1251', 'auto', owning, administrator)
    expect(report.findings.filter(({ severity }) => severity === 'blocking')).toEqual([
      expect.objectContaining({
        check: 'role-name-encoding',
        message: expect.stringContaining('"Иван" owns objects'),
      }),
    ])
  })

  test.each([
    ['WIN1251', 'copy', ['the method "copy" needs']],
    ['EUC_JP', 'stream', ['"größe" owns objects', '"Иван" owns objects']],
  ] as const)('role-name-encoding refuses %s by %s', async (encoding, method, messages) => {
    const { report } = await moveNamed(encoding, method, owning)
    expect(report.error?.code).toBe('role-name-encoding')
    expect(report.findings.filter(({ severity }) => severity === 'blocking')).toEqual(
      messages.map((message) =>
        expect.objectContaining({
          check: 'role-name-encoding',
          message: expect.stringContaining(message),
        }),
      ),
    )
  })
})
