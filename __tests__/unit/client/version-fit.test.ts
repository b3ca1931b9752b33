/** Which client tools are refused for two servers, before anything is dumped. */
import { describe, expect, test } from '@jest/globals'
import { refuseUnfitTools } from '../../../src/client/index.js'

const check =
  (major: number, sourceMajor: number, targetMajor: number, connectsRestore = true) =>
  () => {
    refuseUnfitTools({ major, sourceMajor, targetMajor, connectsRestore })
  }

describe('tools are refused', () => {
  test('that are older than the source', () => {
    expect(check(15, 16, 16)).toThrow('pg_dump refuses a newer server')
  })

  test('that write transaction_timeout for a target before 17', () => {
    expect(check(17, 12, 16)).toThrow('transaction_timeout')
    expect(check(16, 12, 16)).not.toThrow()
  })

  test('whose pg_restore refuses a newer target: those of 18 and later', () => {
    expect(check(18, 17, 19)).toThrow('since 18, pg_restore refuses a newer server')
    expect(check(17, 17, 18)).not.toThrow()
    expect(check(18, 17, 18)).not.toThrow()
  })

  test('but not for their pg_restore where the method does without one', () => {
    expect(check(18, 17, 19, false)).not.toThrow()
  })
})
