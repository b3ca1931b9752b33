/** Constraints that a newer major refuses. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { findingsAfter, findingsAfterRemedies, openPair, type Pair } from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(15, 18)
})

const blocking = (object: string) => expect.objectContaining({ severity: 'blocking', object })

describe('foreign-key-collation', () => {
  const loose = `create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create table parent (a text collate loose primary key, "B" varchar(9) unique)`

  test('is found where either collation is not deterministic and they differ', async () => {
    const findings = await findingsAfter(
      pair,
      'foreign-key-collation',
      `${loose};
       create table child (a text references parent, b varchar(5) collate loose);
       alter table child add constraint "to B" foreign key (b) references parent ("B")`,
    )
    expect(findings).toEqual([
      blocking('"to B" on public.child'),
      blocking('child_a_fkey on public.child'),
    ])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('is not found where both are the same, or deterministic', async () => {
    const sql = `${loose}; create table child (a text collate loose references parent, b text collate "C" references parent ("B"))`
    expect(await findingsAfter(pair, 'foreign-key-collation', sql)).toEqual([])
  })
})

describe('not-null-name', () => {
  test('is found where a constraint has the name that NOT NULL is given', async () => {
    const findings = await findingsAfter(
      pair,
      'not-null-name',
      `create table one (a int not null, constraint one_a_not_null unique (a));
       create table "Two" (a int primary key references one (a));
       alter table "Two" rename constraint "Two_a_fkey" to "Two_a_not_null";
       create table three (a int not null);
       alter table three add constraint three_a_not_null check (a is not null) not valid;
       create domain four as int not null constraint four_not_null check (value > 0)`,
    )
    expect(findings).toEqual([
      blocking('four_not_null on public.four'),
      blocking('"Two_a_not_null" on public."Two"'),
      blocking('one_a_not_null on public.one'),
      blocking('three_a_not_null on public.three'),
    ])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('is not found where it is created with its table, or the column may be null', async () => {
    const sql = `create table one (a int not null constraint one_a_not_null check (a > 0));
      create table two (a int, constraint two_a_not_null unique (a));
      create domain three as int constraint three_not_null check (value > 0)`
    expect(await findingsAfter(pair, 'not-null-name', sql)).toEqual([])
  })
})
