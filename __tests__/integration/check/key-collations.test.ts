/** Keys whose indexes sort by other collations than their columns have, and what the remedies leave of them. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { runSql } from '../../support/servers.js'
import { findingsAfter, findingsAfterRemedies, openPair, type Pair } from './pair.js'

let eleven: Pair
beforeAll(async () => {
  eleven = await openPair(11, 18)
})

const blocking = (object: string) => expect.objectContaining({ severity: 'blocking', object })

describe('key-collation', () => {
  const tables = `create table t (a text, "B" varchar(9) not null);
    create unique index "T a" on t (a collate "POSIX"); alter table t add unique using index "T a" deferrable;
    create unique index of_b on t ("B" collate "C", a); alter table t add constraint "Key" primary key using index of_b`

  test.each([0, 1])(
    'is found where a constraint was made of an index of another collation, remedy %i',
    async (alternative) => {
      const findings = await findingsAfter(eleven, 'key-collation', tables)
      expect(findings).toEqual([blocking('"Key" on public.t'), blocking('"T a" on public.t')])
      expect(findings[0]?.message).toContain('"B" (pg_catalog."C")')
      expect(await findingsAfterRemedies(eleven, findings, { alternative })).toEqual([])
    },
  )

  test.each([0, 1])(
    'has remedies that keep what hangs on the index, remedy %i',
    async (alternative) => {
      const findings = await findingsAfter(
        eleven,
        'key-collation',
        `create table t (a text not null, b text); create unique index "T a" on t (a collate "C") include (b) with (fillfactor = 50);
         alter table t add constraint "T a" unique using index "T a"; alter table t replica identity using index "T a";
         alter table t cluster on "T a"; comment on constraint "T a" on t is E'it''s\\nkept'; comment on index "T a" is 'i';
         create table u (a text not null); create unique index k on u (a collate "C"); alter table u add primary key using index k`,
      )
      const database = findings[0]?.database ?? ''
      const read = (sql: string) => runSql(eleven.sourceServer, database, sql)
      expect(await findingsAfterRemedies(eleven, findings, { alternative })).toEqual([])
      expect(
        await read(
          `select c.relname, c.reloptions, x.indisclustered, x.indisreplident, x.indnkeyatts, obj_description(x.indexrelid, 'pg_class') as comment
             from pg_index x join pg_class c on c.oid = x.indexrelid where x.indrelid = 't'::regclass`,
        ),
      ).toEqual([
        {
          relname: 'T a',
          reloptions: ['fillfactor=50'],
          indisclustered: true,
          indisreplident: true,
          indnkeyatts: 1,
          comment: 'i',
        },
      ])
      expect(
        await read(
          `select obj_description(oid, 'pg_constraint') as comment from pg_constraint where conrelid = 't'::regclass`,
        ),
      ).toEqual(alternative === 0 ? [{ comment: "it's\nkept" }] : [])
      // A primary key is the replica identity by itself, and its index alone is not.
      await read(`create publication p for table u; update u set a = 'x'`)
    },
  )

  test('is found on 10, and names the foreign keys that are in the way', async () => {
    const ten = await openPair(10, 18)
    const sql = `${tables}; create table u (b varchar(9), a text, constraint "to T" foreign key (b, a) references t)`
    const findings = await findingsAfter(ten, 'key-collation', sql)
    expect(findings.map(({ remedy }) => remedy?.includes('"to T" on public.u'))).toEqual([
      true,
      false,
    ])
    await runSql(
      ten.sourceServer,
      findings[0]?.database ?? '',
      'alter table u drop constraint "to T"',
    )
    expect(await findingsAfterRemedies(ten, findings)).toEqual([])
  })

  test('is not found where the collation is that of the column, or the index of no constraint', async () => {
    const sql = `create table t (a text collate "C" primary key, b text unique);
      create unique index on t (b collate "C"); create unique index i on t (a, b collate "default");
      alter table t add unique using index i; create table k (a text, exclude (a collate "C" with =))`
    expect(await findingsAfter(eleven, 'key-collation', sql)).toEqual([])
  })
})
