/** Indexes over addresses, whose operator class is another one in 19 without anybody having asked for it. */
import { expect, test } from '@jest/globals'
import { readKind } from '../../../src/validate/inventory/compare.js'
import { indexes } from '../../../src/validate/inventory/kinds/indexes.js'
import { createDatabase, openTestServer, runSql, sharedServer } from '../../support/servers.js'

test('the class that btree_gist gave to an index is expected to become that of the system in 19, and no other', async () => {
  const testServer = await sharedServer(18)
  const database = await createDatabase(testServer)
  await runSql(
    testServer,
    database,
    `create extension btree_gist;
     create table t (i inet, c cidr, r int4range, exclude using gist (i with =, r with &&));
     create index by_default on t using gist (i);
     create index of_cidr on t using gist (c);
     create index named on t using gist (i inet_ops)`,
  )
  const server = await openTestServer(testServer, 'source')
  const classesOn = (target: number) =>
    server.withSession(database, async (session) => {
      const rows = await readKind(session, indexes, { major: 18, source: 18, target })
      return Object.fromEntries(
        [...rows.values()].map(({ object, facts }) => [
          object,
          (facts['columns'] as { 'operator class': string }[]).map(
            (each) => each['operator class'],
          ),
        ]),
      )
    })
  expect(await classesOn(18)).toEqual({
    'public.by_default': ['public.gist_inet_ops'],
    'public.of_cidr': ['public.gist_cidr_ops'],
    'public.named': ['pg_catalog.inet_ops'],
    'public.t_i_r_excl': ['public.gist_inet_ops', 'pg_catalog.range_ops'],
  })
  expect(await classesOn(19)).toEqual({
    'public.by_default': ['pg_catalog.inet_ops'],
    'public.of_cidr': ['pg_catalog.inet_ops'],
    'public.named': ['pg_catalog.inet_ops'],
    'public.t_i_r_excl': ['pg_catalog.inet_ops', 'pg_catalog.range_ops'],
  })
})
