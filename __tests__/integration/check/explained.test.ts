/** What real servers and tools of several majors print is understood: cause, remedy, consequences. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { explainErrors, explainFailure, type ExplainedError } from '../../../src/explain/index.js'
import { prepareClientTools } from '../../../src/client/index.js'
import type { ClientTools } from '../../../src/client/tools.js'
import { silentLog } from '../../../src/log.js'
import { explainDriverError } from '../../../src/server/session/session.js'
import { cacheFolder } from '../../support/server-binaries.js'
import {
  createDatabase,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'

type Who = 'superuser' | 'administrator'

/** Statements that fail on the majors between `from` and `to`, and the heading under which that is explained. */
const failures: readonly {
  readonly heading: string
  readonly sql: string
  readonly who: Who
  readonly from?: number
  readonly to?: number
}[] = [
  // F14, F15, F17: roles
  { heading: 'role-not-carried', who: 'administrator', sql: 'alter role administrated superuser' },
  {
    heading: 'role-not-carried',
    who: 'administrator',
    sql: 'alter role administrated replication',
  },
  { heading: 'role-not-carried', who: 'administrator', sql: 'alter role administrated bypassrls' },
  {
    heading: 'role-not-carried',
    who: 'administrator',
    sql: 'grant pg_monitor to administrated granted by postgres',
    from: 16,
  },
  {
    heading: 'role-not-carried',
    who: 'administrator',
    sql: 'grant pg_execute_server_program to administrated',
    from: 16,
  },
  // F16, F27, F28: acting as others
  { heading: 'role-not-settable', who: 'administrator', sql: 'alter table own owner to postgres' },
  {
    heading: 'role-not-settable',
    who: 'administrator',
    sql: 'alter default privileges for role postgres grant select on tables to public',
  },
  { heading: 'role-not-settable', who: 'administrator', sql: 'set role postgres' },
  { heading: 'role-missing', who: 'superuser', sql: 'alter table own owner to absent' },
  // F19: settings
  {
    heading: 'function-setting-unknown',
    who: 'superuser',
    sql: `alter function f() set vacuum_defer_cleanup_age = 1`,
    from: 16,
  },
  {
    heading: 'function-setting-unknown',
    who: 'superuser',
    sql: `alter function f() set default_with_oids = on`,
    from: 12,
  },
  {
    heading: 'function-setting-unknown',
    who: 'administrator',
    sql: `alter function own_f() set log_min_duration_statement = 1`,
  },
  {
    heading: 'client-version-mismatch',
    who: 'superuser',
    sql: 'SET transaction_timeout = 0',
    to: 16,
  },
  // F20 to F29: what only a superuser may do
  { heading: 'extension-missing', who: 'superuser', sql: 'create extension absent' },
  { heading: 'extension-privilege', who: 'administrator', sql: 'create extension postgres_fdw' },
  {
    heading: 'needs-superuser',
    who: 'administrator',
    sql: 'create event trigger et on ddl_command_start execute procedure et()',
  },
  { heading: 'needs-superuser', who: 'administrator', sql: 'create publication p for all tables' },
  {
    heading: 'needs-superuser',
    who: 'administrator',
    sql: 'create cast (text as point) with inout',
  },
  {
    heading: 'needs-superuser',
    who: 'administrator',
    sql: `create function c() returns int language c as '$libdir/pgcrypto', 'pg_random_uuid'`,
  },
  {
    heading: 'needs-superuser',
    who: 'administrator',
    sql: 'create text search template tt (lexize = dsimple_lexize)',
  },
  {
    heading: 'needs-superuser',
    who: 'administrator',
    sql: 'grant select on pg_authid to administrated',
  },
  {
    heading: 'needs-superuser',
    who: 'administrator',
    sql: `create subscription s connection 'host=192.0.2.1' publication p with (connect = false)`,
  },
  {
    heading: 'needs-superuser',
    who: 'administrator',
    sql: `create function l() returns int leakproof language sql as 'select 1'`,
  },
  {
    heading: 'needs-superuser',
    who: 'administrator',
    sql: 'create aggregate a(int8) (sfunc = int8_avg_accum, stype = internal)',
  },
  {
    heading: 'needs-superuser',
    who: 'administrator',
    sql: `alter function own_f() support generate_series_int4_support`,
    from: 12,
  },
  {
    heading: 'needs-superuser',
    who: 'administrator',
    sql: 'create operator class o for type int using btree as operator 1 <, function 1 btint4cmp(int, int)',
  },
  { heading: 'security-label', who: 'superuser', sql: `security label on table own is 'secret'` },
  // F31, F32
  { heading: 'role-not-settable', who: 'administrator', sql: `comment on schema public is 'x'` },
  { heading: 'role-not-settable', who: 'administrator', sql: 'create table closed.t ()' },
  // F34: removed
  { heading: 'removed-type', who: 'superuser', sql: 'create table t (a abstime)', from: 12 },
  {
    heading: 'removed-postfix-operator',
    who: 'superuser',
    sql: 'create operator #! (leftarg = int, procedure = int4abs)',
    from: 14,
  },
  {
    heading: 'removed-polymorphic',
    who: 'superuser',
    sql: 'create aggregate a(anyelement) (sfunc = array_append, stype = anyarray)',
    from: 14,
  },
  {
    heading: 'removed-conversion',
    who: 'superuser',
    sql: `create conversion c for 'LATIN1' to 'UTF8' from old_conversion`,
    from: 14,
  },
  // F33, F36 to F42: rows
  {
    heading: 'search-path',
    who: 'superuser',
    sql: `set search_path = ''; insert into public.checked values (1)`,
  },
  {
    heading: 'constraint-disabled',
    who: 'superuser',
    sql: 'alter table doubled disable trigger "RI_ConstraintTrigger_c_16415"',
  },
  {
    heading: 'trigger-renamed',
    who: 'superuser',
    sql: 'alter table doubled enable trigger absent',
  },
  {
    heading: 'generated-child',
    who: 'superuser',
    sql: 'create table g () inherits (doubled); drop table g; create table g (a int generated always as (1) stored) inherits (doubled)',
    from: 16,
  },
  {
    heading: 'generated-child',
    who: 'superuser',
    sql: 'create table g (a int) partition by list (a); create table g1 (a int generated always as (1) stored); alter table g attach partition g1 default',
    from: 16,
  },
  { heading: 'not-null-dropped', who: 'superuser', sql: 'insert into strict values (null)' },
  { heading: 'duplicate-values', who: 'superuser', sql: 'create unique index on doubled (a)' },
  {
    heading: 'foreign-key-violated',
    who: 'superuser',
    sql: 'alter table doubled add foreign key (a) references strict',
  },
  {
    heading: 'function-not-immutable',
    who: 'superuser',
    sql: 'create index on doubled ((now()))',
  },
  {
    heading: 'function-not-immutable',
    who: 'superuser',
    sql: 'create table g (a int) partition by list ((random()))',
  },
  {
    heading: 'function-not-immutable',
    who: 'superuser',
    sql: 'create table g (a int, b text generated always as (now()::text) stored)',
    from: 12,
  },
  {
    heading: 'index-row-size',
    who: 'superuser',
    sql: `create table long as select string_agg(md5(i::text), '') as a from generate_series(1, 300) i; create index on long (a)`,
  },
  {
    heading: 'row-too-big',
    who: 'superuser',
    sql: `create table plain (a text); alter table plain alter a set storage plain; insert into plain values (repeat('x', 9000))`,
  },
  {
    heading: 'foreign-key-collation',
    who: 'superuser',
    sql: `create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
          create table one (a text collate loose primary key); create table other (a text references one)`,
    from: 18,
  },
  {
    heading: 'not-null-name',
    who: 'superuser',
    sql: 'alter table strict add constraint strict_a_not_null unique (a)',
    from: 18,
  },
  {
    heading: 'not-null-name',
    who: 'superuser',
    sql: `create table loose (a int); create table looser () inherits (loose);
          alter table loose add constraint one not null a not valid; alter table looser add constraint two not null a not valid`,
    from: 18,
  },
  {
    heading: 'operator-link',
    who: 'superuser',
    sql: `create operator <<< (leftarg = int, rightarg = int, procedure = int4lt, negator = >>=);
          create operator >>= (leftarg = int, rightarg = int, procedure = int4ge, negator = <<<);
          create operator >>> (leftarg = int, rightarg = int, procedure = int4gt, negator = >>=)`,
    from: 18,
  },
  { heading: 'check-violated', who: 'superuser', sql: 'alter table doubled add check (a > 1)' },
  { heading: 'encoding', who: 'superuser', sql: `select convert_from('\\xe9', 'UTF8')` },
  {
    heading: 'collation-missing',
    who: 'superuser',
    sql: `create collation c (locale = 'xx_XX.utf8')`,
  },
  {
    heading: 'collation-missing',
    who: 'superuser',
    sql: `create table t (a text collate "xx_XX")`,
  },
  { heading: 'tablespace-missing', who: 'superuser', sql: 'create table t () tablespace absent' },
  {
    heading: 'exclusive-lock',
    who: 'superuser',
    sql: `set statement_timeout = '10ms'; select pg_sleep(10)`,
  },
  {
    heading: 'library-missing',
    who: 'superuser',
    sql: `create function c() returns int language c as '$libdir/absent', 'c'`,
  },
  {
    heading: 'target-is-standby',
    who: 'superuser',
    sql: 'set transaction_read_only = on; create table t ()',
  },
]

