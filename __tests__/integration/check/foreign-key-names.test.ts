/** Foreign keys whose own name the target gives to the parts of others. */
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

let seventeen: Pair
let eighteen: Pair
beforeAll(async () => {
  seventeen = await openPair(15, 17)
  eighteen = await openPair(15, 18)
})

const blocking = (object: string) => expect.objectContaining({ severity: 'blocking', object })

/** With as many partitions. */
const partitioned = (name: string, partitions: number) =>
  [
    `create table ${name} (a int primary key) partition by range (a)`,
    ...Array.from(
      { length: partitions },
      (_, i) =>
        `create table ${name}_${i} partition of ${name} for values from (${i}) to (${i + 1})`,
    ),
  ].join(';\n')
const long = 'ä'.repeat(30)

/** The key twice with a partition added after; keys to two tables; many, of which 12 is before 4; nested; names that are cut. */
const source = `
  ${partitioned('p', 1)}; ${partitioned('q', 2)}; ${partitioned('r', 3)};
  create table twice (a int references p references p);
  create table two (a int references p references q);
  create table four (a int references r references r references r references r);
  create table "${long}" ("${long}" int references p, b int references q);
  alter table "${long}" add foreign key ("${long}") references p;
  create table p_9 partition of p for values from (10) to (20) partition by range (a);
  create table p_90 partition of p_9 for values from (10) to (15);
  insert into p values (0), (11); insert into twice values (0), (11)`

describe('foreign-key-name', () => {
  test('is found where the parts of a key that is added before take the name, up to 17', async () => {
    const findings = await findingsAfter(seventeen, 'foreign-key-name', source)
    const cut = `"${'ä'.repeat(14)}_${'ä'.repeat(14)}_fkey2"`
    expect(findings).toEqual([
      blocking('"four_a_fkey4" on public.four'),
      blocking('"four_a_fkey8" on public.four'),
      blocking('"twice_a_fkey2" on public.twice'),
      blocking('"two_a_fkey2" on public.two'),
      blocking(`${cut} on public."${long}"`),
    ])
    expect(await findingsAfterRemedies(seventeen, findings)).toEqual([])
    const [{ database = '' } = {}] = findings
    await dumpAndRestore(seventeen.sourceServer, database, seventeen.targetServer)
  })

  test('is found where 18 numbers a name into that of another', async () => {
    const findings = await findingsAfter(
      eighteen,
      'foreign-key-name',
      `${partitioned('p', 1)}; ${partitioned('q', 1)};
       create table t (a int references p, b int constraint t_a_fkey_1 references q);
       create table u (a int constraint fk references p);
       create table v (a int constraint fk references p, b int constraint fk_1 references q, c int constraint fk_2 references q)`,
    )
    expect(findings).toEqual([blocking('"fk_2" on public.v'), blocking('"t_a_fkey_1" on public.t')])
    expect(await findingsAfterRemedies(eighteen, findings)).toEqual([])
    const [{ database = '' } = {}] = findings
    await dumpAndRestore(eighteen.sourceServer, database, eighteen.targetServer)
  })

  test('is not found where the names are given as they are on the source', async () => {
    const database = await createDatabase(seventeen.sourceServer)
    await runSql(
      seventeen.sourceServer,
      database,
      `${partitioned('p', 1)}; ${partitioned('r', 3)}; create table o (a int primary key);
       create table twice (a int references p references p);
       create table thrice (a int references r references r references r);
       create table other (a int constraint other_a_fkey2 references o references o, b int references p, c int references r)`,
    )
    expect(await findingsOfCheck(seventeen, 'foreign-key-name', [database])).toEqual([])
    await dumpAndRestore(seventeen.sourceServer, database, seventeen.targetServer)
  })
})
