/** What is built on members of extensions that newer versions no longer have as they were. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { isNewer } from '../../../src/check/extensions/rules.js'
import { changedMembers } from '../../../src/check/data/extension-members.js'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { offerExtension } from '../../support/offered-extension.js'
import {
  createDatabase,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import {
  findingsAfter,
  findingsAfterRemedies,
  openPair,
  findingsOfCheck,
  type Pair,
} from './pair.js'
import { paste } from './remedy.js'

let pair: Pair
const grantee = uniqueName('grantee')
beforeAll(async () => {
  pair = await openPair(12, 18)
  for (const server of [pair.sourceServer, pair.targetServer]) {
    await runSql(server, 'postgres', `create role ${grantee}`)
  }
})

describe('extension-member', () => {
  const statements = 'create extension pg_stat_statements;'
  const blob = 'create extension pageinspect;'

  test.each([
    [
      'a view that reads columns which got another name',
      `${statements} create view v as select query, total_time, mean_time from pg_stat_statements`,
      ['public.v'],
    ],
    [
      'a materialized view and a rule with an operator that is gone',
      `create extension hstore; create table t (h hstore); create table log (at timestamptz);
       create materialized view m as select h @ 'a=>1' as holds from t;
       create rule r as on insert to t where new.h @ 'a=>1' do also insert into log values (now())`,
      ['public.m', 'public.t'],
    ],
    [
      'a check, a default and an index with an operator that is gone',
      `create extension intarray;
       create table t (a int[] check (a @ '{1}'), b bool default '{1}'::int[] @ '{1}');
       create index i on t ((a ~ '{1}'))`,
      ['public.i', 'public.t.b', 't_a_check on public.t'],
    ],
    [
      'a view of a function whose result has other columns in their place',
      `${statements} create schema "S"; create view "S".v as select query, calls from pg_stat_statements(true)`,
      ['"S".v'],
    ],
    [
      'privileges on a function that takes other arguments',
      `${statements} grant execute on function pg_stat_statements_reset(oid, oid, bigint) to ${grantee}`,
      ['public.pg_stat_statements_reset(pg_catalog.oid,pg_catalog.oid,bigint)'],
    ],
    [
      'privileges that an extension gave and somebody took away',
      `${blob} grant execute on function get_raw_page(text, int) to public;
       revoke execute on function get_raw_page(text, int) from postgres`,
      ['public.get_raw_page(pg_catalog.text,integer)'],
    ],
    [
      'privileges on a column that got another name',
      `${statements} grant select (query, total_time) on pg_stat_statements to ${grantee}`,
      ['public.pg_stat_statements.total_time'],
    ],
  ])('finds %s', async (_title, sql, objects) => {
    const findings = await findingsAfter(pair, 'extension-member', sql)
    expect(findings.map(({ severity, object }) => [severity, object])).toEqual(
      objects.map((object) => ['blocking', object]),
    )
    // A rule has no name by which it could be found again.
    const pasteable = findings.filter(({ remedy }) => remedy?.startsWith('--'))
    expect(await findingsAfterRemedies(pair, pasteable)).toEqual([])
  })

  test.each([
    [
      'what is built on members that are still there',
      `${statements} create view v as select query, calls from pg_stat_statements;
       create extension hstore; create table t (h hstore check (h @> 'a=>1'));
       ${blob} create view w as select get_raw_page('t', 0) as page, lsn from page_header(get_raw_page('t', 0));
       grant select on pg_stat_statements to ${grantee}`,
    ],
    [
      'members that have privileges or another owner',
      `create extension cube; grant execute on function cube_dim(cube) to ${grantee};
       alter function cube_size(cube) owner to ${grantee}; create schema s; alter extension cube set schema s`,
    ],
    [
      'privileges that were given and taken again',
      `${statements} grant execute on function pg_stat_statements_reset(oid, oid, bigint) to ${grantee};
       revoke execute on function pg_stat_statements_reset(oid, oid, bigint) from ${grantee}`,
    ],
  ])('does not find %s', async (_title, sql) => {
    expect(await findingsAfter(pair, 'extension-member', sql)).toEqual([])
  })

  test('does not find what the target has as well', async () => {
    const equal = await openPair(12, 12)
    const sql = `${statements} create view v as select total_time from pg_stat_statements`
    expect(await findingsAfter(equal, 'extension-member', sql)).toEqual([])
  })

  test('finds what was added to an extension by hand, and blocks where something needs it', async () => {
    const added = [
      ['aggregate public.count_all(*)', 'warning', 'public.count_all()'],
      ['cast (public.mood as int)', 'warning', '(public.mood AS integer)'],
      ['function public.price(int)', 'blocking', 'public.price(integer)'],
      ['function public.mood_int(public.mood)', 'warning', 'public.mood_int(public.mood)'],
      ['operator public.###(none, int)', 'warning', 'public.###(NONE,integer)'],
      ['schema "S"', 'blocking', '"S"'],
      ['text search configuration public.words', 'warning', 'public.words'],
      ['type public.mood', 'warning', 'public.mood'],
      ['type public.span', 'blocking', 'public.span'],
      ['view public.vw', 'warning', 'public.vw'],
      ['foreign data wrapper wrapper', 'warning', 'wrapper'],
    ] as const
    for (const each of [pair, await openPair(17, 18)]) {
      const database = await createDatabase(each.sourceServer)
      const run = (sql: string) => runSql(each.sourceServer, database, sql)
      await run(`create extension hstore version '1.4'; create schema "S"; create table "S".t (a int);
        create function price(int) returns int immutable language sql as 'select $1 * 2'; create index on "S".t (price(a));
        create type mood as enum ('x'); create view vw as select mood 'x' as mood; create type span as range (subtype = int8);
        create table spans (s span[]); create foreign data wrapper wrapper;
        create function mood_int(mood) returns int language sql as 'select 1'; create cast (mood as int) with function mood_int(mood);
        create aggregate count_all(*) (sfunc = int8inc, stype = int8, initcond = '0');
        create text search configuration words (copy = english); create operator ### (procedure = abs, rightarg = int)`)
      await run(`alter extension hstore update to '1.5'`)
      for (const [object] of added) await run(`alter extension hstore add ${object}`)
      await run(`alter extension hstore update`)
      await run('vacuum freeze pg_depend')
      const findings = await findingsOfCheck(each, 'extension-member', [database])
      expect(findings.map(({ object, severity }) => `${object} ${severity}`).toSorted()).toEqual(
        added.map(([, severity, object]) => `${object} ${severity}`).toSorted(),
      )
      expect(findings.map(({ message }) => message)).toContain(
        'The function public.price(integer) was added to the extension hstore (ALTER EXTENSION … ADD). A dump leaves it to CREATE EXTENSION, which does not make it on the target: the restore would fail, because it is needed by index "S".t_price_idx.',
      )
      expect(await findingsAfterRemedies(each, findings)).toEqual([])
    }
  })

  test('finds members that were renamed or moved, and blocks where something needs one that was moved', async () => {
    for (const each of [pair, await openPair(17, 18)]) {
      const database = await createDatabase(each.sourceServer)
      const run = (sql: string) => runSql(each.sourceServer, database, sql)
      await run('create extension hstore; create extension cube; create extension citext')
      await run(`create schema "S"; alter function cube_dim(cube) set schema "S"; alter function cube_ur_coord(cube, int) set schema "S";
        alter operator class cube_ops using btree set schema "S"; alter aggregate max(citext) set schema "S";
        alter type hstore rename to pairs; alter function citext(inet) rename to citext_inet; alter function akeys(pairs) rename to "Keys";
        create table t (h pairs, c cube, check ("S".cube_dim(c) = 1)); create view v as select citext_inet('::1') as x`)
      const findings = await findingsOfCheck(each, 'extension-member', [database])
      expect(findings.map(({ severity, object }) => `${severity} ${object}`).toSorted()).toEqual([
        'blocking "S".cube_dim(public.cube)',
        'warning "S".cube_ops USING btree',
        'warning "S".cube_ur_coord(public.cube,integer)',
        'warning "S".max(public.citext)',
        'warning public."Keys"(public.pairs)',
        'warning public.citext_inet(pg_catalog.inet)',
        'warning public.pairs',
      ])
      const messages = findings.map(({ message }) => message)
      expect(messages).toContain(
        'The function public.citext_inet(pg_catalog.inet) was altered after the extension citext had made it (ALTER FUNCTION, as … RENAME). A dump leaves it to CREATE EXTENSION, which makes it as it was. If it was renamed, its new name does not arrive, and the restore would fail, because it is named by view public.v.',
      )
      expect(messages).toContainEqual(expect.stringContaining('is named by table public.t.'))
      const moved = findings.filter(({ remedy }) => remedy?.startsWith('--'))
      expect(moved).toHaveLength(4)
      expect(await findingsAfterRemedies(each, moved)).toEqual([])
    }
  })

  test('finds text search dictionaries and foreign-data wrappers that were altered, with the options of the dictionaries', async () => {
    const newest = await openPair(18, 18)
    const path = await offerExtension(newest.sourceServer, {
      name: 'tablefunc',
      version: '1.0',
      script: `create view kept as select 1 as a;
        create foreign data wrapper mine; create foreign data wrapper theirs;`,
    })
    const database = await createDatabase(newest.sourceServer)
    const run = (sql: string) => runSql(newest.sourceServer, database, sql)
    const extensions =
      'create extension dict_int; create extension dict_xsyn; create extension unaccent'
    await run(`set extension_control_path = '${path}'; create extension tablefunc; ${extensions}`)
    expect(await findingsOfCheck(newest, 'extension-member', [database])).toEqual([])
    await run(`alter text search dictionary intdict (maxlen = 4, rejectlong = true); alter text search dictionary xsyn (rules = 'xsyn_sample');
      create text search configuration c (copy = simple); alter text search configuration c alter mapping for int with intdict;
      alter foreign data wrapper mine options (a 'b'); grant usage on foreign data wrapper theirs to public; grant select on kept to public`)
    const findings = await findingsOfCheck(newest, 'extension-member', [database])
    expect(findings.map(({ severity, object }) => `${severity} ${object}`).toSorted()).toEqual([
      'warning mine',
      'warning public.intdict',
      'warning public.xsyn',
    ])
    const told = findings.filter(({ remedy }) => remedy?.startsWith('-- on the target'))
    expect(told.map(({ object }) => object)).toEqual(['public.intdict', 'public.xsyn'])
    expect(told[0]?.message).toContain('text search configuration public.c finds other words')
    const options = `select dictname, dictinitoption from pg_ts_dict where dictname in ('intdict', 'xsyn') order by 1`
    const wanted = await run(options)
    await run(
      `alter text search dictionary intdict (maxlen = 6, rejectlong = false); alter text search dictionary xsyn (rules)`,
    )
    for (const finding of told) await paste(newest, finding)
    expect(await run(options)).toEqual(wanted)
  })

  test('finds what was taken out of an extension by hand, and not what users made in the transaction that created it', async () => {
    for (const each of [pair, await openPair(17, 18)]) {
      const database = await createDatabase(each.sourceServer)
      const run = (sql: string) => runSql(each.sourceServer, database, sql)
      await run(`create extension hstore version '1.4'`)
      await run(`begin; create table t (a int primary key); create function f() returns int language sql as 'select 1';
        create extension tablefunc; create extension citext version '1.4';
        create table u (a int, b citext); create function g() returns int language sql as 'select 2'; create type h as (a int); commit`)
      await run('alter extension hstore update; alter extension citext update')
      const restored = () => dumpAndRestore(each.sourceServer, database, each.targetServer)
      await run(`alter extension tablefunc drop function normal_rand(int, float8, float8);
        alter extension tablefunc drop type tablefunc_crosstab_3`)
      await expect(restored()).rejects.toThrow('already exists')
      await run(`alter extension citext drop aggregate min(citext); alter extension citext drop cast (citext as text);
        alter extension citext drop operator >(citext, citext); alter extension hstore drop function akeys(hstore);
        alter extension hstore drop operator class gist_hstore_ops using gist`)
      await run('vacuum full pg_depend')
      const findings = await findingsOfCheck(each, 'extension-member', [database])
      expect(findings.map((found) => `${found.severity} ${found.object ?? ''}`).toSorted()).toEqual(
        [
          'warning (public.citext AS pg_catalog.text)',
          'warning public.>(public.citext,public.citext)',
          'warning public.min(public.citext)',
          'blocking public.normal_rand(integer,double precision,double precision)',
          'blocking public.tablefunc_crosstab_3',
          'warning public.akeys(public.hstore)',
          'warning public.gist_hstore_ops USING gist',
        ].toSorted(),
      )
      expect(findings.map(({ message }) => message)).toContain(
        'The function public.normal_rand(integer,double precision,double precision) was made by the extension tablefunc and is no longer a member of it (ALTER EXTENSION … DROP). A dump carries it, and CREATE EXTENSION makes it on the target as well: the restore would fail, because it already exists.',
      )
      expect(await findingsAfterRemedies(each, findings)).toEqual([])
      await restored()
    }
  })

  test('finds none of the members that an extension has made when it was created and updated', async () => {
    for (const each of [pair, await openPair(17, 18)]) {
      const database = await createDatabase(each.sourceServer)
      const run = (sql: string) => runSql(each.sourceServer, database, sql)
      await run(`create extension hstore version '1.4'`)
      await run(`create extension pg_stat_statements version '1.4'`)
      for (const version of ['1.5', '1.6']) {
        await run(`alter extension hstore update to '${version}'`)
        await run(`alter extension pg_stat_statements update to '${version}'`)
      }
      await run(`create schema s; alter extension hstore set schema s`)
      await run('vacuum full pg_depend')
      expect(await findingsOfCheck(each, 'extension-member', [database])).toEqual([])
    }
  })

  test('what it finds nothing of is restored, and reads the same columns', async () => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      database,
      `${blob} create view v as select lsn, prune_xid from page_header(get_raw_page('pg_class', 0));
       grant execute on function page_header(bytea) to ${grantee}`,
    )
    expect(await findingsOfCheck(pair, 'extension-member', [database])).toEqual([])
    const restored = await dumpAndRestore(pair.sourceServer, database, pair.targetServer)
    expect(await runSql(pair.targetServer, restored, 'select prune_xid from v')).toHaveLength(1)
  })
})

interface Members {
  readonly version: string
  /** As the table writes them. */
  readonly names: readonly string[]
  /** Columns of the results of functions, by the name of the function. */
  readonly results: Readonly<Record<string, readonly string[]>>
}

