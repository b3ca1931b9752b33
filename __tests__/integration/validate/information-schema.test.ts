/** Columns of the types of information_schema, which are made of others, and sorted otherwise, since 12. */
import { expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { validateDatabase } from '../../../src/validate/index.js'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { createDatabase, openTestServer, runSql, sharedServer } from '../../support/servers.js'

const dictionary = `
  create table audited as select table_schema, table_name, data_type from information_schema.columns
    where table_name = 'pg_class';
  create materialized view seen as select table_name from information_schema.tables where table_name = 'pg_class';
  create domain answer as information_schema.yes_or_no;
  create domain title as information_schema.sql_identifier;
  create table keyed (
    a information_schema.sql_identifier primary key, b information_schema.yes_or_no, c answer, d title,
    e information_schema.character_data collate "POSIX");
  insert into keyed values ('x', 'YES', 'NO', 'y', 'z');
  create index on keyed (b, c);
  create index on keyed (d, (coalesce(a, 'x')), e);
  create index on keyed using hash (a);
  create index on keyed using brin (a);
  create index on seen (table_name);
  create table listed (a information_schema.sql_identifier) partition by list (a);
  create table ranged (b answer, n int) partition by range (b, (coalesce(b, 'x')));`

// There are none of domains before 11.
const arrays = `
  create table lists (a information_schema.sql_identifier[], b title[]);
  insert into lists values ('{x,NULL}', '[0:0]={y}');`

test.each([10, 11])('nothing differs that the upgrade from %i makes of them', async (major) => {
  const [sourceServer, targetServer] = [await sharedServer(major), await sharedServer(18)]
  const database = await createDatabase(sourceServer, 'dictionary')
  await runSql(sourceServer, database, dictionary)
  if (major >= 11) await runSql(sourceServer, database, arrays)
  const restored = await dumpAndRestore(sourceServer, database, targetServer)
  const compare = async () => {
    const { differences } = await validateDatabase({
      source: { server: await openTestServer(sourceServer, 'source'), database },
      target: { server: await openTestServer(targetServer, 'target'), database: restored },
      queries: [],
      jobs: 2,
      log: silentLog,
      signal: new AbortController().signal,
      level: 'checksums',
    })
    return differences
  }
  expect(await compare()).toEqual([])
  await runSql(
    targetServer,
    restored,
    `alter table audited alter data_type set storage main;
     drop index keyed_b_c_idx; create index keyed_b_c_idx on keyed (b collate "POSIX", c varchar_pattern_ops)`,
  )
  expect(await compare()).toEqual([
    {
      kind: 'column',
      object: 'public.audited.data_type',
      source: 'storage: x (of the type)',
      target: 'storage: m',
    },
    expect.objectContaining({ kind: 'index', object: 'public.keyed_b_c_idx' }),
  ])
})
