import { expect, test } from '@jest/globals'
import { pauseAfter } from '../../../src/server/connection/patience.js'

/** All pauses before it is given up, in seconds. */
function patienceWith(error: object, wasReached: boolean): number {
  let total = 0
  for (let attempt = 1; ; attempt += 1) {
    const pause = pauseAfter(error, attempt, wasReached)
    if (pause === undefined) return total / 1000
    total += pause
  }
}

test.each([
  ['a server that is not there', { code: 'ECONNREFUSED' }, 0, 60],
  ['a socket that is not there', { code: 'ENOENT' }, 0, 60],
  ['a machine that is not there', { code: 'EHOSTUNREACH' }, 0, 60],
  ['a server that is starting up', { code: '57P03' }, 3, 60],
  ['a full server', { code: '53300' }, 0, 25],
  ['a line that was cut', { code: 'ECONNRESET' }, 3, 3],
  ['a wrong password', { code: '28P01' }, 0, 0],
  ['a database that is being renamed', { code: '3D000', detail: 'It seems to be' }, 3, 3],
  ['a database that is missing', { code: '3D000' }, 0, 0],
  ['an error without a code', new Error('no'), 0, 0],
])('%s is waited for as long as it may come', (_what, error, atFirst, later) => {
  expect(patienceWith(error, false)).toBe(atFirst)
  expect(patienceWith(error, true)).toBe(later)
})
