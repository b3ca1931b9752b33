import { expect, test } from '@jest/globals'
import { inBatches } from '../../../src/server/index.js'

const kilobyte = 1024
const sizes = (batches: readonly (readonly number[])[]) => batches.map(({ length }) => length)

test('big tables stay alone and keep their order; small ones go forty at a time', () => {
  const tables = [900, 257, ...Array.from({ length: 85 }, () => 8), 0].map(
    (size) => size * kilobyte,
  )
  const { big, small } = inBatches(tables, (bytes) => bytes)
  expect(big).toEqual([900 * kilobyte, 257 * kilobyte])
  expect(sizes(small)).toEqual([40, 40, 6])
  expect(small.flat()).toEqual(tables.slice(2))
})

test('a batch is full with a little more than 4 MB', () => {
  const tables = Array.from({ length: 20 }, () => 256 * kilobyte)
  const { big, small } = inBatches(tables, (bytes) => bytes)
  expect(big).toEqual([])
  expect(sizes(small)).toEqual([17, 3])
})

test('nothing is in no batch', () => {
  expect(inBatches([], () => 1)).toEqual({ big: [], small: [] })
})
