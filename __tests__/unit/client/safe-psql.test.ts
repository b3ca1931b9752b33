import { expect, test } from '@jest/globals'
import { isSafePsql } from '../../../src/client/safe-psql.js'

test.each(['14.24', '15.19', '15.20', '16.15', '17.11', '18.6', '18.10', '19.0', '20.3'])(
  'psql %s may be given a plain dump',
  (version) => {
    expect(isSafePsql(version)).toBe(true)
  },
)

test.each(['10.23', '13.23', '14.23', '15.18', '16.14', '17.10', '18.5', '18beta1', '19beta1', ''])(
  'psql %s may not be given a plain dump',
  (version) => {
    expect(isSafePsql(version)).toBe(false)
  },
)
