/** Every remedy that can be pasted is pasted by a test on real servers; of every other one it is said why it cannot. */
import { expect, test } from '@jest/globals'
import { checkNames, type CheckName } from '../../../src/report/check-names.js'
import { remedies } from './remedies.js'
import { textsOf } from './test-texts.js'

const pastes = /\b(?:findingsAfterRemedies|paste\w*)\(/
const nothingLeft = /toEqual\(\s*\[\],?\s*\)/

/** What the list claims of a remedy and no test keeps. */
function unkept(name: CheckName): string | undefined {
  const remedy = remedies[name]
  if ('words' in remedy) return undefined
  const pasting = textsOf('settled' in remedy ? remedy.settled : remedy.pasted)
    .filter((text) => text.includes(name))
    .filter((text) => pastes.test(text))
  if (pasting.length === 0) return 'no test of that title pastes it'
  const isSettled = pasting.some((text) => nothingLeft.test(text))
  return 'settled' in remedy && !isSettled ? 'nothing is expected to be left' : undefined
}

test.each(checkNames)('what is said of the remedy of %s is kept', (name) => {
  expect(unkept(name)).toBeUndefined()
})
