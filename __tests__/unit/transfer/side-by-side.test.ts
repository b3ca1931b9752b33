/** How many databases are moved at once. */
import { expect, test } from '@jest/globals'
import { databasesAtOnce } from '../../../src/phases/side-by-side.js'

test.each([
  ['copy', [], 4, 3, 3],
  ['copy', [], 2, 3, 2],
  ['copy', [], 1, 3, 1],
  ['auto', [], 2, 3, 2],
  ['auto', ['--inserts'], 2, 3, 1],
  ['parallel', [], 4, 3, 1],
  ['stream', [], 4, 3, 1],
] as const)('%s with %j, %i jobs and %i databases: %i', (method, more, value, count, atOnce) => {
  const jobs = { value, from: 'input' as const }
  const inputs = { method, jobs, pgDumpArguments: [...more], pgRestoreArguments: [] }
  expect(databasesAtOnce(inputs, 18, count)).toBe(atOnce)
})
