import { describe, expect, it } from '@jest/globals'
import { chooseMethod } from '../../../src/transfer/choose-method.js'

const gigabyte = 1024 ** 3

describe('chooseMethod', () => {
  it.each([
    [{ bytes: gigabyte, bigTables: 5, jobs: 4, freeDiskBytes: 100 * gigabyte }, 'stream'],
    [{ bytes: 20 * gigabyte, bigTables: 5, jobs: 4, freeDiskBytes: 100 * gigabyte }, 'parallel'],
    [{ bytes: 20 * gigabyte, bigTables: 5, jobs: 1, freeDiskBytes: 100 * gigabyte }, 'stream'],
    [{ bytes: 20 * gigabyte, bigTables: 1, jobs: 4, freeDiskBytes: 100 * gigabyte }, 'stream'],
    [{ bytes: 20 * gigabyte, bigTables: 5, jobs: 4, freeDiskBytes: gigabyte }, 'stream'],
    [{ bytes: 20 * gigabyte, bigTables: 5, jobs: 4, freeDiskBytes: null }, 'stream'],
  ])('where copy is ruled out, for %j takes %s', (facts, expected) => {
    const againstCopy = 'the argument --inserts'
    const { name, why } = chooseMethod({ ...facts, againstCopy })
    expect(name).toBe(expected)
    expect(why).toMatch(/^copy is ruled out by the argument --inserts; /)
  })

  it('takes copy unless something rules it out', () => {
    const facts = { bytes: 1, bigTables: 0, jobs: 1, freeDiskBytes: null, againstCopy: null }
    expect(chooseMethod(facts).name).toBe('copy')
  })
})