const objects = `
  create table own (); create function f() returns int language sql as 'select 1';
  create function et() returns event_trigger language plpgsql as 'begin end';
  create schema closed;
  create function helper(int) returns int immutable language sql as 'select $1 + 1';
  create function outer_f(int) returns int immutable language plpgsql as 'begin return helper($1); end';
  create table checked (a int check (outer_f(a) > 0));
  create table strict (a int primary key); create table doubled (a int); insert into doubled values (1), (1);
  create function old_conversion(int, int, cstring, internal, int) returns void
    language c strict as '$libdir/utf8_and_iso8859_1', 'iso8859_1_to_utf8';`

describe.each([11, 15, 16, 18])('an error of a server of PostgreSQL %i', (major) => {
  let server: TestServer
  let database: string
  const administrator = uniqueName('administrator')
  const administrated = uniqueName('administrated')
  beforeAll(async () => {
    server = await sharedServer(major)
    database = await createDatabase(server)
    await runSql(
      server,
      database,
      `create role ${administrator} login createrole password 'secret'; create role ${administrated};
       ${objects} grant create on schema public to ${administrator}; grant create on database ${database} to ${administrator};
       set role ${administrator}; create function own_f() returns int language sql as 'select 1'; create table owned ();`,
    )
  })

  const fitting = failures.filter(({ from = 10, to = 18 }) => from <= major && major <= to)
  test.each(fitting)('$heading: $sql', async ({ heading, sql, who }) => {
    const as = who === 'superuser' ? server : { ...server, user: administrator, password: 'secret' }
    const statement = sql
      .replaceAll('administrated', administrated)
      .replace(who === 'administrator' ? 'table own ' : '\0', 'table owned ')
    const error = await failureOf(as, database, statement)
    expect(explainErrors(asPgRestorePrints(error, statement))).toMatchObject([
      { harmless: false, explanation: { heading } },
    ])
    // Of a statement of our own the server's words have to be enough; only tools set what it does not know.
    if (heading === 'client-version-mismatch') return
    const ofOurSession = explainDriverError(error, 'target', database)
    expect(explainFailure(ofOurSession)).toMatchObject({ heading })
  })
})

