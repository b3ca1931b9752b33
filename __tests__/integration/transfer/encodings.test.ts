/** Databases whose text is not what their sessions would make of it. */
import { afterAll, describe, expect, test } from '@jest/globals'
import type { MethodName, Report } from '../../../src/report/report.js'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

const source = await sharedServer(13)
const target = await sharedServer(17)
const created: string[] = []

async function filled(encoding: string, sql: string): Promise<string> {
  const name = await createDatabase(source, 'encoded', { encoding })
  created.push(name)
  await runSql(source, name, sql)
  return name
}

afterAll(async () => {
  for (const name of created) {
    await runSql(source, 'postgres', `drop database "${name}"`)
    await runSql(target, 'postgres', `drop database if exists "${name}"`)
  }
})

function move(name: string, method: MethodName): Promise<Report> {
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