/** Every extension that the server can create, in its default version. Languages need their interpreters, and are left out. */
async function readMembers(server: TestServer): Promise<Map<string, Members>> {
  const database = await createDatabase(server, 'members')
  await runSql(
    server,
    database,
    `do $$ declare extension text; begin
       for extension in select name from pg_available_extensions order by 1 loop
         begin
           execute format('create extension if not exists %I cascade', extension);
         exception when others then null;
         end;
       end loop;
     end $$`,
  )
  const rows = await runSql<{
    extension: string
    version: string
    name: string
    result: string[] | null
  }>(
    server,
    database,
    `set search_path = pg_catalog;
     with member as (
       select e.extname::text as extension, e.extversion as version, d.classid, d.objid
         from pg_depend d join pg_extension e
           on d.refclassid = 'pg_extension'::regclass and e.oid = d.refobjid
        where d.deptype = 'e')
     select m.extension, m.version, c.relname || '.' || a.attname as name, null::text[] as result
       from member m join pg_class c on m.classid = 'pg_class'::regclass and c.oid = m.objid
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     union all
     select m.extension, m.version, f.proname || '(' || oidvectortypes(f.proargtypes) || ')',
            case when f.proargmodes is not null then
                   array(select f.proargnames[i] from generate_subscripts(f.proargmodes, 1) i
                          where f.proargmodes[i] in ('o', 't') order by i)
                 when f.prorettype = 'void'::regtype then array[]::text[]
                 else array[format_type(f.prorettype, null)] end
       from member m join pg_proc f on m.classid = 'pg_proc'::regclass and f.oid = m.objid
     union all
     select m.extension, m.version, o.oprname || '(' || l.typname || ')', null
       from member m join pg_operator o on m.classid = 'pg_operator'::regclass and o.oid = m.objid
       join pg_type l on l.oid = o.oprleft`,
  )
  await runSql(server, 'postgres', `drop database ${database}`)
  const members = new Map<string, Members>()
  for (const { extension, version, name, result } of rows) {
    const before = members.get(extension) ?? { version, names: [], results: {} }
    members.set(extension, {
      version,
      names: [...before.names, name],
      results: result === null ? before.results : { ...before.results, [name]: result },
    })
  }
  return members
}

