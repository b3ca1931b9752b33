import { expect, test } from '@jest/globals'
import { cutToWidth, fitLines, linesAt } from '../../../src/command-line/bars.js'

test.each([
  ['orders', 6, 'orders'],
  ['orders', 5, 'orde…'],
  ['orders', 1, '…'],
  ['orders', 0, ''],
  // Wide characters take two columns, and none is cut in half.
  ['注文テーブル', 12, '注文テーブル'],
  ['注文テーブル', 11, '注文テーブ…'],
  ['注文テーブル', 10, '注文テー…'],
  // A letter and its accent, and a family of four, are one.
  ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
  ['👨‍👩‍👧‍👦abc', 4, '👨‍👩‍👧‍👦a…'],
])('%s in %d columns is %s', (text, columns, expected) => {
  expect(cutToWidth(text, columns)).toBe(expected)
})

test('lines are counted as the terminal breaks them', () => {
  expect(['', 'abc', 'abcd', '注文テ'].map((text) => linesAt(text, 3))).toEqual([1, 1, 2, 2])
})

test('lines that do not fit are counted', () => {
  expect(fitLines(['one', 'two', 'three'], 10, 3)).toEqual(['one', 'two', 'three'])
  expect(fitLines(['one', 'two', 'three'], 30, 2)).toEqual(['one', 'and 2 more at work'])
  expect(fitLines(['a long line'], 6, -3)).toEqual(['a lo…'])
})
