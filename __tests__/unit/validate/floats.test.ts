import { describe, expect, it } from '@jest/globals'
import { printFloats } from '../../../src/validate/queries/floats.js'

describe('printFloats', () => {
  it.each([
    [701, '0.142857142857142849', '0.14285714285714285'],
    [701, '-0', '-0'],
    [701, 'NaN', 'NaN'],
    [701, '1.00000000000000002e+300', '1e+300'],
    [700, '0.333333343', '0.33333334'],
    [1022, '{0.100000000000000006,NULL,-Infinity}', '{0.1,NULL,-Infinity}'],
    [600, '(0.100000000000000006,2)', '(0.1,2)'],
  ])('prints what is equal alike, type %d: %s and %s', (type, older, newer) => {
    expect(printFloats(older, type)).toBe(printFloats(newer, type))
  })

  it.each([
    [701, '0', '-0'],
    [701, '0.1', '0.10000000000000002'],
    [700, '0.1', '0.10000001'],
    [1700, '0.10', '0.1'],
    [25, '1.0', '1'],
  ])('keeps apart what differs, type %d: %s and %s', (type, one, other) => {
    expect(printFloats(one, type)).not.toBe(printFloats(other, type))
  })
})
