/** Columns that a child computes and its parent does not: what the remedies leave of the rows and of where they belong. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { runSql } from '../../support/servers.js'
import { findingsAfter, findingsAfterRemedies, openPair, type Pair } from './pair.js'
import { paste } from './remedy.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(13, 18)
})

describe('generated-child', () => {
  const parent = 'create table par (a int, b int);'

  test('blocks where the parent has an ordinary column', async () => {
    const findings = await findingsAfter(
      pair,
      'generated-child',
      `${parent} create table chi (b int generated always as (a * 2) stored) inherits (par);
       create table split (a int, b int) partition by list (a);
       create table "Part" (a int, b int generated always as (a * 2) stored);
       insert into "Part" values (1); alter table split attach partition "Part" for values in (1, 2);`,
    )
    expect(findings).toEqual(
      ['public."Part".b', 'public.chi.b'].map((object) =>
        expect.objectContaining({ severity: 'blocking', object }),
      ),
    )
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('has a remedy for children of several parents, which come back to all of them', async () => {
    const findings = await findingsAfter(
      pair,
      'generated-child',
      `${parent} create table "Other" (b int, c int); create table chi (c int, a int, b int generated always as (a * 2) stored);
       alter table chi inherit "Other"; alter table chi inherit par; insert into chi (a) values (1)`,
    )
    expect(findings).toEqual([expect.objectContaining({ object: 'public.chi.b' })])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
    expect(
      await runSql(
        pair.sourceServer,
        findings[0]?.database ?? '',
        'select p.b from par p join "Other" o on o.b = p.b',
      ),
    ).toEqual([{ b: 2 }])
  })

  test('has a remedy for 12, which cannot drop an expression: no trigger or rule keeps a value from its row', async () => {
    const old = await openPair(12, 18)
    const findings = await findingsAfter(
      old,
      'generated-child',
      `create table par (a int, "B" varchar(9) collate "C" not null, kept int); create index on par ("B");
       create table chi (like par, k int generated always as (a + 1) stored); alter table chi drop column "B",
         add column "B" varchar(9) collate "C" not null generated always as ('b' || lpad('x', a)) stored;
       alter table chi inherit par; insert into chi (a) values (1);
       create function skip() returns trigger language plpgsql as 'begin return null; end';
       create trigger skip before update on chi for each row execute procedure skip();
       create table split (a int, b int) partition by list (a); create index on split (b);
       create table "Part" (a int, b int generated always as (a * 2) stored); insert into "Part" values (1);
       create rule nothing as on update to "Part" do instead nothing;
       alter table split attach partition "Part" for values in (1, 2)`,
    )
    expect(findings.map(({ object }) => object)).toEqual(['public."Part".b', 'public.chi."B"'])
    expect(await findingsAfterRemedies(old, findings)).toEqual([])
    // Once more, it takes the ordinary column for a generated one, and loses nothing either.
    for (const finding of findings) await paste(old, finding)
    const database = findings[0]?.database ?? ''
    expect(await runSql(old.sourceServer, database, 'select "B", s.b from par, split s')).toEqual([
      { B: 'bx', b: 2 },
    ])
    await dumpAndRestore(old.sourceServer, database, old.targetServer)
  })

  test('tells in words what 12 cannot do without losing what hangs on the column', async () => {
    const old = await openPair(12, 18)
    const findings = await findingsAfter(
      old,
      'generated-child',
      `${parent} create table chi (b int generated always as (a * 2) stored) inherits (par);
       comment on column chi.b is 'twice'; create table beside (b int generated always as (a * 2) stored) inherits (par);
       create view v as select b from beside; create table above (b int generated always as (a * 2) stored) inherits (par);
       create table below () inherits (above)`,
    )
    expect(findings.map(({ object, remedy }) => [object, remedy])).toEqual(
      ['above', 'beside', 'chi'].map((name) => [
        `public.${name}.b`,
        expect.stringMatching(/^On the source, in one transaction: take .* and put .* back: until/),
      ]),
    )
  })

  test('names the parent that computes the column too', async () => {
    const [finding] = await findingsAfter(
      pair,
      'generated-child',
      `${parent} create table "Gen" (a int, b int generated always as (a * 2) stored);
       create table chi (a int, b int generated always as (a * 2) stored); alter table chi inherit par; alter table chi inherit "Gen"`,
    )
    expect(finding?.message).toContain('in its parent public.par it is not')
    expect(finding?.remedy).toMatch(/^On the source, take the expression .* in public\."Gen" first/)
  })

  test('says nothing where the parent has one too', async () => {
    const sql = `create table par (a int, b int generated always as (a * 2) stored); create table chi () inherits (par)`
    expect(await findingsAfter(pair, 'generated-child', sql)).toEqual([])
  })

  test('says nothing to a target that allows it', async () => {
    const sql = `${parent} create table chi (b int generated always as (a * 2) stored) inherits (par)`
    expect(await findingsAfter(await openPair(13, 15), 'generated-child', sql)).toEqual([])
  })
})
