import { expect, test } from '@jest/globals'
import { conninfoOf } from '../../../src/server/connection/conninfo.js'
import { pauseAfter } from '../../../src/server/connection/patience.js'

/** All pauses before it is given up, in seconds, and the attempts between them, where each takes so long. */
function patienceWith(error: object, isWaitedFor: boolean, attemptMs = 0): number {
  let elapsedMs = 0
  for (let number = 1; ; number += 1) {
    elapsedMs += attemptMs
    const pause = pauseAfter(error, { number, elapsedMs, isWaitedFor })
    if (pause === undefined) return elapsedMs / 1000
    elapsedMs += pause
  }
}

test.each([
  ['a server that is not there', { code: 'ECONNREFUSED' }, 0, 60],
  ['a socket that is not there', { code: 'ENOENT' }, 0, 60],
  ['a machine that is not there', { code: 'EHOSTUNREACH' }, 0, 60],
  ['a server that is starting up', { code: '57P03' }, 3, 60],
  ['a full server', { code: '53300' }, 0, 25],
  ['a line that was cut', { code: 'ECONNRESET' }, 3, 60],
  ['a line that was cut while we spoke', { code: 'EPIPE' }, 3, 60],
  ['a line that was closed', new Error('Connection terminated unexpectedly'), 3, 60],
  ['a wrong password', { code: '28P01' }, 0, 0],
  ['a database that is being renamed', { code: '3D000', detail: 'It seems to be' }, 3, 3],
  ['a database that is missing', { code: '3D000' }, 0, 0],
  ['an error without a code', new Error('no'), 0, 0],
])('%s is waited for as long as it may come', (_what, error, atFirst, later) => {
  expect(patienceWith(error, false)).toBe(atFirst)
  expect(patienceWith(error, true)).toBe(later)
})

test.each([10, 30, 60])(
  'a silence of two minutes is waited through with a connect_timeout of %d s, and one that does not end is not',
  (seconds) => {
    for (const silence of [new Error('timeout expired'), { code: 'ETIMEDOUT' }]) {
      const waited = patienceWith(silence, true, seconds * 1000)
      expect(waited).toBeGreaterThan(120 + seconds)
      expect(waited).toBeLessThan(300)
    }
    expect(patienceWith(new Error('timeout expired'), false, seconds * 1000)).toBe(seconds)
  },
)

test.each([
  [30, 200],
  [600, 600],
])('with a connect_timeout of %d s a tool, which asks once, waits for %d s', (given, waited) => {
  const parameters = {
    host: 'h',
    port: 5432,
    user: 'u',
    database: 'd',
    password: undefined,
    sslmode: 'disable',
    connectTimeoutSeconds: given,
  } as const
  expect(conninfoOf(parameters, 18)['connect_timeout']).toBe(waited)
})
