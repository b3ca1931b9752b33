/** Values that are names of objects, which one major writes with quotes and the other without. */
import { expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { validateDatabase } from '../../../src/validate/index.js'
import { dumpAndRestore } from '../../support/dump-and-restore.js'
import { createDatabase, openTestServer, runSql, sharedServer } from '../../support/servers.js'

// A keyword since 16.
const named = `
  create schema json_object;
  create table json_object.json_object (n int);
  create table json_object.other (n int);
  create function json_object.json_object(int) returns int language sql as 'select $1';
  create domain watched as regclass;
  create type pair as (a regclass, b regtype);
  create table registry (
    id int primary key, a regclass, b regprocedure, c regtype, d regnamespace, "E" regclass[], f watched, g pair, h regproc);
  insert into registry values (1, 'json_object.json_object', 'json_object.json_object(int)', 'json_object.json_object',
    'json_object', '[0:1]={json_object.json_object,NULL}', 'json_object.json_object',
    row('json_object.json_object', 'json_object.json_object'), 'json_object.json_object');
  insert into registry (id, c) values (2, 'json');
  create table watches ("E" regclass[]);
  insert into watches values (array['json_object.json_object'::regclass]);`

test.each([10, 15])('are compared as both majors of %i and 18 write them', async (major) => {
  const [sourceServer, targetServer] = [await sharedServer(major), await sharedServer(18)]
  const database = await createDatabase(sourceServer, 'named')
  await runSql(sourceServer, database, named)
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
    `update registry set a = 'json_object.other' where id = 1;
     update watches set "E" = array['json_object.other'::regclass]`,
  )
  expect(await compare()).toEqual([
    expect.objectContaining({ kind: 'checksum', object: '"public"."registry"' }),
    expect.objectContaining({ kind: 'checksum', object: '"public"."watches"' }),
  ])
})
