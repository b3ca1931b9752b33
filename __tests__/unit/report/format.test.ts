import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  countOf,
  listed,
  formatBytes,
  formatCount,
  formatDuration,
  formatRoughly,
  linesOf,
  moment,
  shorten,
  visible,
} from '../../../src/report/format.js'

describe('formatDuration', () => {
  test.each([
    [0, '0 s'],
    [0.0001, '1 ms'],
    [0.04, '40 ms'],
    [0.9996, '1.0 s'],
    [3.21, '3.2 s'],
    [9.97, '10 s'],
    [59.4, '59 s'],
    [59.6, '1 min 00 s'],
    [725, '12 min 05 s'],
    [3599.7, '1 h 00 min'],
    [3725, '1 h 02 min'],
    [86_400 * 2 + 3600 * 3, '2 d 03 h'],
    [-1, 'unknown'],
    [Number.NaN, 'unknown'],
  ])('writes %d seconds as %s', (seconds, expected) => {
    expect(formatDuration(seconds)).toBe(expected)
  })
})

test('sizes, counts and moments are written for people', () => {
  expect([
    formatBytes(0),
    formatBytes(1_234_567),
    formatBytes(3.4e12),
    formatCount(1_234_567),
    countOf(0, 'finding'),
    countOf(1, 'finding'),
    countOf(2000, 'finding'),
    listed(['a', 'b'], 2),
    listed(['a', 'b', 'c'], 2),
    moment('2026-11-22T02:00:00.123Z'),
  ]).toEqual([
    '0 B',
    '1.2 MB',
    '3.4 TB',
    '1,234,567',
    'no findings',
    '1 finding',
    '2,000 findings',
    'a, b',
    'a, b and 1 more',
    '2026-11-22 02:00:00 UTC',
  ])
})

test.each([
  [0.04, '0 s'],
  [3.21, '3.2 s'],
  [100, '100 s'],
  [210, '3.5 min'],
  [842, '14 min'],
  [9000, '2.5 h'],
  [360_000, '100 h'],
])('%d seconds are roughly %s', (seconds, expected) => {
  expect(formatRoughly(seconds)).toBe(expected)
})

describe('visible', () => {
  test('writes out what cannot be seen and what reorders its neighbours', () => {
    expect(visible('a\nb\t\u202egnp\u200b\u0000\ud800')).toBe(
      'a\\nb\\t\\u{202e}gnp\\u{200b}\\u{0}\\u{d800}',
    )
  })

  test('leaves letters, marks, emoji and punctuation alone', () => {
    expect(visible('Ünïted "Sales" 表🐘 é|`<')).toBe('Ünïted "Sales" 表🐘 é|`<')
  })

  test('leaves no hidden character in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(visible(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
      }),
    )
  })
})

test('a message keeps its lines', () => {
  expect(linesOf('one\r\ntwo\n\n\tthree\r')).toEqual(['one', 'two', '', '    three\\r'])
})

test('a long text is cut between characters, and says how much is missing', () => {
  expect([shorten('short', 5), shorten('abc🐘def', 4)]).toEqual([
    'short',
    'abc… (5 more characters)',
  ])
})

test('a text that is cut keeps its pointer to the documentation whole', () => {
  const pointer = 'See docs/troubleshooting.md#duplicate-values.'
  const url = 'https://example.com/blob/main/docs/methods.md#copy'
  const cut = (text: string) => shorten(text, 20)
  const first = 'a cause with a remedy'
  expect([
    cut(`${first} ${pointer}`),
    cut(`${first} ${pointer} The log is in /tmp.`),
    cut(`a cause\n${pointer} The log is in /tmp.`),
    cut(`${first}: ${url}`),
    cut(`a cause\n${pointer}`),
    cut(`see docs/a.md then ${first}`),
    cut(`docs/${'a'.repeat(100)}.md`),
  ]).toEqual([
    `a cause with a remed… (2 more characters) ${pointer}`,
    `a cause with a remed… (22 more characters) ${pointer}`,
    `a cause… (20 more characters) ${pointer}`,
    `a cause with a remed… (3 more characters) ${url}`,
    `a cause\n${pointer}`,
    'see docs/a.md then a… (20 more characters)',
    `docs/${'a'.repeat(15)}… (88 more characters)`,
  ])
})
