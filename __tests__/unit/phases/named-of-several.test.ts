import { expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { namedOfSeveral } from '../../../src/phases/named-of-several.js'
import type { Run } from '../../../src/run.js'

test.each([
  ['shop', 2, 'moved', 'shop: moved'],
  ['shop', 2, 'shop: moved', 'shop: moved'],
  ['shop', 1, 'moved', 'moved'],
  [undefined, 2, 'moved', 'moved'],
  // Nobody could see that the name stands there twice.
  ['a\tb\u202e', 2, 'a\tb\u202e: moved', 'a\\tb\\u{202e}: moved'],
  ['a\tb\u202e', 2, 'a\\tb\\u{202e}: moved', 'a\\tb\\u{202e}: moved'],
])('in a run about database %j of %i "%s" becomes "%s"', (database, databases, said, expected) => {
  const lines: string[] = []
  const run = { log: { ...silentLog, error: (line: string) => lines.push(line) } }
  namedOfSeveral(run as unknown as Run, database, databases).log.error(said)
  expect(lines).toEqual([expected])
})
