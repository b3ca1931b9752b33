import { describe, expect, test } from '@jest/globals'
import { argumentAgainstCopy, givenEncoding } from '../../../src/transfer/copy/arguments.js'
import type { SourceTable } from '../../../src/transfer/copy/rows/catalog.js'
import { copyIn, copyOut } from '../../../src/transfer/copy/rows/copy-statements.js'
import { buildMemory } from '../../../src/transfer/copy/indexes/build-memory.js'
import { divideTable } from '../../../src/transfer/copy/rows/parts.js'
import { inRounds } from '../../../src/transfer/copy/rows/rounds.js'
import { rowEncoding } from '../../../src/transfer/copy/rows/rows.js'
import { isFrozen } from '../../../src/transfer/copy/rows/table.js'
import { maintenanceMemory } from '../../../src/transfer/copy/target-settings.js'

const gigabyte = 1024 ** 3
const table: SourceTable = {
  oid: 1,
  schema: 's',
  name: 'T"x',
  columns: [
    { name: 'a', type: 23, paddedLength: null },
    { name: 'b"', type: 25, paddedLength: null },
  ],
  pages: 131_072,
  bytes: gigabyte,
  isHeap: true,
  isUnlogged: false,
  root: null,
  configuration: null,
}
const binary = { format: 'binary', encoding: null } as const
const whole = { table, form: binary, textForm: binary, parts: [null], writers: 1 }

describe('COPY statements', () => {
  test('a table as a whole', () => {
    expect(copyOut(table, null, binary)).toBe(
      'copy "s"."T""x" ("a", "b""") to stdout (format binary)',
    )
    expect(copyIn(table, binary, true)).toBe(
      'copy "s"."T""x" ("a", "b""") from stdin (format binary, freeze true)',
    )
  })

  test('a range of pages leaves out the children', () => {
    expect(copyOut(table, { from: 10, to: 20 }, binary)).toBe(
      `copy (select "a", "b""" from only "s"."T""x" where ctid >= '(10,0)'::pg_catalog.tid and ctid < '(20,0)'::pg_catalog.tid) to stdout (format binary)`,
    )
  })

  test('a table without columns', () => {
    expect(copyOut({ ...table, columns: [] }, null, binary)).toBe(
      'copy "s"."T""x" to stdout (format binary)',
    )
  })

  test('a column that is sent without its padding', () => {
    expect(copyOut(table, null, binary, new Set(['a']))).toBe(
      `copy (select pg_catalog.left(pg_catalog.textin(pg_catalog.bpcharout("a")), pg_catalog.length("a")), "b""" from only "s"."T""x" ) to stdout (format binary)`,
    )
  })

  test('the rows of a configuration table that are the user’s own', () => {
    const configuration = { ...table, configuration: 'WHERE a > 5' }
    expect(copyOut(configuration, null, { format: 'text', encoding: 'LATIN1' })).toBe(
      `copy (select "a", "b""" from only "s"."T""x" WHERE a > 5) to stdout (format text, encoding 'LATIN1')`,
    )
  })
})

describe('the order between tables', () => {
  const plan = (oid: number, configuration: string | null = '') => ({
    table: { ...table, oid, configuration },
  })
  const order = (references: { from: number; to: number }[]) =>
    inRounds([plan(9, null), plan(1), plan(2), plan(3, 'where true')], references).map((round) =>
      round.map((each) => each.table.oid),
    )

  test.each([
    ['configuration comes first', [], [[1, 2, 3], [9]]],
    [
      'what keys point to comes before',
      [
        [1, 2],
        [2, 3],
      ],
      [[3], [2], [1], [9]],
    ],
    [
      'keys in a circle keep nobody waiting',
      [
        [1, 2],
        [2, 1],
      ],
      [[3], [1, 2], [9]],
    ],
  ] as const)('%s', (_title, keys, expected) => {
    expect(order(keys.map(([from, to]) => ({ from, to })))).toEqual(expected)
  })
})

describe('sharing a table out', () => {
  test.each([
    [32, 1],
    [64, 2],
    [64, 50],
    [100, 100],
    [1000, 1000],
  ])(
    'into %d parts, of %d GB, which follow each other without a gap; the last is open',
    (count, size) => {
      const bytes = size * gigabyte
      const facts = { jobs: 4, sourceMajor: 15, totalBytes: bytes }
      const { parts, writers } = divideTable({ ...table, bytes }, facts)
      expect(parts).toHaveLength(count)
      expect(writers).toBe(1)
      expect(parts[0]?.from).toBe(0)
      expect(parts.slice(0, -1).map((part) => part?.to)).toEqual(
        parts.slice(1).map((part) => part?.from),
      )
      expect(parts.at(-1)?.to).toBeNull()
    },
  )

  test.each([
    [3, 3, gigabyte],
    [8, 4, gigabyte],
    [8, 4, 1000 * gigabyte],
    [8, 2, 70 * 1024 * 1024],
  ])(
    'before 14, one session reads for several that store: of %d jobs %d',
    (jobs, writers, bytes) => {
      const facts = { jobs, sourceMajor: 13, totalBytes: bytes }
      expect(divideTable({ ...table, bytes }, facts)).toEqual({ parts: [null], writers })
    },
  )

  test.each([
    ['two jobs', table, { jobs: 2, sourceMajor: 18, totalBytes: gigabyte }],
    ['others keep the jobs busy', table, { jobs: 3, sourceMajor: 18, totalBytes: 4 * gigabyte }],
    ['a small table', { ...table, bytes: 1e6 }, { jobs: 4, sourceMajor: 18, totalBytes: 1e6 }],
    ['no heap', { ...table, isHeap: false }, { jobs: 4, sourceMajor: 18, totalBytes: gigabyte }],
    [
      'a small one before 14',
      { ...table, bytes: 6e7 },
      { jobs: 4, sourceMajor: 13, totalBytes: 6e7 },
    ],
  ])('stays whole: %s', (_reason, given, facts) => {
    expect(divideTable(given, facts)).toEqual({ parts: [null], writers: 1 })
  })
})

