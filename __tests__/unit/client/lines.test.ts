import { Readable } from 'node:stream'
import { expect, it } from '@jest/globals'
import { readLines } from '../../../src/client/lines.js'

async function linesOf(chunks: readonly Buffer[]): Promise<string[]> {
  const lines: string[] = []
  await readLines(Readable.from(chunks, { objectMode: false }), (line) => lines.push(line))
  return lines
}

it('ends a line at a newline, and nowhere else', async () => {
  const text = 'a\u2028b\u2029c\u0085d\re\n\nlast'
  expect(await linesOf([Buffer.from(text)])).toEqual(['a\u2028b\u2029c\u0085d\re', '', 'last'])
})

it('takes the carriage return that Windows puts in front of a newline for a part of it', async () => {
  expect(await linesOf([Buffer.from('a\r'), Buffer.from('\nb\r\n')])).toEqual(['a', 'b'])
})

it('puts lines and characters together that arrive in pieces', async () => {
  const bytes = Buffer.from('one é\ntwo \u{1f600}\n')
  expect(await linesOf([...bytes].map((byte) => Buffer.from([byte])))).toEqual([
    'one é',
    'two \u{1f600}',
  ])
})

it('keeps the beginning of a line without end', async () => {
  const [endless = '', next] = await linesOf([
    ...Array.from({ length: 40 }, () => Buffer.alloc(65_536, 'x')),
    Buffer.from('\nnext\n'),
  ])
  expect(endless).toBe('x'.repeat(1_000_000))
  expect(next).toBe('next')
})