async function failureOf(
  { host, port, user, password }: TestServer,
  database: string,
  sql: string,
): Promise<pg.DatabaseError> {
  const client = new pg.Client({ host, port, user, password, database })
  await client.connect()
  try {
    await client.query(`begin; ${sql}`)
  } catch (error) {
    if (error instanceof pg.DatabaseError) return error
    throw error
  } finally {
    await client.end()
  }
  throw new Error(`This was accepted: ${sql}`)
}

function asPgRestorePrints(
  { message, detail, hint, where }: pg.DatabaseError,
  sql: string,
): string[] {
  const more = (label: string, text: string | undefined) =>
    text === undefined ? [] : `${label}:  ${text}`.split('\n')
  return [
    `pg_restore: error: could not execute query: ERROR:  ${message}`,
    ...more('DETAIL', detail),
    ...more('HINT', hint),
    ...more('CONTEXT', where),
    `Command was: ${sql}`,
  ]
}

/** Everything that a restore by hand trips over, with what follows from it. */
const nasty = `
  create table gone (a abstime); insert into gone values (now()); create view of_gone as select a from gone;
  create operator #! (leftarg = int, procedure = int4abs);
  create aggregate accumulate(anyelement) (sfunc = array_append, stype = anyarray);
  create function et() returns event_trigger language plpgsql as 'begin end';
  create event trigger notice_ddl on ddl_command_start execute procedure et();
  create publication everything for all tables;
  create function native() returns int language c as '$libdir/pgcrypto', 'pg_random_uuid';
  create extension postgres_fdw; create server far foreign data wrapper postgres_fdw;
  create foreign table remote (a int) server far;
  create function helper(int) returns int immutable language sql as 'select $1 + 1';
  create function outer_f(int) returns int immutable language plpgsql as 'begin return helper($1); end';
  create table checked (a int check (outer_f(a) > 0)); insert into checked values (1);
  create table parent (a int not null); create table child () inherits (parent);
  alter table child alter a drop not null; insert into child values (null);
  create function set_up() returns int language sql set operator_precedence_warning = on as 'select 1';
  create table names (a regclass); insert into names values ('absent'::name::text::regclass);`

