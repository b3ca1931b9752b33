import { describe, expect, it } from '@jest/globals'
import { writtenTables } from '../../../src/validate/drift.js'

describe('writtenTables', () => {
  it('names tables whose counters have moved, were reset, or are new', () => {
    const before = new Map([
      ['same', 5],
      ['more', 5],
      ['reset', 50],
    ])
    const after = new Map([
      ['same', 5],
      ['more', 6],
      ['reset', 3],
      ['new', 2],
    ])
    expect(writtenTables(before, after)).toEqual(['more', 'reset', 'new'])
  })
})
