import { expect, it } from '@jest/globals'
import { readMessages } from '../../../src/client/messages.js'

function told(lines: readonly string[], atEnd = true): string[] {
  const all: string[] = []
  const reader = readMessages((line) => all.push(line))
  for (const line of lines) reader.line(line)
  if (atEnd) reader.end()
  return all
}

it('tells of a row with line breaks none of its lines', () => {
  expect(
    told([
      'pg_restore: processing data for table "public.t"',
      'pg_restore: error: COPY failed for table "t": ERROR:  new row for relation "t" violates check constraint "c"',
      'DETAIL:  Failing row contains (1, S3cret',
      'S3cret).',
      'CONTEXT:  COPY t, line 1: "1\tS3cret\\nS3cret"',
      'pg_restore: finished',
    ]),
  ).toEqual([
    'pg_restore: processing data for table "public.t"',
    'pg_restore: error: COPY failed for table "t": ERROR:  new row for relation "t" violates check constraint "c"',
    'DETAIL:  Failing row contains (…).',
    'CONTEXT:  COPY t, line 1',
    'pg_restore: finished',
  ])
})

it('tells of a password with line breaks none of its lines', () => {
  expect(
    told([
      'pg_restore: error: could not execute query: ERROR:  server "s" does not exist',
      'Command was: CREATE USER MAPPING FOR app SERVER s OPTIONS (',
      "    password 'S3cret",
      "S3cret',",
      `    "user" 'u'`,
      ');',
    ]).slice(1),
  ).toEqual([
    'Command was: CREATE USER MAPPING FOR app SERVER s OPTIONS (',
    "    password '***',",
    `    "user" 'u'`,
    ');',
  ])
})

it('tells the progress at once', () => {
  expect(told(['pg_dump: reading schemas'], false)).toEqual(['pg_dump: reading schemas'])
})

it.each([
  ['is too long to be told', 'x'.repeat(3000)],
  ['looks like a key without an end', `Key (a)=(${'x'.repeat(3000)}`],
])('tells that an error has a context, also behind what %s', (_what, line) => {
  const error = 'pg_restore: error: COPY failed for table "t": ERROR:  beginning'
  const lines = [error, ...Array.from({ length: 100 }, () => line)]
  const context = 'CONTEXT:  PL/pgSQL function public.checked(integer) line 1 at RAISE'
  const isContext = (each: string) => each.startsWith('CONTEXT:')
  expect(told([...lines, context, 'pg_restore: finished']).filter(isContext)).toHaveLength(1)
  expect(told([...lines, 'pg_restore: finished']).filter(isContext)).toEqual([])
})

it('tells a message of very many lines in pieces, and all of it', () => {
  const lines = Array.from({ length: 2500 }, (_, index) => `line ${index}`)
  expect(told(lines, false)).toHaveLength(2000)
  expect(told(lines)).toEqual(lines)
})