/** What the extensions of two servers themselves say of what is gone or has another result. */
function changesBetween(before: Map<string, Members>, after: Map<string, Members>): string[] {
  return [...before].flatMap(([extension, old]) => {
    const now = after.get(extension)
    if (now === undefined) return []
    const gone = old.names.filter((name) => !now.names.includes(name))
    const others = Object.entries(old.results).filter(([name, columns]) => {
      const successor = now.results[name] ?? successorOf(name, now)
      return successor !== undefined && columns.some((column, index) => successor[index] !== column)
    })
    return [
      ...gone.map((name) => `${extension}: ${name}`),
      ...others.map(([name]) => `${extension}: the result of ${name}`),
    ]
  })
}

/** The function that is called in the place of one that takes other arguments: of the same name. */
function successorOf(call: string, { results }: Members): readonly string[] | undefined {
  const start = call.slice(0, call.indexOf('(') + 1)
  const named = Object.keys(results).filter((each) => each.startsWith(start))
  return named.length === 1 ? results[named[0] ?? ''] : undefined
}

describe('the table of changed members', () => {
  let after: Map<string, Members>
  beforeAll(async () => {
    after = await readMembers(await sharedServer(18))
  })

  test.each([10, 12, 13, 15, 16, 17])(
    'says what the extensions of %i and 18 themselves do',
    async (major) => {
      const before = await readMembers(await sharedServer(major))
      const listed = changedMembers
        .filter(({ extension, since }) => {
          const [old, now] = [before.get(extension), after.get(extension)]
          return (
            old !== undefined &&
            now !== undefined &&
            isNewer(since, old.version) &&
            !isNewer(since, now.version)
          )
        })
        // What came in later, and changed again, was not there.
        .filter(({ extension, member, intact = -1 }) => {
          const columns = before.get(extension)?.results[member]?.length ?? 0
          return before.get(extension)?.names.includes(member) === true && columns > intact
        })
        .map(({ extension, change, member }) =>
          change === 'result' ? `${extension}: the result of ${member}` : `${extension}: ${member}`,
        )
      expect([...new Set(listed)].toSorted()).toEqual(changesBetween(before, after).toSorted())
    },
  )
})
