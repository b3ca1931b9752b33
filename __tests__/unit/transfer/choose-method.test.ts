import { describe, expect, it } from '@jest/globals'
import { chooseMethod } from '../../../src/transfer/choose-method.js'

const gigabyte = 1024 ** 3
const small = { bytes: gigabyte, bigTables: 5, jobs: 4, freeDiskBytes: 100 * gigabyte }

describe('chooseMethod', () => {
  it.each([
    [small, 'stream'],
    [{ bytes: 20 * gigabyte, bigTables: 5, jobs: 4, freeDiskBytes: 100 * gigabyte }, 'parallel'],
    [{ bytes: 20 * gigabyte, bigTables: 5, jobs: 1, freeDiskBytes: 100 * gigabyte }, 'stream'],
    [{ bytes: 20 * gigabyte, bigTables: 1, jobs: 4, freeDiskBytes: 100 * gigabyte }, 'stream'],
    [{ bytes: 20 * gigabyte, bigTables: 5, jobs: 4, freeDiskBytes: gigabyte }, 'stream'],
    [{ bytes: 20 * gigabyte, bigTables: 5, jobs: 4, freeDiskBytes: null }, 'stream'],
    [{ ...small, configurationFirst: true }, 'custom'],
    [{ ...small, configurationFirst: true, jobs: 1 }, 'custom'],
    [{ ...small, configurationFirst: true, freeDiskBytes: null }, 'stream'],
    [{ ...small, configurationFirst: true, bytes: 20 * gigabyte }, 'parallel'],
  ])('where copy is ruled out, for %j takes %s', (facts, expected) => {
    const againstCopy = 'the argument --inserts'
    const { name, why } = chooseMethod({ configurationFirst: false, ...facts, againstCopy })
    expect(name).toBe(expected)
    expect(why).toMatch(/^copy is ruled out by the argument --inserts; /)
  })

  it('takes copy unless something rules it out', () => {
    expect(chooseMethod({ ...small, configurationFirst: true, againstCopy: null }).name).toBe(
      'copy',
    )
  })
})
