/** Definitions that the source has, and the target refuses. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { createDatabase, runSql } from '../../support/servers.js'
import {
  findingsAfter,
  findingsAfterRemedies,
  findingsOfCheck,
  openPair,
  type Pair,
} from './pair.js'

let pair: Pair
let eleven: Pair
beforeAll(async () => {
  pair = await openPair(15, 18)
  eleven = await openPair(11, 18)
})

const blocking = (object: string) => expect.objectContaining({ severity: 'blocking', object })

describe('foreign-key-collation', () => {
  const loose = `create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create table parent (a text collate loose primary key, "B" varchar(9) unique)`

  test('is found where either collation is not deterministic and they differ', async () => {
    const findings = await findingsAfter(
      pair,
      'foreign-key-collation',
      `${loose};
       create table child (a text references parent, b varchar(5) collate loose);
       alter table child add constraint "to B" foreign key (b) references parent ("B")`,
    )
    expect(findings).toEqual([
      blocking('"to B" on public.child'),
      blocking('child_a_fkey on public.child'),
    ])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('is not found where both are the same, or deterministic', async () => {
    const sql = `${loose}; create table child (a text collate loose references parent, b text collate "C" references parent ("B"))`
    expect(await findingsAfter(pair, 'foreign-key-collation', sql)).toEqual([])
  })
})

describe('not-null-name', () => {
  test('is found where a constraint has the name that NOT NULL is given', async () => {
    const findings = await findingsAfter(
      pair,
      'not-null-name',
      `create table one (a int not null, constraint one_a_not_null unique (a));
       create table "Two" (a int primary key references one (a));
       alter table "Two" rename constraint "Two_a_fkey" to "Two_a_not_null";
       create table three (a int not null);
       alter table three add constraint three_a_not_null check (a is not null) not valid;
       create domain four as int not null constraint four_not_null check (value > 0)`,
    )
    expect(findings).toEqual([
      blocking('four_not_null on public.four'),
      blocking('"Two_a_not_null" on public."Two"'),
      blocking('one_a_not_null on public.one'),
      blocking('three_a_not_null on public.three'),
    ])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('is found where a child has the name that NOT NULL has from a parent, or NOT NULL of its own', async () => {
    const findings = await findingsAfter(
      pair,
      'not-null-name',
      `create table above (a int not null, b int); create table below () inherits (above); create table lowest () inherits (below);
       alter table lowest add constraint above_a_not_null unique (a);
       alter table below alter b set not null, add constraint below_b_not_null unique (b);
       create table parted (a int not null) partition by list (a); create table part partition of parted default;
       alter table part add constraint part_a_not_null unique (a)`,
    )
    expect(findings).toEqual(
      [
        'below_b_not_null on public.below',
        'above_a_not_null on public.lowest',
        'part_a_not_null on public.part',
      ].map((object) => blocking(object)),
    )
    const [{ database = '' } = {}] = findings
    const move = () => dumpAndRestore(pair.sourceServer, database, pair.targetServer)
    await expect(move()).rejects.toThrow('already exists')
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
    await move()
  })

  test('is not found where NOT NULL comes from a parent, and is called as it is there', async () => {
    const sql = `create table above (a int not null, b int); create table other (a int primary key);
      create table one (a int not null) inherits (above); alter table one add constraint one_a_not_null unique (a);
      create table two () inherits (one); alter table two add constraint two_a_not_null foreign key (a) references other (a);
      create table three () inherits (other); alter table three add constraint three_a_not_null check (a > 0) not valid;
      create table four (b int) inherits (above, other); alter table four add constraint four_a_not_null primary key (a)`
    const database = await createDatabase(pair.sourceServer)
    await runSql(pair.sourceServer, database, sql)
    expect(await findingsOfCheck(pair, 'not-null-name', [database])).toEqual([])
    await dumpAndRestore(pair.sourceServer, database, pair.targetServer)
  })

  test('has a remedy that takes a free name', async () => {
    const long = 'é'.repeat(25)
    const findings = await findingsAfter(
      pair,
      'not-null-name',
      `create table one (a int not null, b int, constraint one_a_not_null unique (b), constraint one_a_not_null_1 check (b > 0));
       create sequence one_a_not_null_2; create table "${long}" (a int not null, b int, constraint "${long}_a_not_null" unique (b))`,
    )
    expect(findings.map(({ object }) => object)).toEqual([
      `"${long}_a_not_null" on public."${long}"`,
      'one_a_not_null on public.one',
    ])
    expect(findings[1]?.remedy).toContain('to one_a_not_null_3;')
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('is not found where it is created with its table, or the column may be null', async () => {
    const sql = `create table one (a int not null constraint one_a_not_null check (a > 0));
      create table two (a int, constraint two_a_not_null unique (a));
      create domain three as int constraint three_not_null check (value > 0)`
    expect(await findingsAfter(pair, 'not-null-name', sql)).toEqual([])
  })
})

describe('operator-link', () => {
  const operators = `create type whole as (a int);
    create function less(whole, whole) returns bool language sql as 'select ($1).a < ($2).a';
    create function more(whole, whole) returns bool language sql as 'select ($1).a > ($2).a';
    create function at_least(whole, whole) returns bool language sql as 'select ($1).a >= ($2).a';
    create operator <<< (leftarg = whole, rightarg = whole, procedure = less, commutator = >>>, negator = >>=);
    create operator >>= (leftarg = whole, rightarg = whole, procedure = at_least, negator = <<<)`

  test('is found for an operator that claims the link of another', async () => {
    const findings = await findingsAfter(
      eleven,
      'operator-link',
      `${operators};
       create operator >>> (leftarg = whole, rightarg = whole, procedure = more, commutator = <<<, negator = >>=,
         restrict = scalargtsel, join = scalargtjoinsel, hashes, merges);
       comment on operator >>> (whole, whole) is 'it''s more'`,
    )
    expect(findings).toEqual([blocking('public.>>>(public.whole,public.whole)')])
    const [{ database = '' } = {}] = findings
    const move = () => dumpAndRestore(eleven.sourceServer, database, eleven.targetServer)
    await expect(move()).rejects.toThrow('is already the negator of')
    expect(await findingsAfterRemedies(eleven, findings)).toEqual([])
    const restored = await move()
    const rows = await runSql(
      eleven.targetServer,
      restored,
      `select oprcom::regoperator::text as commutator, oprnegate as negator, oprrest::text as restrict, oprjoin::text as join,
              oprcanhash and oprcanmerge as merges, obj_description(oid, 'pg_operator') as comment
         from pg_operator where oprname = '>>>' and oprleft = 'whole'::regtype`,
    )
    expect(rows).toEqual([
      {
        commutator: '<<<(whole,whole)',
        negator: 0,
        restrict: 'scalargtsel',
        join: 'scalargtjoinsel',
        merges: true,
        comment: "it's more",
      },
    ])
  })

  const claiming = (name: string, claim: string) =>
    `create operator ${name} (leftarg = whole, rightarg = whole, procedure = more, ${claim})`

  test('is not found for an operator that a dump names first', async () => {
    const sql = `${operators}; ${claiming('>>>', 'commutator = <<<')}; ${claiming('!>>', 'negator = <<<')}; ${claiming('#>>', 'commutator = <<<')}`
    const database = await createDatabase(eleven.sourceServer)
    await runSql(eleven.sourceServer, database, sql)
    expect(await findingsOfCheck(eleven, 'operator-link', [database])).toEqual([])
    const restored = await dumpAndRestore(eleven.sourceServer, database, eleven.targetServer)
    const links = `select o.oid::regoperator::text, o.oprcom::regoperator::text as commutator, o.oprnegate::regoperator::text as negator
                     from pg_operator o where o.oid > 16383 order by o.oid::regoperator::text collate "C"`
    expect(await runSql(eleven.targetServer, restored, links)).toEqual(
      await runSql(eleven.sourceServer, database, links),
    )
  })

  test('is found for the second one that claims a link, one whose link comes first, and where a type needs another one', async () => {
    const findings = await findingsAfter(
      eleven,
      'operator-link',
      `${operators}; ${claiming('>>>', 'commutator = <<<')}; ${claiming('!>>', 'negator = <<<')}; ${claiming('#>>', 'negator = <<<')};
       ${claiming('!!', 'commutator = >>>')}; ${claiming('%%', 'negator = &&&')}; ${claiming('&&&', 'negator = %%')}; ${claiming('##', 'negator = %%')};
       create domain part as int check (row(value)::whole %% row(1)::whole)`,
    )
    expect(findings).toEqual(
      ['!!', '##', '#>>'].map((name) => blocking(`public.${name}(public.whole,public.whole)`)),
    )
    expect(await findingsAfterRemedies(eleven, findings)).toEqual([])
  })

  test('is not found where operators agree, or are their own', async () => {
    const sql = `${operators};
      create operator >>> (leftarg = whole, rightarg = whole, procedure = more, commutator = <<<);
      create operator === (leftarg = whole, rightarg = whole, procedure = at_least, commutator = ===)`
    expect(await findingsAfter(eleven, 'operator-link', sql)).toEqual([])
  })
})

describe('trigger-generated', () => {
  const table = `create function f() returns trigger language plpgsql as 'begin return new; end';
    create table t (a int, b int); create table "P" (a int) partition by list (a); create table p1 partition of "P" default`
  const columns = `alter table t add c int generated always as (a * 2) stored; alter table "P" add c int generated always as (a * 2) stored`

  test('is found where a condition takes all of a row that has generated columns', async () => {
    const findings = await findingsAfter(
      pair,
      'trigger-generated',
      `${table};
       create trigger changed before update on t for each row when (old.* is distinct from new.*) execute function f();
       create trigger "Changed" before update on "P" for each row when (new is not null) execute function f();
       ${columns}`,
    )
    expect(findings).toEqual([blocking('"Changed" on public."P"'), blocking('changed on public.t')])
    expect(findings[1]?.remedy).toContain('WHEN ((old.* IS DISTINCT FROM new.*))')
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('is not found where it takes the old row, some columns, or what has been written', async () => {
    const sql = `${table};
      create trigger one before update on t for each row when (old.* is not null and new.a > 1) execute function f();
      create trigger two after update on t for each row when (old.* is distinct from new.*) execute function f();
      ${columns}`
    expect(await findingsAfter(pair, 'trigger-generated', sql)).toEqual([])
  })
})

describe('partition-identity', () => {
  test('is found for a partition with an identity column, not for its parent', async () => {
    const findings = await findingsAfter(
      pair,
      'partition-identity',
      `create table t (a int generated always as identity, b int) partition by list (b);
       create table "T1" (a int generated by default as identity, b int);
       alter table t attach partition "T1" for values in (1);
       create table t2 partition of t default`,
    )
    expect(findings).toEqual([blocking('public."T1".a')])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('is not found where the target takes it', async () => {
    const sql = `create table t (a int not null) partition by list (a); create table t1 (a int generated always as identity);
      alter table t attach partition t1 default`
    const older = await openPair(13, 15)
    expect(await findingsAfter(older, 'partition-identity', sql)).toEqual([])
  })
})

describe('pg-dump-outdated', () => {
  // As 15.20 does with every column; the server of the tests is older.
  const marked = `create table t (a int, b int); alter table t alter a set (n_distinct = 5);
    update pg_attribute set attoptions = '{pg_attver=22161464,n_distinct=5}' where attrelid = 't'::regclass and attname = 'a'`

  test('is found for a pg_dump and a target from before the mark', async () => {
    const findings = await findingsAfter(pair, 'pg-dump-outdated', marked, { toolVersion: '18.6' })
    expect(findings).toEqual([blocking('public.t')])
  })

  test.each([['18.7'], ['17.12'], [undefined]])(
    'is not found for pg_dump %s',
    async (toolVersion) => {
      expect(await findingsAfter(pair, 'pg-dump-outdated', marked, { toolVersion })).toEqual([])
    },
  )

  test('is not found where no column has the mark', async () => {
    const sql = 'create table t (a int); alter table t alter a set (n_distinct = 5)'
    expect(await findingsAfter(pair, 'pg-dump-outdated', sql, { toolVersion: '18.6' })).toEqual([])
  })
})

describe('detach-pending', () => {
  const tables = `create schema "S"; create table "S".t (a int) partition by list (a);
    create table "T1" partition of "S".t for values in (1); create table t2 partition of "S".t for values in (2);
    create table t3 partition of "S".t default; alter table "S".t detach partition t3`

  test('is found for a partition that is half detached', async () => {
    const findings = await findingsAfter(
      pair,
      'detach-pending',
      // As DETACH … CONCURRENTLY does before it waits for others.
      `${tables}; update pg_inherits set inhdetachpending = true where inhrelid = '"T1"'::regclass`,
    )
    expect(findings).toEqual([blocking('public."T1"')])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('is not found for one that is attached or detached', async () => {
    expect(await findingsAfter(pair, 'detach-pending', tables)).toEqual([])
    expect(await findingsAfter(eleven, 'detach-pending', tables)).toEqual([])
  })
})

describe('cast-built-in', () => {
  const functions = `create function f(bytea) returns int language sql as 'select 1';
    create function f(text) returns bytea language sql as 'select null::bytea'`

  test('is found for one that the target has itself, and no other', async () => {
    const sql = `${functions}; create cast (bytea as int) with function f(bytea); create cast (text as bytea) with function f(text)`
    const findings = await findingsAfter(pair, 'cast-built-in', sql)
    expect(findings).toEqual([blocking('(bytea as integer)')])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('is not found before the target has it', async () => {
    const older = await openPair(15, 17)
    const sql = `${functions}; create cast (bytea as int) with function f(bytea)`
    expect(await findingsAfter(older, 'cast-built-in', sql)).toEqual([])
  })
})

describe('system-privilege', () => {
  const grants = `grant execute on function pg_catalog.pg_start_backup(text, bool, bool) to pg_monitor;
    revoke execute on function pg_catalog.pg_stop_backup() from public;
    grant execute on function pg_catalog.pg_reload_conf() to pg_monitor;
    revoke execute on function pg_catalog.lower(text) from public`

  test('is found for functions that the target does not have, and for no other', async () => {
    const fourteen = await openPair(14, 18)
    const findings = await findingsAfter(
      fourteen,
      'system-privilege',
      `${grants}; grant execute on function pg_catalog.pg_stop_backup() to pg_monitor`,
    )
    expect(findings).toEqual([
      blocking('pg_catalog.pg_start_backup(pg_catalog.text,boolean,boolean)'),
      blocking('pg_catalog.pg_stop_backup()'),
    ])
    expect(await findingsAfterRemedies(fourteen, findings)).toEqual([])
  })

  test('is not found where the target has them', async () => {
    const equal = await openPair(14, 14)
    expect(await findingsAfter(equal, 'system-privilege', grants)).toEqual([])
  })
})

describe('index-column-dropped', () => {
  const tables = `create table p (a int, b int, c text, d int) partition by range (a);
    create table "P1" partition of p for values from (0) to (10);
    create table p2 partition of p for values from (10) to (20) partition by list (b);
    create table p2_1 partition of p2 for values in (1);
    create index of_c on p (c); create index on p (b) include (c); create index on p (b) where c > '';
    alter table p add unique (a, b, c); insert into p values (1, 1, 'x'), (11, 1, 'y')`

  test('is found where a partition was detached before its column was dropped', async () => {
    const findings = await findingsAfter(
      eleven,
      'index-column-dropped',
      `${tables}; alter table p detach partition "P1"; alter table "P1" drop column c;
       alter table p detach partition p2; alter table p2 drop column c`,
    )
    expect(findings).toEqual(
      ['"P1_b_c_idx"', '"P1_c_idx"', 'p2_b_c_idx', 'p2_c_idx'].map((name) =>
        blocking(`public.${name}`),
      ),
    )
    expect(await findingsAfterRemedies(eleven, findings)).toEqual([])
    const [{ database = '' } = {}] = findings
    await dumpAndRestore(eleven.sourceServer, database, eleven.targetServer)
  })

  test('is not found where the index has gone with its column', async () => {
    const sql = `${tables}; alter table p detach partition "P1"; alter table "P1" drop column d; alter table p drop column c`
    expect(await findingsAfter(eleven, 'index-column-dropped', sql)).toEqual([])
  })
})

describe('foreign-key-partition', () => {
  test('is found where a partitioned table refers to a partition of its own, at any depth', async () => {
    const findings = await findingsAfter(
      eleven,
      'foreign-key-partition',
      `create table leaf (a int primary key); create table mid (a int not null) partition by list (a);
       create table "Tree" (a int constraint "The key" references leaf) partition by list (a);
       alter table mid attach partition leaf for values in (1); alter table "Tree" attach partition mid for values in (1);
       insert into "Tree" values (1)`,
    )
    expect(findings).toEqual([blocking('"The key" on public."Tree"')])
    expect(await findingsAfterRemedies(eleven, findings)).toEqual([])
    const [{ database = '' } = {}] = findings
    await dumpAndRestore(eleven.sourceServer, database, eleven.targetServer)
  })

  test('is not found where it refers to another table, or the partition to itself', async () => {
    const sql = `create table other (a int primary key); create table tree (a int references other) partition by list (a);
      create table leaf partition of tree (primary key (a)) for values in (1); alter table leaf add foreign key (a) references leaf;
      create table parent (a int); create table child (primary key (a)) inherits (parent);
      alter table parent add foreign key (a) references child`
    expect(await findingsAfter(eleven, 'foreign-key-partition', sql)).toEqual([])
  })
})