describe('what tools print', () => {
  let folder: string
  let source: TestServer
  let file: string
  let database: string
  const toolsOf = (major: number): Promise<ClientTools> =>
    prepareClientTools({
      major,
      source: 'auto',
      toolCache: join(cacheFolder(), 'tool-cache'),
      log: silentLog,
      signal: new AbortController().signal,
    })
  /** The lines on stderr, whatever the exit code. */
  const run = (tools: ClientTools, tool: 'pg_dump' | 'pg_restore', list: readonly string[]) =>
    new Promise<string[]>((resolve) => {
      const env = { ...tools.environment, LC_ALL: 'C', PGSSLMODE: 'disable' }
      execFile(tools.path(tool), list, { env }, (_error, _stdout, stderr) => {
        resolve(stderr.split('\n'))
      })
    })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'explained-'))
    source = await sharedServer(11)
    database = await createDatabase(source)
    await runSql(source, database, nasty.replace(`'absent'::name::text::regclass`, `'pg_class'`))
    await runSql(source, database, `create role ${role}; alter table parent owner to ${role}`)
    file = join(folder, 'dump')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  const role = uniqueName('only_here')

  test.each([15, 17, 18])('pg_restore onto a %i as an administrator: all of it', async (major) => {
    const target = await sharedServer(major)
    const tools = await toolsOf(major)
    const dump = await run(tools, 'pg_dump', [
      '-Fc',
      '-Z0',
      `--file=${file}`,
      `--dbname=${source.url(database)}`,
    ])
    expect(explainErrors(dump)).toEqual([])
    const user = uniqueName('administrator')
    const restored = await createDatabase(target)
    await runSql(
      target,
      restored,
      `create role ${user} login password 'secret'; grant create on schema public to ${user}`,
    )
    const url = { ...target, user, password: 'secret' }
    const into = `--dbname=postgresql://${url.user}:${url.password}@${url.host}:${url.port}/${restored}`
    const lines = await run(tools, 'pg_restore', [into, file])
    const errors = explainErrors(lines)
    expect(
      errors.filter(({ harmless, explanation }) => !harmless && explanation === undefined),
    ).toEqual([])
    expect(headings(errors)).toEqual(expected)
    const ignored = /errors ignored on restore: (\d+)/.exec(lines.join('\n'))?.[1]
    expect(
      errors.reduce((sum, { count, consequences }) => sum + count + consequences.length, 0),
    ).toBe(Number(ignored))
    expect(consequencesOf(errors, 'extension-privilege')).toEqual(
      expect.arrayContaining([
        'foreign-data wrapper "postgres_fdw" does not exist',
        'server "far" does not exist',
      ]),
    )
  })

  test('pg_dump that is older than the server, and an archive that is none', async () => {
    const old = await toolsOf(15)
    const newer = await sharedServer(18)
    const mismatch = await run(old, 'pg_dump', [`--dbname=${newer.url()}`])
    expect(headings(explainErrors(mismatch))).toEqual(['client-version-mismatch'])
    const empty = await run(old, 'pg_restore', ['--list', '/dev/null'])
    expect(headings(explainErrors(empty))).toEqual(['dump-incomplete'])
  })

  test('pg_restore that is newer than the target sets a parameter that it does not know', async () => {
    const tools = await toolsOf(18)
    const target = await sharedServer(15)
    const small = await createDatabase(source)
    await run(tools, 'pg_dump', ['-Fc', `--file=${file}`, `--dbname=${source.url(small)}`])
    const into = `--dbname=${target.url(await createDatabase(target))}`
    const errors = explainErrors(await run(tools, 'pg_restore', [into, file]))
    expect(headings(errors)).toEqual(['client-version-mismatch'])
  })
})

const expected = [
  'extension-privilege',
  'function-setting-unknown',
  'needs-superuser',
  'not-null-dropped',
  'removed-polymorphic',
  'removed-postfix-operator',
  'removed-type',
  'role-missing',
  'role-not-settable',
  'search-path',
]

function headings(errors: readonly ExplainedError[]): string[] {
  return [...new Set(errors.flatMap(({ explanation }) => explanation?.heading ?? []))].toSorted()
}

function consequencesOf(errors: readonly ExplainedError[], heading: string): string[] {
  return errors
    .filter(({ explanation }) => explanation?.heading === heading)
    .flatMap(({ consequences }) => consequences)
}
