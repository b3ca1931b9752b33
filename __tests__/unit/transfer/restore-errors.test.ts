import { describe, expect, it } from '@jest/globals'
import { sortRestoreErrors } from '../../../src/transfer/restore-errors.js'

describe('sortRestoreErrors', () => {
  it('takes everything that is not on the list as real, with its statement', () => {
    const { real, ignored } = sortRestoreErrors([
      'pg_restore: connecting to database for restore',
      'pg_restore: creating TABLE "public.t"',
      'pg_restore: while PROCESSING TOC:',
      'pg_restore: from TOC entry 215; 1259 16386 TABLE t postgres',
      'pg_restore: error: could not execute query: ERROR:  type "abstime" does not exist',
      'LINE 2:     a abstime',
      '            ^',
      'Command was: CREATE TABLE public.t (',
      '    a abstime',
      ');',
      'pg_restore: warning: errors ignored on restore: 1',
    ])
    expect(ignored).toEqual([])
    expect(real).toEqual(['type "abstime" does not exist — in: CREATE TABLE public.t ('])
  })

  it('counts the harmless ones and says why they are', () => {
    const line =
      'pg_restore: error: could not execute query: ERROR:  schema "public" already exists'
    const { real, ignored } = sortRestoreErrors([line, line])
    expect(real).toEqual([])
    expect(ignored).toEqual([
      { message: 'schema "public" already exists', why: expect.any(String), count: 2 },
    ])
  })

  it('does not take another schema for public', () => {
    const line =
      'pg_restore: error: could not execute query: ERROR:  schema "public2" already exists'
    expect(sortRestoreErrors([line]).real).toHaveLength(1)
  })

  it('reads the older form of pg_restore 11', () => {
    const { real } = sortRestoreErrors([
      'pg_restore: [archiver (db)] Error while PROCESSING TOC:',
      'pg_restore: [archiver (db)] Error from TOC entry 197; 1259 16386 TABLE t postgres',
      'pg_restore: [archiver (db)] could not execute query: ERROR:  role "x" does not exist',
    ])
    expect(real).toEqual(['role "x" does not exist'])
  })

  it('takes an error that is no query as real', () => {
    const { real } = sortRestoreErrors([
      'pg_restore: error: could not read from input file: end of file',
    ])
    expect(real).toEqual(['could not read from input file: end of file'])
  })
})
