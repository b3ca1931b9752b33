/** Which names a function leaves to the search_path. */
import { expect, test } from '@jest/globals'
import {
  calledFunctions,
  castTypes,
  namedWords,
  unqualifiedNames,
  type KnownNames,
} from '../../../src/check/definitions/function-body.js'

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
  ['select public .  /* x */  helper($1)', []],
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

test.each([
  ['select "two  blanks"($1)', ['two  blanks']],
  ['select a$b$, two(1)', ['two']],
])('%j calls %j', (body, names) => {
  expect(calledFunctions(body)).toEqual(names)
})

// What looked at the same characters again and again would need hours.
test.each([
  ' ',
  '$$',
  '/*',
  '" ',
  '. ',
  "e'\\'",
  ...[0, 1].map((count) => `$a${'b'.repeat(count)}$ `),
])('a long body of %j is looked at once', (part) => {
  const body = `${part.repeat(200_000)} `
  expect(calledFunctions(body)).toEqual([])
  expect(namedWords(body)).toBeInstanceOf(Array)
  expect(unqualifiedNames(body, known)).toEqual([])
})

test('a body full of dollar quotes that do not end is looked at once', () => {
  const body = Array.from({ length: 100_000 }, (_, index) => `$a${index}$ `).join('')
  expect(calledFunctions(body)).toEqual([])
})
