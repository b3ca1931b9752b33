/** How many synchronous standbys are missing. */
import { expect, test } from '@jest/globals'
import { missingStandbys } from '../../../src/check/servers/synchronous-standby.js'

test.each([
  ['', [], 0],
  ['*', [], 1],
  ['a, b', [], 1],
  ['a, b', ['sync', 'potential'], 0],
  ['a', ['async'], 1],
  ['2 (a, b)', ['sync'], 1],
  ['FIRST 2 (a, b, c)', ['sync', 'sync', 'potential'], 0],
  ['first 2(a, b)', [], 2],
  ['ANY 2 (a, b, c)', ['quorum'], 1],
  ['any 1 (a, b)', ['quorum', 'quorum'], 0],
  ['a', [null], 0],
] as const)('of %j with the states %j, %d are missing', (names, states, missing) => {
  expect(missingStandbys(names, states)).toBe(missing)
})
