/** Parents, children and partitions that a dump writes in a way that no server takes. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { runSql } from '../../support/servers.js'
import { findingsAfter, findingsAfterRemedies, openPair, type Pair } from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(18, 18)
})

const blocking = (object: string) => expect.objectContaining({ severity: 'blocking', object })

/** Pastes the remedies; fails where the database cannot be restored by hand then. */
async function pasteAndRestore(findings: Parameters<typeof findingsAfterRemedies>[1]) {
  const left = await findingsAfterRemedies(pair, findings)
  await dumpAndRestore(pair.sourceServer, findings[0]?.database ?? '', pair.targetServer)
  return left
}

describe('partition-exclusion', () => {
  const tables = `create extension btree_gist; create table "B" (room int, at int4range) partition by list (room);
    create table b1 partition of "B" for values in (1) partition by list (room); create table b1_1 partition of b1 default;
    create table p (id int, at int4range) partition by list (id); create table p1 partition of p for values in (1);
    create table q (id int, at int4range);
    insert into "B" values (1, '[1,3)'); insert into p values (1, '[1,3)');`

  test('is found for exclusion constraints and keys without overlaps of partitioned tables', async () => {
    const findings = await findingsAfter(
      pair,
      'partition-exclusion',
      `${tables} alter table "B" add constraint "One" exclude using gist (room with =, at with &&);
       alter table p add primary key (id, at without overlaps);
       alter table q add constraint "Key" foreign key (id, period at) references p;
       comment on constraint "One" on "B" is E'it''s\\nkept'; comment on constraint "Key" on q is 'refers'`,
    )
    expect(findings).toEqual([blocking('"One" on public."B"'), blocking('p_pkey on public.p')])
    const again = findings.flatMap(({ remedy = '' }) =>
      [...remedy.matchAll(/^-- ((?:alter|comment) .*)$/gm)].map(([, statement]) => statement ?? ''),
    )
    expect(again).toHaveLength(5)
    expect(await pasteAndRestore(findings)).toEqual([])
    const database = findings[0]?.database ?? ''
    await runSql(pair.sourceServer, database, again.join('\n'))
    const comments = `select conname, obj_description(oid, 'pg_constraint') as comment from pg_constraint
      where conparentid = 0 and obj_description(oid, 'pg_constraint') is not null order by 1`
    expect(await runSql(pair.sourceServer, database, comments)).toEqual([
      { conname: 'Key', comment: 'refers' },
      { conname: 'One', comment: "it's\nkept" },
    ])
  })

  test('is not found where there are no partitions, or the constraint belongs to a partition', async () => {
    const sql = `${tables} alter table b1_1 add exclude using gist (at with &&); alter table p1 add unique (id, at without overlaps);
      alter table p add primary key (id, at); create table o (a int4range) partition by list (a);
      alter table o add exclude using gist (a with =)`
    expect(await findingsAfter(pair, 'partition-exclusion', sql)).toEqual([])
  })
})

