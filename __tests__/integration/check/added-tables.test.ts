/** Tables and sequences that somebody has added to an extension, and without which the run would fail. */
import { beforeAll, expect, test } from '@jest/globals'
import { findingsAfter, findingsAfterRemedies, openPair, type Pair } from './pair.js'

const create = 'create extension hstore; create table t (a int); create sequence s'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(13, 17)
})

test.each([
  ['table', 'create view v as select a from t', 'needed by view public.v'],
  ['table', 'create table child () inherits (t)', 'needed by table public.child'],
  [
    'table',
    'drop table t; create table t (a int) partition by list (a); create table part partition of t default',
    'needed by table public.part',
  ],
  ['table', 'alter table t add b int generated always as identity', 'own sequence public.t_b_seq'],
  ['table', 'alter table t add b serial', 'own sequence public.t_b_seq'],
  ['sequence', `create table u (a int default nextval('s'))`, 'needed by default value'],
])('blocks on a %s that was added to an extension: %s', async (kind, sql, reason) => {
  const object = kind === 'table' ? 't' : 's'
  const findings = await findingsAfter(
    pair,
    'extension-table',
    `${create}; ${sql}; commit; alter extension hstore add ${kind} ${object}`,
  )
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'blocking',
      object: `public.${object}`,
      message: expect.stringContaining(reason) as unknown,
    }),
  ])
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
})
