/** Extensions that the target cannot create, or creates differently. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { openTestServer, runSql, uniqueName } from '../../support/servers.js'
import { findingsAfter, openPair, type Pair } from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(13, 17)
})

test.each([
  'extension-missing',
  'extension-not-allowed',
  'extension-privilege',
  'extension-preload',
  'extension-schema',
  'extension-version',
  'extension-procedure',
])('%s is not found for an extension that the target has', async (check) => {
  expect(await findingsAfter(pair, check, 'create extension hstore')).toEqual([])
})

test('extension-missing finds one that the target lacks', async () => {
  const findings = await findingsAfter(
    await openPair(15, 18),
    'extension-missing',
    'create extension adminpack; create extension hstore',
  )
  expect(findings).toEqual([expect.objectContaining({ severity: 'blocking', object: 'adminpack' })])
})

test.each([
  ['azure.extensions', 'PG_TRGM'],
  ['azure.extensions', ''],
  ['rds.allowed_extensions', 'pg_trgm'],
])('extension-not-allowed reads %s = %j', async (setting, value) => {
  const target = await openTestServer(pair.targetServer, 'target', {
    options: `-c ${setting}=${value}`,
  })
  const findings = await findingsAfter(
    { ...pair, target },
    'extension-not-allowed',
    'create extension hstore',
  )
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'blocking',
      object: 'hstore',
      remedy: `Add hstore to the server parameter ${setting} of the target.`,
    }),
  ])
})

test('extension-privilege finds what only a superuser may create, and not what is trusted', async () => {
  const user = uniqueName('admin')
  await runSql(
    pair.targetServer,
    'postgres',
    `create role ${user} login createdb createrole password 'secret'`,
  )
  const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
  const findings = await findingsAfter(
    { ...pair, target },
    'extension-privilege',
    'create extension hstore; create extension postgres_fdw',
  )
  expect(findings).toEqual([
    expect.objectContaining({ severity: 'blocking', object: 'postgres_fdw' }),
  ])
})

test('extension-preload warns of pg_stat_statements where its library is not loaded', async () => {
  const findings = await findingsAfter(
    pair,
    'extension-preload',
    'create extension pg_stat_statements',
  )
  expect(findings).toEqual([
    expect.objectContaining({ severity: 'warning', object: 'pg_stat_statements' }),
  ])
})

test('extension-schema finds an extension that the target puts elsewhere', async () => {
  const findings = await findingsAfter(
    pair,
    'extension-schema',
    `update pg_extension set extnamespace = 'public'::regnamespace where extname = 'plpgsql'`,
  )
  expect(findings).toEqual([expect.objectContaining({ severity: 'blocking', object: 'plpgsql' })])
})

describe('extension-version', () => {
  test.each(['99.0', '0.9'])('warns of the source having %s', async (version) => {
    const findings = await findingsAfter(
      pair,
      'extension-version',
      `create extension hstore;
       update pg_extension set extversion = '${version}' where extname = 'hstore'`,
    )
    expect(findings).toEqual([expect.objectContaining({ severity: 'warning', object: 'hstore' })])
  })
})

test.each(['timescaledb', 'pg_cron'])('extension-procedure blocks %s', async (name) => {
  const findings = await findingsAfter(
    pair,
    'extension-procedure',
    `create extension hstore;
     update pg_extension set extname = '${name}' where extname = 'hstore'`,
  )
  expect(findings).toEqual([expect.objectContaining({ severity: 'blocking', object: name })])
})

describe('extension-table', () => {
  const create = 'create extension hstore; create table t (a int); create sequence s'

  test('warns of a table that was added to an extension', async () => {
    const findings = await findingsAfter(
      pair,
      'extension-table',
      `${create}; commit; alter extension hstore add table t`,
    )
    expect(findings).toEqual([
      expect.objectContaining({
        severity: 'warning',
        object: 'public.t',
        remedy: expect.stringContaining('alter extension hstore drop table public.t;') as unknown,
      }),
    ])
  })

  test('is not found for the tables of an extension itself, nor for those of nobody', async () => {
    expect(await findingsAfter(pair, 'extension-table', create)).toEqual([])
  })
})
