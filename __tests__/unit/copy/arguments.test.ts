/** What rules the method copy out, and what does not. */
import { describe, expect, test } from '@jest/globals'
import { reasonAgainstCopy } from '../../../src/transfer/copy/index.js'

const plain = { clientMajor: 18, pgDumpArguments: [], pgRestoreArguments: [] }

describe('the method copy is ruled out', () => {
  test('by nothing when nothing is asked for', () => {
    expect(reasonAgainstCopy(plain)).toBeNull()
  })

  test.each([
    [['--exclude-table=logs'], '--exclude-table=logs'],
    [['--no-owner', '--inserts'], '--inserts'],
    [['--schema=app'], '--schema=app'],
    [['-napp'], '-napp'],
    [['-Ft'], '-Ft'],
    [['-Oz'], '-Oz'],
    [['--lock-wait-timeout=5s', '--no-sync'], '--no-sync'],
  ])('by the arguments %j of pg_dump, because of %s', (pgDumpArguments, named) => {
    expect(reasonAgainstCopy({ ...plain, pgDumpArguments })).toBe(`the argument ${named}`)
  })

  test('by an argument of pg_restore that it does not know', () => {
    const pgRestoreArguments = ['--verbose', '--disable-triggers']
    expect(reasonAgainstCopy({ ...plain, pgRestoreArguments })).toBe(
      'the argument --disable-triggers',
    )
  })

  test('by client tools whose archives may be new', () => {
    expect(reasonAgainstCopy({ ...plain, clientMajor: 19 })).toMatch(/^the client tools/)
  })

  test.each([
    [['--no-owner', '-x', '-v']],
    [['--lock-wait-timeout=5s']],
    [['--encoding=LATIN1', '-EUTF8']],
    [['-EUTF8', '--no-comments']],
  ])('not by the arguments %j of pg_dump', (pgDumpArguments) => {
    expect(reasonAgainstCopy({ ...plain, pgDumpArguments })).toBeNull()
  })
})
