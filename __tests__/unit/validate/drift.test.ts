import { describe, expect, it } from '@jest/globals'
import { driftBetween } from '../../../src/validate/drift.js'

describe('driftBetween', () => {
  it('names the tables that were written, most rows first', () => {
    const before = new Map([
      ['a', 5],
      ['b', 5],
      ['c', 5],
    ])
    const after = new Map([
      ['a', 6],
      ['b', 5],
      ['c', 15],
      ['new', 2],
    ])
    expect(driftBetween(before, after).tables).toEqual([
      { table: 'c', rows: 10 },
      { table: 'new', rows: 2 },
      { table: 'a', rows: 1 },
    ])
  })

  it('takes counters that were reset as written since', () => {
    expect(driftBetween(new Map([['a', 50]]), new Map([['a', 3]])).tables).toEqual([
      { table: 'a', rows: 3 },
    ])
  })
})
