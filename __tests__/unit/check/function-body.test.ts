/** Which names a function leaves to the search_path. */
import { expect, test } from '@jest/globals'
import {
  calledFunctions,
  castTypes,
  namedWords,
  unqualifiedNames,
  type KnownNames,
} from '../../../src/check/function-body.js'

const known: KnownNames = {
  functions: new Set(['helper', 'Odd "name"', 'größe']),
  relations: new Set(['rates', 'Rates']),
  types: new Set(['mood']),
}

test.each([
  ['select helper($1)', ['helper']],
  ['select HELPER ($1)', ['helper']],
  ['select public.helper($1)', []],
  ['select public . helper($1)', []],
  ['select xhelper($1), helper_x($1), helper', []],
  ['select "Odd ""name"""($1)', ['Odd "name"']],
  ['select größe($1)', ['größe']],
  ["select 'helper(1)' || $1", []],
  ["select e'it\\'s helper(1)'", []],
  ['-- helper(1)\nselect 1', []],
  ['/* helper(1) */ select 1', []],
  ['begin return $x$ helper(1) $x$; end', []],
  ['select rate from rates where day = $1', ['rates']],
  ['select rate from "Rates"', ['Rates']],
  ['select rate from public.rates', []],
  ['select rate from rates.day', []],
  ['select rate from ratesx', []],
  ['select 1 from rates r join other using (x)', ['rates']],
  ["select 'sad'::mood", ['mood']],
  ['select x::public.mood', []],
  ['select x::moody', []],
  ['select lower(x::text)', []],
])('%j leaves %j', (body, names) => {
  expect(unqualifiedNames(body, known)).toEqual(names)
})

test('calls are read with their schema, folded as the parser does', () => {
  expect(calledFunctions('select F(1), App."G"(2), x.y -- h(1)')).toEqual(['f', 'app.G'])
})

test.each([
  ['select x::abstime', ['abstime']],
  ['select x:: pg_catalog . "Mood"', ['Mood']],
  ['select x::public.abstime, abstime, y :: text', ['text']],
  ["select 'x::abstime' -- x::abstime", []],
])('%j casts to %j', (body, types) => {
  expect(castTypes(body)).toEqual(types)
})

test('namedWords returns every name as the catalogs write it', () => {
  expect(
    namedWords(`begin select D.adsrc, "Quoted ""x""" from pg_attrdef d; -- comment
      return 'text' || $1 || größe; end`),
  ).toEqual([
    'begin',
    'select',
    'd',
    'adsrc',
    'Quoted "x"',
    'from',
    'pg_attrdef',
    'd',
    'return',
    'größe',
    'end',
  ])
})