describe('inherited-default', () => {
  const parents = `create table a (x int default 1 not null, y int, check (x > 0)); create table "B" (x int default 1, y int default 5);`

  test('blocks where the parents of a table differ in the default of a column that is not its own', async () => {
    const sql = `${parents} create table altered () inherits (a, "B"); alter table "B" alter x set default 2;
      create table "Joined" () inherits (a); alter table "Joined" inherit "B";
      create table lost () inherits (a); alter table lost inherit "B"; alter table lost alter x drop default;
      create table below () inherits (altered); insert into altered values (7)`
    const found = ['public."Joined".x', 'public.altered.x', 'public.lost.x'].map((object) =>
      blocking(object),
    )
    const findings = await findingsAfter(pair, 'inherited-default', sql)
    expect(findings).toEqual(found)
    expect(findings[1]?.message).toContain('(public.a, public."B")')
    expect(await pasteAndRestore(findings)).toEqual([])
    const old = await openPair(12, 18)
    const ofOld = await findingsAfter(old, 'inherited-default', sql)
    expect(ofOld).toEqual(found)
    const move = () => dumpAndRestore(old.sourceServer, ofOld[0]?.database ?? '', old.targetServer)
    await expect(move()).rejects.toThrow('inherits conflicting default values')
    expect(await findingsAfterRemedies(old, ofOld)).toEqual([])
    const defaults = `select c.relname, pg_get_expr(d.adbin, d.adrelid) as value
      from pg_attrdef d join pg_class c on c.oid = d.adrelid where d.adnum = 1 order by c.relname collate "C"`
    expect(await runSql(old.targetServer, await move(), defaults)).toEqual([
      { relname: 'B', value: '2' },
      { relname: 'Joined', value: '1' },
      { relname: 'a', value: '1' },
      { relname: 'altered', value: '2' },
      { relname: 'below', value: '2' },
    ])
  })

  test('blocks where they differ in the expression that computes it', async () => {
    const sql = `create table one (a int, g int generated always as (a * 2) stored); create table two (a int, g int generated always as (a * 3) stored);
      create table joined () inherits (one); alter table joined inherit two`
    const findings = await findingsAfter(pair, 'inherited-default', sql)
    expect(findings).toEqual([blocking('public.joined.g')])
    expect(await pasteAndRestore(findings)).toEqual([])
  })

  test('says nothing where the parents agree, one alone has a default, or the column is its own', async () => {
    const sql = `${parents} create table agreed () inherits (a, "B"); alter table only agreed alter x set default 3;
      create table other (x int default 2, y int); create table own (x int default 7) inherits (a, other);
      create table lost (x int default 7) inherits (a, other); alter table lost alter x drop default`
    expect(await findingsAfter(pair, 'inherited-default', sql)).toEqual([])
  })
})

describe('inherited-storage', () => {
  const tables = `create table one (v text, w text); create table "Two" (w text, "V" text, v text); create table three (v text);
    create table plain () inherits (one); create table of_two () inherits (one, "Two"); create table of_three () inherits (one, "Two", three);`

  test('blocks where the parents of a table differ in STORAGE or COMPRESSION of a column', async () => {
    const sql = `${tables} alter table only one alter v set storage external; alter table only three alter v set storage main;
      alter table only "Two" alter w set compression pglz;`
    const findings = await findingsAfter(pair, 'inherited-storage', sql)
    expect(findings).toEqual([blocking('public.of_three.v'), blocking('public.of_two.v')])
    expect(findings[0]?.message).toContain(
      'STORAGE EXTERNAL in public.one, EXTENDED in public."Two", MAIN in public.three.',
    )
    expect(await pasteAndRestore(findings)).toEqual([])
    // The test servers have been built without LZ4.
    const compressed = await findingsAfter(
      pair,
      'inherited-storage',
      `${sql} update pg_attribute set attcompression = 'l' where attrelid = 'one'::regclass and attname = 'w'`,
    )
    expect(compressed.map(({ object }) => object)).toEqual(
      ['of_three.v', 'of_three.w', 'of_two.v', 'of_two.w'].map((name) => `public.${name}`),
    )
    expect(await pasteAndRestore(compressed)).toEqual([])
  })

  test('blocks where a foreign table has inherited a COMPRESSION', async () => {
    const sql = `create extension postgres_fdw; create server s foreign data wrapper postgres_fdw;
      create table one (v text compression pglz collate "C" not null, w int); create table "Two" (w int, "V" varchar(3)[] compression pglz);
      create foreign table "F" () inherits (one, "Two") server s; create foreign table later (v text) server s;
      create table p (v text compression pglz, w int) partition by list (w); create foreign table p1 partition of p for values in (1, 2) server s`
    const findings = await findingsAfter(pair, 'inherited-storage', sql)
    expect(findings).toEqual([blocking('public."F"'), blocking('public.p1')])
    expect(findings[0]?.message).toContain('the columns v, "V" from')
    expect(await pasteAndRestore(findings)).toEqual([])
    const columns = `select attname from pg_attribute where attrelid = '"F"'::regclass and attcollation = '"C"'::regcollation`
    expect(await runSql(pair.sourceServer, findings[0]?.database ?? '', columns)).toEqual([
      { attname: 'v' },
    ])
  })

  test('says nothing where they store it alike, or the table alone differs', async () => {
    const sql = `${tables} alter table only of_two alter v set storage main; alter table only of_two alter w set compression pglz;
      alter table only one alter w set compression pglz; alter table only plain alter v set storage external;
      alter table only one alter v set storage external; alter table only "Two" alter v set storage external;
      alter table only three alter v set storage external`
    expect(await findingsAfter(pair, 'inherited-storage', sql)).toEqual([])
    const ten = await openPair(10, 18)
    const old = sql.replaceAll(/alter table only \w+ alter w set compression pglz;/g, '')
    expect(await findingsAfter(ten, 'inherited-storage', old)).toEqual([])
  })
})

