import { expect, test } from '@jest/globals'
import { differenceLines } from '../../../src/report/difference-lines.js'

const difference = { kind: 'rows', object: 'public.t', source: '3', target: null }

test('a difference is one line with both sides', () => {
  expect(differenceLines([difference])).toEqual([
    'rows public.t: 3 on the source, nothing on the target',
  ])
})

test('of many differences the first are named, and the rest is counted', () => {
  const lines = differenceLines(Array.from({ length: 1021 }, () => difference))
  expect(lines).toHaveLength(21)
  expect(lines.at(-1)).toBe('… and 1,001 more differences, in the report.')
})

test('a long definition is cut', () => {
  const [line = ''] = differenceLines([{ ...difference, source: 'x'.repeat(10_000) }])
  expect(line.length).toBeLessThan(400)
})