describe('freezing', () => {
  test.each([
    [true, 'a table as a whole', whole],
    [false, 'a part', { ...whole, parts: [{ from: 0, to: 5 }, null] }],
    [false, 'one that several sessions store', { ...whole, writers: 2 }],
    [
      false,
      'by way of the root',
      { ...whole, table: { ...table, root: { schema: 's', name: 'r' } } },
    ],
    [false, 'beside rows of an extension', { ...whole, table: { ...table, configuration: '' } }],
  ])('%s for %s', (expected, _what, plan) => {
    expect(isFrozen(plan)).toBe(expected)
  })
})

describe('the encoding of rows', () => {
  test.each([
    ['UTF8', 'UTF8', null, null],
    ['LATIN1', 'LATIN1', null, 'LATIN1'],
    ['LATIN1', 'UTF8', null, 'LATIN1'],
    ['UTF8', 'LATIN1', null, 'UTF8'],
    ['SQL_ASCII', 'UTF8', null, 'UTF8'],
    ['SQL_ASCII', 'SQL_ASCII', null, 'SQL_ASCII'],
    ['SQL_ASCII', 'UTF8', 'LATIN1', 'LATIN1'],
  ])('from %s to %s, declared as %s: %s', (source, target, declared, expected) => {
    expect(rowEncoding(source, target, declared)).toBe(expected)
  })

  test.each([
    [['--encoding=LATIN1'], 'LATIN1'],
    [['-ELATIN1'], 'LATIN1'],
    [['-EUTF8', '--encoding=LATIN1', '-v'], 'LATIN1'],
    [['-v'], null],
  ])('%j declares %s', (given, expected) => {
    expect(givenEncoding(given)).toBe(expected)
  })
})

describe('arguments of the tools', () => {
  test.each([
    [[], [], null],
    [['--no-owner', '-x', '-EUTF8', '--lock-wait-timeout=5s'], ['-O'], null],
    [['--exclude-table-data=log'], [], '--exclude-table-data=log'],
    [['-torders'], [], '-torders'],
    [['--inserts'], [], '--inserts'],
    [[], ['--role=app'], '--role=app'],
    [[], ['-EUTF8'], '-EUTF8'],
  ])('with %j and %j, %s rules out the method', (dump, restore, expected) => {
    expect(argumentAgainstCopy(dump, restore)).toBe(expected)
  })
})

describe('memory for a session that builds indexes', () => {
  test.each([
    [128, 64, 4, 64],
    [512, 64, 2, 512],
    [16_384, 64, 4, 1024],
    [128, 256, 8, 256],
  ])(
    '%d MB of buffers, %d MB configured, %d sessions: %d MB',
    (buffers, configured, sessions, expected) => {
      const megabyte = 1024 * 1024
      expect(maintenanceMemory(buffers * megabyte, configured * megabyte, sessions)).toBe(
        expected * megabyte,
      )
    },
  )
})

describe('memory for the build of one index', () => {
  const megabyte = 1024 * 1024
  const share = 512 * megabyte
  const index = { bytes: 100 * megabyte, method: 'btree', correlation: 0.5 }

  test.each([
    ['rows in no order', index, 0, 64],
    ['rows of an unknown order', { ...index, correlation: null }, 1, 64],
    ['rows in order', { ...index, correlation: 1 }, 0, 512],
    ['rows in reverse order', { ...index, correlation: -1 }, 0, 512],
    ['too big to be merged in one pass', { ...index, bytes: 9000 * megabyte }, 0, 512],
    ['a GIN index by one process', { ...index, method: 'gin' }, 0, 512],
    ['a GIN index by three processes', { ...index, method: 'gin' }, 2, 96],
    ['another method', { ...index, method: 'gist' }, 0, 512],
    ['an index that the source does not have', undefined, 0, 512],
  ])('%s', (_what, given, workers, expected) => {
    expect(buildMemory(given, workers, share)).toBe(expected * megabyte)
  })

  test('never more than the share for rows in no order', () => {
    expect(buildMemory(index, 0, 16 * megabyte)).toBe(16 * megabyte)
  })
})
