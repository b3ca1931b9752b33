import { describe, expect, test } from '@jest/globals'
import { readArchive } from '../../../src/transfer/copy/definitions/archive.js'

/** Writes the head and one entry as pg_backup_archiver.c does. */
function archive(minor: number, section = 4, kind = 'INDEX'): Buffer {
  const parts: Buffer[] = []
  const bytes = (...values: number[]) => parts.push(Buffer.from(values))
  const integer = (value: number) => {
    const buffer = Buffer.alloc(5)
    buffer[0] = value < 0 ? 1 : 0
    buffer.writeUInt32LE(Math.abs(value), 1)
    parts.push(buffer)
  }
  const text = (value: string | null) => {
    integer(value === null ? -1 : Buffer.byteLength(value))
    if (value !== null) parts.push(Buffer.from(value))
  }
  parts.push(Buffer.from('PGDMP'))
  bytes(1, minor, 0, 4, 8, 1)
  if (minor >= 15) bytes(0)
  else integer(-1)
  for (let part = 0; part < 7; part += 1) integer(part)
  text('database')
  text('11.22')
  text('18.6')
  integer(1)
  integer(42)
  integer(0)
  text('1259')
  text('16999')
  text('orders é')
  text(kind)
  integer(section)
  text('CREATE INDEX …;\n')
  text('DROP INDEX …;\n')
  text(null)
  text('public')
  text('')
  if (minor >= 14) text('heap')
  if (minor >= 16) integer(105)
  text('owner')
  text('false')
  text('7')
  text('8')
  text(null)
  bytes(2, 0, 0, 0, 0, 0, 0, 0, 0)
  return Buffer.concat(parts)
}

describe('reading an archive', () => {
  test.each([13, 14, 15, 16])('an archive of version 1.%d', (minor) => {
    expect(readArchive(archive(minor)).entries).toEqual([
      {
        dumpId: 42,
        oid: 16999,
        tag: 'orders é',
        kind: 'INDEX',
        section: 'post-data',
        statements: 'CREATE INDEX …;\n',
        isText: true,
        schema: 'public',
        tablespace: '',
        dependencies: [7, 8],
      },
    ])
  })

  test('SQL that comes before the data is left where it is', () => {
    const { entries, definitions } = readArchive(archive(16, 2, 'TABLE'))
    expect(entries).toMatchObject([
      { section: 'pre-data', statements: '', dependencies: [7, 8], tablespace: '' },
    ])
    expect(definitions).toBe(1)
  })

  test('what nothing is built on is counted, and left out', () => {
    expect(readArchive(archive(16, 2, 'FUNCTION'))).toEqual({
      entries: [],
      separable: [],
      definitions: 1,
    })
  })

  test('an archive of a version that is not known is refused', () => {
    expect(() => readArchive(archive(17))).toThrow('its version 1.17 is not known')
  })

  test('an archive that was cut off is refused', () => {
    expect(() => readArchive(archive(16).subarray(0, -20))).toThrow('it ends too early')
  })
})
