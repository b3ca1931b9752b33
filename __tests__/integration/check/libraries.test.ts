/** Shared libraries and languages that the target does not have. */
import { beforeAll, expect, test } from '@jest/globals'
import { createDatabase, runSql } from '../../support/servers.js'
import {
  findingsAfter,
  findingsAfterRemedies,
  findingsInDatabases,
  openPair,
  type Pair,
} from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(12, 18)
})

test('library-missing finds a function of a library that is gone, with a remedy that works', async () => {
  const fifteen = await openPair(15, 18)
  const database = await createDatabase(fifteen.sourceServer)
  await runSql(
    fifteen.sourceServer,
    database,
    `create function gone(out int, out timestamptz, out xid) returns setof record
       language c as '$libdir/old_snapshot', 'pg_old_snapshot_time_mapping';
     create function still_there(text) returns bytea language c as '$libdir/pgcrypto', 'pg_random_uuid'`,
  )
  const findings = await findingsInDatabases(fifteen, [database])
  expect(findings).toEqual([
    expect.objectContaining({
      check: 'library-missing',
      severity: 'blocking',
      object: 'public.gone()',
    }),
  ])
  await findingsAfterRemedies(fifteen, findings)
  expect(await findingsInDatabases(fifteen, [database])).toEqual([])
})

test('library-missing looks where the server would look', async () => {
  const findings = await findingsAfter(
    pair,
    'library-missing',
    `create function by_name(text) returns bytea language c as 'pgcrypto', 'pg_random_uuid';
     create function by_file(text) returns bytea language c as '$libdir/pgcrypto.so', 'pg_random_uuid';
     create function by_path(text) returns bytea language c as '$libdir/pgcrypto', 'pg_random_uuid';
     update pg_proc set probin = (select setting || '/pgcrypto' from pg_config where name = 'PKGLIBDIR')
      where proname = 'by_path';
     create function gone_by_name(text) returns bytea language c as 'pgcrypto', 'pg_random_uuid';
     update pg_proc set probin = 'no_such_library' where proname = 'gone_by_name';
     create function gone_by_path(text) returns bytea language c as 'pgcrypto', 'pg_random_uuid';
     update pg_proc set probin = '/no/such/library' where proname = 'gone_by_path'`,
  )
  expect(findings.map(({ object }) => object)).toEqual([
    'public.gone_by_name(pg_catalog.text)',
    'public.gone_by_path(pg_catalog.text)',
  ])
})

test('language-missing finds a language without an extension that the target does not offer', async () => {
  const findings = await findingsAfter(
    pair,
    'language-missing',
    `create language pltcl; create language pltclu;
     update pg_language set lanname = 'plpython2u' where lanname = 'pltclu'`,
  )
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'blocking',
      object: 'plpython2u',
      remedy: expect.stringContaining('drop language "plpython2u" cascade;'),
    }),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})

test('language-missing is not found for one of an extension, nor for one with a handler of its own', async () => {
  const findings = await findingsAfter(
    pair,
    'language-missing',
    `create extension pltcl;
     create function handler() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
     create language own handler handler`,
  )
  expect(findings).toEqual([])
})
