import { expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { namedOfSeveral } from '../../../src/phases/named-of-several.js'
import type { Run } from '../../../src/run.js'

test.each([
  ['shop', 2, 'shop: moved'],
  ['shop', 1, 'moved'],
  [undefined, 2, 'moved'],
])('a line about database %s of %i is "%s"', (database, databases, expected) => {
  const lines: string[] = []
  const run = { log: { ...silentLog, error: (line: string) => lines.push(line) } }
  namedOfSeveral(run as unknown as Run, database, databases).log.error('moved')
  expect(lines).toEqual([expected])
})
