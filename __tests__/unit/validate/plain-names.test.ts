import { describe, expect, it } from '@jest/globals'
import { plainNames } from '../../../src/validate/inventory/plain-names.js'

describe('plainNames', () => {
  const plain = plainNames({ source: ['select', 'abstime'], target: ['select', 'json'] })

  it.each([
    ['public."json"', 'public.json'],
    ['"abstime"."json"."select"', 'abstime.json."select"'],
    ['["public.\\"json\\""]', '["public.json"]'],
    ['"json path" and "JSON"', '"json path" and "JSON"'],
  ])('takes the quotes away that one server alone writes: %s', (text, expected) => {
    expect(plain(text)).toBe(expected)
  })

  it('leaves everything as it is between equal majors', () => {
    const same = plainNames({ source: ['json'], target: ['json'] })
    expect(same('"json"')).toBe('"json"')
  })
})
