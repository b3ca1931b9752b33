import { describe, expect, it } from '@jest/globals'
import { writtenTables } from '../../../src/validate/write-counters.js'

describe('writtenTables', () => {
  it('names tables whose counters have moved, were reset, or whose storage is another, or that are new', () => {
    const before = new Map([
      ['same', '5 16384 16384'],
      ['more', '5 16384 16384'],
      ['reset', '50 16384 16384'],
      ['truncated', '5 16384 16384'],
    ])
    const after = new Map([
      ['same', '5 16384 16384'],
      ['more', '6 16384 16384'],
      ['reset', '3 16384 16384'],
      ['truncated', '5 16384 16390'],
      ['new', '2 16384 16384'],
    ])
    expect(writtenTables(before, after)).toEqual(new Set(['more', 'reset', 'truncated', 'new']))
  })
})
