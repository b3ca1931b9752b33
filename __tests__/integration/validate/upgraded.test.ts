import { describe, expect, it } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { openServer, type Server } from '../../../src/server/index.js'
import { validateDatabase, type ValidationResult } from '../../../src/validate/index.js'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { loadFixtureRoles, loadFixtures } from '../../support/fixtures.js'
import {
  connectionParameters,
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { createRoles, fillWithEdgeCases } from './edge-cases.js'

interface ServerPair {
  readonly source: TestServer
  readonly target: TestServer
}

const pairs = [
  [10, 13],
  [11, 18],
  [13, 17],
  [15, 18],
  [17, 18],
] as const

/** As the mode validate opens it. */
async function openOnlyReading(server: TestServer): Promise<Server> {
  return openServer({
    side: 'target',
    parameters: connectionParameters(server),
    applicationName: uniqueName('upgrade-postgres'),
    signal: new AbortController().signal,
    isOnlyRead: true,
  })
}

/** Moves a database by hand and compares it with what it was. */
async function moveAndValidate(servers: ServerPair, database: string): Promise<ValidationResult> {
  const restored = await dumpAndRestore(servers.source, database, servers.target)
  return validate(servers, database, restored)
}

async function validate(
  servers: ServerPair,
  database: string,
  restored: string,
): Promise<ValidationResult> {
  return validateDatabase({
    source: { server: await openTestServer(servers.source, 'source'), database },
    target: { server: await openOnlyReading(servers.target), database: restored },
    level: 'checksums',
    queries: ['select relname, oid > 0 from pg_class where relname = $$pg_class$$'],
    jobs: 2,
    log: silentLog,
    signal: new AbortController().signal,
  })
}

describe('validateDatabase after a dump and restore', () => {
  it.each(pairs)('raises no false alarm over every kind of object, %d to %d', async (from, to) => {
    const servers = { source: await sharedServer(from), target: await sharedServer(to) }
    await createRoles(servers.source)
    await createRoles(servers.target)
    const database = await createDatabase(servers.source)
    await fillWithEdgeCases(servers.source, database)
    const { tables, differences } = await moveAndValidate(servers, database)
    expect(differences).toEqual([])
    expect(tables.every((table) => table.equal)).toBe(true)
    expect(tables.length).toBeGreaterThan(10)
  })

  // To 18 the nasty sources, which hold the same, are compared.
  it.each(pairs.filter(([, to]) => to !== 18))(
    'raises no false alarm over all edge cases, %d to %d',
    async (from, to) => {
      const servers = { source: await sharedServer(from), target: await sharedServer(to) }
      const database = await createDatabase(servers.source)
      const prefix = await loadFixtures(servers.source, database)
      await loadFixtureRoles(servers.target, prefix, from)
      const { tables, differences } = await moveAndValidate(servers, database)
      expect(differences).toEqual([])
      expect(tables.every((table) => table.equal)).toBe(true)
      expect(tables.length).toBeGreaterThan(80)
    },
  )

  it('raises no false alarm over the NOT NULL of parents and children in 18', async () => {
    const servers = { source: await sharedServer(18), target: await sharedServer(18) }
    const database = await createDatabase(servers.source)
    await runSql(
      servers.source,
      database,
      `create table alone (a int not null no inherit); create table loose () inherits (alone);
       insert into loose values (null);
       create table unsure (a int, b int); create table unsure_too () inherits (unsure);
       insert into unsure values (null);
       alter table unsure add constraint there not null a not valid;
       create table sure () inherits (unsure); create table below () inherits (sure);
       create table known (a int not null); create table of_both () inherits (unsure, known);
       create table own (a int constraint own_there not null) inherits (unsure);
       create table parted (a int, b int) partition by list (b);
       create table part_1 partition of parted for values in (1);
       alter table parted add constraint there not null a not valid;
       create table part_2 partition of parted for values in (2);
       create table part_3 partition of parted (a constraint sure not null) for values in (3);
       create table part_4 (a int, b int); insert into part_4 values (null, 4);
       alter table part_4 add constraint unsure not null a not valid;
       alter table parted attach partition part_4 for values in (4);
       create table strict (a int not null, b int) partition by list (b);
       create table strict_1 partition of strict (a not null) for values in (1) partition by list (a);
       create table strict_11 partition of strict_1 (a constraint mine not null) for values in (1);
       create table strict_2 (a int constraint mine not null, b int);
       alter table strict attach partition strict_2 for values in (2);
       create table strict_3 partition of strict for values in (3);
       create domain named as int constraint mine not null;`,
    )
    const restored = await dumpAndRestore(servers.source, database, servers.target)
    const compared = async () => (await validate(servers, database, restored)).differences
    expect(await compared()).toEqual([])
    await runSql(
      servers.target,
      restored,
      `alter table known alter a drop not null;
       alter table strict detach partition strict_2; alter table strict_2 rename constraint mine to yours;
       alter table strict attach partition strict_2 for values in (2);
       alter domain named drop not null; alter domain named add constraint other not null`,
    )
    expect((await compared()).map(({ kind, object }) => `${kind} ${object}`)).toEqual([
      'domain public.named',
      'column public.known.a',
      'constraint public.known: known_a_not_null',
      'constraint public.of_both: known_a_not_null',
      'constraint public.strict_2: mine',
      'constraint public.strict_2: yours',
    ])
  })

  it('sees a row that is another one, or missing, in partitions that exchange rows', async () => {
    const servers = { source: await sharedServer(13), target: await sharedServer(17) }
    const database = await createDatabase(servers.source)
    await runSql(
      servers.source,
      database,
      `create type letter as enum ('a', 'b', 'c', 'd', 'e', 'f');
       create table lettered (l letter, t text) partition by hash (l);
       create table lettered_0 partition of lettered for values with (modulus 2, remainder 0);
       create table lettered_1 partition of lettered for values with (modulus 2, remainder 1);
       insert into lettered select unnest(enum_range(null::letter)), 'x'`,
    )
    const restored = await dumpAndRestore(servers.source, database, servers.target)
    const compared = async () => (await validate(servers, database, restored)).differences
    expect(await compared()).toEqual([])
    await runSql(servers.target, restored, `update lettered set t = 'y' where l = 'b'`)
    const object = '"public"."lettered"'
    expect(await compared()).toEqual([expect.objectContaining({ kind: 'checksum', object })])
    await runSql(servers.target, restored, `delete from lettered where l = 'b'`)
    expect(await compared()).toEqual([{ kind: 'rows', object, source: '6', target: '5' }])
  })
})
