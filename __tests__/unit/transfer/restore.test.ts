/** When a restore counts as one that succeeded. */
import { expect, test } from '@jest/globals'
import type { ProgramResult } from '../../../src/client/run.js'
import { judgeRestore } from '../../../src/transfer/tools/restore.js'

const { signal } = new AbortController()
const result = (lines: string[], exitCode = 1): ProgramResult => ({
  tool: 'pg_restore',
  side: 'target',
  exitCode,
  endedBy: null,
  lines,
  logFile: '/tmp/pg_restore.log',
})
const publicExists =
  'pg_restore: error: could not execute query: ERROR:  schema "public" already exists'
const command = 'Command was: CREATE SCHEMA public;'
const ignored = (count: number) => `pg_restore: warning: errors ignored on restore: ${count}`

test('a restore without errors', () => {
  expect(judgeRestore(result([], 0), signal)).toEqual({ ignoredErrors: [] })
})

test('a restore whose errors are all harmless', () => {
  const judged = judgeRestore(
    result([publicExists, command, publicExists, command, ignored(2)]),
    signal,
  )
  expect(judged.ignoredErrors).toEqual([
    { message: 'schema "public" already exists', why: expect.any(String), count: 2 },
  ])
})

test('an exit code that the harmless errors do not explain fails', () => {
  expect(() => judgeRestore(result([publicExists, command, ignored(2)]), signal)).toThrow(
    /ended with exit code 1/,
  )
  expect(() => judgeRestore(result([publicExists, command]), signal)).toThrow(
    /ended with exit code 1/,
  )
})

test('a real error fails, with its statement, its cause and its remedy', () => {
  const lines = [
    'pg_restore: error: could not execute query: ERROR:  type "abstime" does not exist',
    'LINE 2:     a abstime',
    '            ^',
    'Command was: CREATE TABLE public.t (',
    '    a abstime',
    ');',
    'pg_restore: error: could not execute query: ERROR:  relation "public.t" does not exist',
    'Command was: ALTER TABLE public.t OWNER TO app;',
    ignored(2),
  ]
  expect(() => judgeRestore(result(lines), signal)).toThrow(
    expect.objectContaining({
      code: 'restore-failed',
      message:
        'pg_restore met 2 errors on the target:\n' +
        '- type "abstime" does not exist — in: CREATE TABLE public.t ( a abstime ); — ' +
        "1 more that follow from it — The target's major no longer has the type.",
      hint: expect.stringContaining('docs/troubleshooting.md#removed-type'),
    }),
  )
})

test('what looks like an error, where pg_restore ends with 0, is a name or a notice', () => {
  const lines = [
    'pg_restore: creating TABLE "s.a',
    'pg_restore: error: could not execute query: ERROR:  boo"',
    'pg_restore: NOTICE:  the log says:',
    publicExists,
    command,
  ]
  expect(judgeRestore(result(lines, 0), signal)).toEqual({ ignoredErrors: [] })
})

test('a tool that was killed fails, whether it said something or not', () => {
  const killed = (lines: string[]) =>
    ({ ...result(lines), exitCode: null, endedBy: 'SIGKILL' }) as const
  for (const lines of [[], [publicExists, command, ignored(1)]]) {
    expect(() => judgeRestore(killed(lines), signal)).toThrow(/was ended by SIGKILL/)
  }
})
