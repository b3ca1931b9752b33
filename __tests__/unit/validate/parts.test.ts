import { describe, expect, it } from '@jest/globals'
import { partConditions } from '../../../src/validate/rows/parts.js'

describe('partConditions', () => {
  it('leaves small tables, single sessions and configuration tables whole', () => {
    expect(partConditions(100, 4, 18, '')).toEqual([''])
    expect(partConditions(100_000, 1, 18, '')).toEqual([''])
    expect(partConditions(100_000, 4, 18, 'where x')).toEqual(['where x'])
  })

  it('covers every page once, and all pages that come later', () => {
    expect(partConditions(10_000, 2, 18, '')).toEqual([
      `where t.ctid >= '(0,0)'::pg_catalog.tid and t.ctid < '(3334,0)'::pg_catalog.tid`,
      `where t.ctid >= '(3334,0)'::pg_catalog.tid and t.ctid < '(6668,0)'::pg_catalog.tid`,
      `where t.ctid >= '(6668,0)'::pg_catalog.tid`,
    ])
  })

  it('makes no more parts than sessions where each part reads the whole table', () => {
    expect(partConditions(1_000_000, 3, 13, '')).toHaveLength(3)
    expect(partConditions(1_000_000, 3, 14, '')).toHaveLength(64)
  })
})