describe('not-null-name', () => {
  test('is found where a dump writes the name of a NOT NULL without its quotes', async () => {
    const findings = await findingsAfter(
      pair,
      'not-null-name',
      `create table one (x int, y int); create table two (x int not null, z int);
       create table "Spaced" (constraint "a b" not null x) inherits (one); create table fold (constraint "Fold" not null x) inherits (one);
       create table "Both" (constraint "Both x" not null x) inherits (one, two);
       create table "Told" (not null y) inherits (one); comment on constraint "Told_y_not_null" on "Told" is 'kept';
       create table above (constraint "Above" not null y) inherits (one); create table below (constraint below not null y) inherits (above)`,
    )
    expect(findings).toEqual(
      [
        '"Both x" on public."Both"',
        '"a b" on public."Spaced"',
        '"Told_y_not_null" on public."Told"',
      ]
        .concat(['"Above" on public.above', '"Fold" on public.fold'])
        .map((object) => blocking(object)),
    )
    expect(await pasteAndRestore(findings)).toEqual([])
  })

  test('is found where a NOT NULL that is NOT VALID has another name than that of a parent', async () => {
    const findings = await findingsAfter(
      pair,
      'not-null-name',
      `create table a (x int, y int); create table m () inherits (a); create table "B" () inherits (m); insert into "B" values (1, 1);
       alter table "B" add constraint "z own" not null x not valid; alter table m add constraint m_own not null x not valid;
       alter table a add constraint a_own not null x not valid;
       create table p (x int, y int) partition by list (y); create table q (x int constraint q_own not null, y int);
       alter table q drop constraint q_own, add constraint q_own not null x not valid; alter table p attach partition q default;
       alter table p add constraint p_own not null x not valid`,
    )
    expect(findings).toEqual(
      ['m_own on public.m', 'q_own on public.q', '"z own" on public."B"'].map((object) =>
        blocking(object),
      ),
    )
    expect(await pasteAndRestore(findings)).toEqual([])
  })

  test('is not found where a NOT NULL that is NOT VALID is called like that of its parent, or holds for all rows', async () => {
    const sql = `create table a (x int, y int); create table b () inherits (a); alter table b add constraint one not null x not valid;
      alter table a add constraint one not null x not valid; alter table b add constraint held not null y; alter table a add constraint other not null y not valid;
      create table c () inherits (a)`
    expect(await findingsAfter(pair, 'not-null-name', sql)).toEqual([])
  })

  test('is not found where the name needs none, is the usual one, or stands with its column', async () => {
    const sql = `create table one (x int, y int); create table "Usual" (not null x) inherits (one); create table bare (constraint bare not null x) inherits (one);
      create table "Own" (x int constraint "Own x" not null) inherits (one); create table "Grown" () inherits ("Own");
      create table p (x int) partition by list (x); create table "P" partition of p (constraint "P x" not null x) default;
      create table letters (constraint "größe$1" not null x) inherits (one); create table words (constraint "values" not null x) inherits (one);
      create table "Later" () inherits (one); alter table "Later" add constraint "Later x" not null x not valid`
    expect(await findingsAfter(pair, 'not-null-name', sql)).toEqual([])
  })
})
