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
       alter table q add constraint "Key" foreign key (id, period at) references p`,
    )
    expect(findings).toEqual([blocking('"One" on public."B"'), blocking('p_pkey on public.p')])
    const again = findings.flatMap(({ remedy = '' }) =>
      [...remedy.matchAll(/^-- (alter .*)$/gm)].map(([, statement]) => statement ?? ''),
    )
    expect(again).toHaveLength(3)
    expect(await pasteAndRestore(findings)).toEqual([])
    await runSql(pair.sourceServer, findings[0]?.database ?? '', again.join('\n'))
  })

  test('is not found where there are no partitions, or the constraint belongs to a partition', async () => {
    const sql = `${tables} alter table b1_1 add exclude using gist (at with &&); alter table p1 add unique (id, at without overlaps);
      alter table p add primary key (id, at); create table o (a int4range) partition by list (a);
      alter table o add exclude using gist (a with =)`
    expect(await findingsAfter(pair, 'partition-exclusion', sql)).toEqual([])
  })
})
