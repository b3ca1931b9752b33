/** Whether a dump fits, and how long an upgrade takes. */
import { expect, test } from '@jest/globals'
import { judgeRoom, judgeTargetRoom } from '../../../src/check/servers/disk.js'
import { forecastMinutes, neededSessions } from '../../../src/check/servers/room.js'

test.each([
  ['plain', 100, 10, 'blocking'],
  ['plain', 100, 169, 'warning'],
  ['plain', 100, 170, undefined],
  ['custom', 100, 4, 'blocking'],
  ['parallel', 100, 49, 'warning'],
  ['parallel', 100, 50, undefined],
  ['stream', 100, 0, undefined],
  ['copy', 100, 0, undefined],
  ['auto', 100, 0, undefined],
] as const)('%s with %i bytes to dump and %i free is %s', (method, bytes, free, severity) => {
  expect(judgeRoom(method, bytes, free)).toBe(severity)
})

test.each([
  [100, 19, false, 'blocking'],
  [100, 20, false, 'warning'],
  [100, 124, false, 'warning'],
  [100, 125, false, undefined],
  [100, 19, true, 'blocking'],
  [100, 20, true, 'warning'],
  [100, 224, true, 'warning'],
  [100, 225, true, undefined],
] as const)(
  'databases of %i bytes on a target with %i free, that keeps its WAL: %p, are %s',
  (bytes, free, isWalKept, severity) => {
    expect(judgeTargetRoom(bytes, free, isWalKept)).toBe(severity)
  },
)

test.each([
  [0, [1, 2]],
  [1e9, [1, 2]],
  [100e9, [28, 112]],
])('%d bytes take %j minutes', (bytes, minutes) => {
  expect(forecastMinutes(bytes)).toEqual(minutes)
})

test.each([
  ['stream', 2, 5, 6],
  ['copy', 2, 1, 6],
  ['copy', 2, 5, 8],
  ['auto', 4, 3, 12],
] as const)('%s with %i jobs and %i databases needs %i sessions', (method, jobs, count, needed) => {
  expect(neededSessions(method, jobs, count)).toBe(needed)
})
