import { describe, expect, it } from '@jest/globals'
import { isReservedArgument } from '../../../src/transfer/reserved-arguments.js'
import {
  dumpArguments,
  psqlArguments,
  restoreArguments,
} from '../../../src/transfer/tool-arguments.js'

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
      '-x',
      "--dbname=host='h'",
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

describe('isReservedArgument', () => {
  it.each(['--format=tar', '--file=x', '-Fc', '-d', '-j4', '--jobs', '--snapshot=1', '-U', '-W'])(
    'keeps %s for the action',
    (argument) => {
      expect(isReservedArgument(argument)).toBe(true)
    },
  )

  it.each(['--no-comments', '--exclude-schema=x', '-x', '-O', '--lock-wait-timeout=5s'])(
    'leaves %s to the user',
    (argument) => {
      expect(isReservedArgument(argument)).toBe(false)
    },
  )
})
