import { describe, expect, it } from '@jest/globals'
import { isOption, whyReserved } from '../../../src/transfer/tools/reserved-arguments.js'
import {
  dumpArguments,
  psqlArguments,
  restoreArguments,
} from '../../../src/transfer/tools/tool-arguments.js'

const dump = {
  conninfo: "host='h'",
  snapshotId: '00000003-1',
  encoding: 'UTF8',
  compression: 'default',
  tablespaces: true,
  more: [],
} as const

describe('dumpArguments', () => {
  it('writes a directory with jobs on the given snapshot', () => {
    expect(dumpArguments({ ...dump, format: 'directory', file: '/d/dump', jobs: 4 })).toEqual([
      '--format=directory',
      '--snapshot=00000003-1',
      '--no-password',
      '--quote-all-identifiers',
      '--verbose',
      '--encoding=UTF8',
      '--file=/d/dump',
      '--no-sync',
      '--jobs=4',
      "--dbname=host='h'",
    ])
  })

  it('writes a custom archive to stdout without jobs', () => {
    expect(
      dumpArguments({ ...dump, format: 'custom', jobs: 4, tablespaces: false, more: ['-x'] }),
    ).toEqual([
      '--format=custom',
      '--snapshot=00000003-1',
      '--no-password',
      '--quote-all-identifiers',
      '--verbose',
      '--encoding=UTF8',
      '--no-tablespaces',
      "--dbname=host='h'",
      '-x',
    ])
  })
})

describe('restoreArguments', () => {
  it('reads an archive with jobs and a list', () => {
    expect(
      restoreArguments({
        conninfo: "host='h'",
        tablespaces: true,
        jobs: 2,
        listFile: '/w/list',
        more: [],
        archive: '/d/dump',
      }),
    ).toEqual([
      '--no-password',
      '--enable-row-security',
      '--verbose',
      '--jobs=2',
      '--use-list=/w/list',
      "--dbname=host='h'",
      '/d/dump',
    ])
  })
})

describe('restoreArguments for a file', () => {
  it('tells nothing of what it writes', () => {
    expect(
      restoreArguments({ file: '/w/script', tablespaces: true, more: [], archive: '/d/dump' }),
    ).toEqual(['--no-password', '--enable-row-security', '--file=/w/script', '/d/dump'])
  })
})

describe('psqlArguments', () => {
  it('stops at the first error and reads no startup file', () => {
    expect(psqlArguments("host='h'", '/d/dump')).toEqual(
      expect.arrayContaining(['--set=ON_ERROR_STOP=1', '--no-psqlrc']),
    )
  })
})

describe('whyReserved', () => {
  const tools = ['pg_dump', 'pg_restore'] as const

  it.each([
    ...['--format=tar', '--file=x', '-Fc', '-d', '-j4', '--jobs', '--snapshot=1', '-U', '-W'],
    ...['--create', '-C', '--clean', '-c', '--if-exists', '--restrict-key=x'],
    // Abbreviations and bundles, as getopt_long reads them.
    ...['--creat', '--cr', '--cle', '--db=x', '--user=x', '-cC', '-xOC', '-vd', '-xFt', '--', '-'],
    // The next argument, which is the action's own, would be taken for the value.
    ...['-n', '-xt'],
  ])('keeps %s for the action', (argument) => {
    for (const tool of tools) expect(whyReserved(tool, argument)).not.toBeNull()
  })

  it.each([
    ...['--no-comments', '--exclude-schema=x', '-x', '-O', '-xO', '--lock-wait-timeout=5s'],
    ...['--no-create', '--schema=create', '-nC', '-xnCd', '-tdf', '--column-inserts', '-1', '-Scd'],
  ])('leaves %s to the user', (argument) => {
    for (const tool of tools) expect(whyReserved(tool, argument)).toBeNull()
  })

  it('knows of which tool a letter takes a value', () => {
    expect(whyReserved('pg_dump', '-ed')).toBeNull()
    expect(whyReserved('pg_restore', '-ed')).not.toBeNull()
    expect(whyReserved('pg_restore', '-PC')).toBeNull()
    expect(whyReserved('pg_dump', '-PC')).not.toBeNull()
  })

  it('says why', () => {
    expect(whyReserved('pg_restore', '-C')).toMatch(/would drop or create the database/)
    expect(whyReserved('pg_restore', '--clean')).toMatch(/fills each database from scratch/)
  })
})

describe('isOption', () => {
  it.each(['--no-tablespaces', '--no-tablesp', '--no-t'])(
    'knows that %s is --no-tablespaces',
    (argument) => {
      expect(isOption(argument, 'no-tablespaces')).toBe(true)
    },
  )

  it.each(['--no-tablespaces-at-all', '--no-comments', '-no-tablesp', '-O', '--', '--=no'])(
    'knows that %s is not',
    (argument) => {
      expect(isOption(argument, 'no-tablespaces')).toBe(false)
    },
  )

  it('takes a name in full for itself, although another option begins with it', () => {
    expect(isOption('--schema=only', 'schema-only')).toBe(false)
    expect(isOption('--schema-', 'schema-only')).toBe(true)
  })
})
