import { describe, expect, it } from '@jest/globals'
import { chooseMethod } from '../../../src/transfer/choose-method.js'
import { progressLine } from '../../../src/transfer/progress.js'

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

describe('progressLine', () => {
  it('says what, how much of how much and how long is left', () => {
    const line = progressLine({
      database: 'shop',
      sourceBytes: 1_000_000_000,
      targetBytes: 250_000_000,
      passedBytes: 80_000_000,
      activity: 'creating INDEX "public.i"',
      seconds: 60,
    })
    expect(line).toBe(
      'shop: 250 MB of about 1 GB on the target (25 %), 80 MB of dump passed, 60 s gone, about 3 min left; creating INDEX "public.i"',
    )
  })

  it('makes no forecast from nothing', () => {
    const line = progressLine({
      database: 'shop',
      sourceBytes: 1_000_000_000,
      targetBytes: 8_000_000,
      passedBytes: 0,
      activity: '',
      seconds: 15,
    })
    expect(line).not.toMatch(/left/)
  })
})
