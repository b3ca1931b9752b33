/** Functions that the source takes and the target does not: told, and no other. */
import { describe, expect, it } from '@jest/globals'
import { refusedFunctions } from '../../../src/validate/index.js'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'

interface Moved {
  readonly source: TestServer
  readonly target: TestServer
  readonly database: string
  readonly restored: string
}

/** Creates the functions without a look at their bodies, as a restore does, and moves them by hand. */
async function moved(from: number, to: number, statements: string): Promise<Moved> {
  const [source, target] = [await sharedServer(from), await sharedServer(to)]
  const database = await createDatabase(source)
  await runSql(source, database, `set check_function_bodies = off; ${statements}`)
  return { source, target, database, restored: await dumpAndRestore(source, database, target) }
}

async function refusedOf({ source, target, database, restored }: Moved, role = {}) {
  return refusedFunctions({
    source: { server: await openTestServer(source, 'source'), database },
    target: { server: await openTestServer(target, 'target', role), database: restored },
  })
}

describe('function-refused', () => {
  it('names what the target alone refuses, with its reason', async () => {
    const functions = await moved(
      11,
      18,
      `create function one(i int) returns bool language plpgsql as $$ begin
         if i = 1then return true; end if;
         return false; end $$;
       create function "In ""Backup""()" () returns bool language sql as 'select pg_is_in_backup()';
       create procedure hidden() language sql as 'select relhasoids from pg_class';
       create function span() returns interval language sql as $$ select interval '1 day ago 2 hours' $$;`,
    )
    expect(await refusedOf(functions)).toEqual([
      {
        name: 'public."In ""Backup""()"()',
        reason: 'function pg_is_in_backup() does not exist',
        isNameMissing: true,
      },
      {
        name: 'public.hidden()',
        reason: 'column "relhasoids" does not exist',
        isNameMissing: true,
      },
      {
        name: 'public.one(integer)',
        reason: 'trailing junk after numeric literal at or near "1then"',
        isNameMissing: false,
      },
      {
        name: 'public.span()',
        reason: expect.stringMatching(/^invalid input syntax for type interval/),
        isNameMissing: false,
      },
    ])
  })

  it('is not found for what both take, and for what neither takes', async () => {
    const functions = await moved(
      10,
      13,
      `create table t (a int, "x y" text); create sequence s;
       create function counted() returns bigint language sql as 'select count(*) from public.t where a > 0';
       create function next() returns bigint language sql as $$ select nextval('public.s') $$;
       create function nowhere() returns bigint language sql as 'select count(*) from nowhere';
       create function scratch() returns bigint language sql as 'select count(*) from pg_temp.x';
       create function broken() returns int language plpgsql as 'beg';
       create function stamp() returns trigger language plpgsql as 'begin new.a := 1; return new; end';
       create function told() returns event_trigger language plpgsql as $$ begin raise notice '%', tg_tag; end $$;
       create function any_of(a anyelement, b anyarray) returns anyelement language sql as 'select $1';
       create function rows_of() returns setof t language plpgsql as 'begin return query select * from public.t; end';`,
    )
    expect(await refusedOf(functions)).toEqual([])
    expect(await runSql(functions.target, functions.restored, 'select is_called from s')).toEqual([
      { is_called: false },
    ])
  })

  it('looks for names where the source would: in the path of the database, or of the function', async () => {
    const functions = await moved(
      13,
      17,
      `create schema app; create table app.t (a int);
       create schema other; create table other.u (a int);
       create function by_database() returns bigint language sql as 'select count(*) from t';
       create function by_function() returns bigint language sql set search_path = other as 'select count(*) from u';`,
    )
    const { source, database } = functions
    await runSql(source, database, `alter database ${database} set search_path = '$user', app`)
    expect(await refusedOf(functions)).toEqual([])
    // Bodies that the source reads and the target cannot, because what they name is not there.
    await runSql(functions.target, functions.restored, 'drop table app.t, other.u')
    expect((await refusedOf(functions)).map(({ name }) => name)).toEqual([
      'public.by_database()',
      'public.by_function()',
    ])
  })

  it('runs nothing of a user in the path, and says nothing of what the role may not look at', async () => {
    const functions = await moved(
      14,
      18,
      `create table run (by text);
       create function trap(text, text) returns text language plpgsql as
         $$ begin insert into public.run values (current_user); return 'trapped'; end $$;
       create function plpgsql_validator(oid) returns text language sql as $$ select 'trapped'::text $$;
       create operator || (leftarg = text, rightarg = text, function = trap);
       create function junk(i int) returns bool language plpgsql as 'begin if i = 1then return true; end if; end';
       create function fine() returns int language sql as 'select 1';
       revoke execute on function fine() from public;
       create function gone() returns text language sql as $$ select 'a'::text || 'b'::text $$;`,
    )
    const { source, target, database, restored } = functions
    await runSql(
      source,
      database,
      `alter database ${database} set search_path = public, pg_catalog`,
    )
    await runSql(target, restored, 'drop operator public.|| (text, text); drop function trap')
    const junk = expect.objectContaining({ name: 'public.junk(integer)' })
    expect(await refusedOf(functions)).toEqual([junk])
    const role = uniqueName('reader')
    await runSql(target, restored, `create role ${role} login password 'secret'`)
    expect(await refusedOf(functions, { user: role, password: 'secret' })).toEqual([junk])
    expect(await runSql(source, database, 'select count(*)::int from run')).toEqual([{ count: 0 }])
  })
})
