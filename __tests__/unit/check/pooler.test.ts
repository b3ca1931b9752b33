/** What betrays a pooler. */
import { expect, test } from '@jest/globals'
import { poolerEvidence, type SessionSighting } from '../../../src/check/servers/pooler.js'

const seen = (...sightings: [number, string | null][]): SessionSighting[] =>
  sightings.map(([processId, marker]) => ({ processId, marker }))

test.each([
  ['two sessions of their own', seen([1, 'a'], [1, 'a']), seen([2, 'b'], [2, 'b']), undefined],
  [
    'one process for both',
    seen([1, 'a'], [1, 'a']),
    seen([1, 'b'], [1, 'b']),
    'two sessions were served by one server process',
  ],
  [
    'a process that changes',
    seen([1, 'a'], [3, 'a']),
    seen([2, 'b'], [2, 'b']),
    'one session was served by several server processes',
  ],
  [
    'a marker that was dropped',
    seen([1, 'a'], [1, 'a']),
    seen([2, null], [2, null]),
    'the settings that a session starts with did not reach the server',
  ],
  [
    "a marker of another session's",
    seen([1, 'b'], [1, 'b']),
    seen([2, 'b'], [2, 'b']),
    'the settings that a session starts with did not reach the server',
  ],
])('%s', (_title, first, second, evidence) => {
  expect(poolerEvidence(first, second, ['a', 'b'])).toBe(evidence)
})
