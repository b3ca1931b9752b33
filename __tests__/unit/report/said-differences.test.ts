import { expect, test } from '@jest/globals'
import { tellingOf } from '../../../src/report/difference-lines.js'

const difference = { kind: 'rows', object: 'public.t', source: '3', target: null }
const line = 'rows public.t: 3 on the source, nothing on the target'

test('a few differences are one error, each a line with both sides', () => {
  expect(tellingOf('shop', [difference, { ...difference, object: 'public."a\nb"' }])).toEqual({
    error: `shop: 2 differences between source and target:\n- ${line}\n- ${line.replace('public.t', 'public."a\\nb"')}`,
    lines: [],
  })
})

test('of more the first three are in the error, and the others in lines of their own', () => {
  const { error, lines } = tellingOf(
    'shop',
    Array.from({ length: 20 }, () => difference),
  )
  expect(error.split('\n')).toEqual([
    'shop: 20 differences between source and target, the most harmful first:',
    ...Array.from({ length: 3 }, () => `- ${line}`),
    '… and 17 more differences, in the log and the report.',
  ])
  expect(lines).toEqual(Array.from({ length: 17 }, () => line))
})

test('of many the log names the first, and counts the rest', () => {
  const { error, lines } = tellingOf(
    'shop',
    Array.from({ length: 1021 }, () => difference),
  )
  expect(error).toMatch(/… and 1,018 more differences, in the report\.$/)
  expect(lines).toHaveLength(18)
  expect(lines.at(-1)).toBe('… and 1,001 more differences, in the report.')
})

test('a long definition is cut', () => {
  const { error } = tellingOf('shop', [{ ...difference, source: 'x'.repeat(10_000) }])
  expect(error.length).toBeLessThan(500)
})
