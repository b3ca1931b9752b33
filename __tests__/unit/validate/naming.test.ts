import { describe, expect, it } from '@jest/globals'
import { naming } from '../../../src/validate/inventory/naming.js'

describe('naming', () => {
  const { quotedByOne, plain, forTarget } = naming({
    source: { keywords: ['select', 'abstime'], types: ['pg_catalog.json', 'integer'] },
    target: { keywords: ['select', 'json'], types: ['json', 'integer'] },
  })

  it.each([
    ['public."json"', 'public.json'],
    ['"abstime"."json"."select"', 'abstime.json."select"'],
    ['["public.\\"json\\""]', '["public.json"]'],
    ['"json path" and "JSON"', '"json path" and "JSON"'],
  ])('takes the quotes away that one server alone writes: %s', (text, expected) => {
    expect(plain(text)).toBe(expected)
  })

  it.each([
    ['public.f(pg_catalog.json,pg_catalog.json[])', 'public.f(json,json[])'],
    [
      'public.f(pg_catalog.jsonb,x_pg_catalog.json)',
      'public.f(pg_catalog.jsonb,x_pg_catalog.json)',
    ],
  ])('takes the schema away that one server alone writes: %s', (text, expected) => {
    expect(plain(text)).toBe(expected)
  })

  it.each([
    ['SELECT json.json_table FROM json', 'SELECT "json".json_table FROM "json"'],
    [
      `('json'::text || "json") = E'it''s json\\\\'`,
      `('json'::text || "json") = E'it''s json\\\\'`,
    ],
    ['a."x json ""json""" = json', 'a."x json ""json""" = "json"'],
    ['abstime = json$', 'abstime = json$'],
  ])('puts quotes where only the target needs them: %s', (sql, expected) => {
    expect(forTarget(sql)).toBe(expected)
  })

  it('names the words that one server alone quotes', () => {
    expect(quotedByOne).toEqual(['abstime', 'json'])
  })

  it('leaves everything as it is between equal majors', () => {
    const spelling = { keywords: ['json'], types: ['pg_catalog.json'] }
    const same = naming({ source: spelling, target: spelling })
    expect(same.plain('pg_catalog.json')).toBe('pg_catalog.json')
    expect(same.plain('"json"')).toBe('"json"')
    expect(same.forTarget('json')).toBe('json')
  })
})
