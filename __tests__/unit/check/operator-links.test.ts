/** Which servers let an operator be the negator of one other only. */
import { expect, test } from '@jest/globals'
import { refusesSecondLink } from '../../../src/check/definitions/operator-links.js'

test.each([
  [13, 130_023, false],
  [15, 150_018, false],
  [15, 150_020, true],
  [17, 170_000, true],
])('a server of %i with the number %i refuses a second link: %s', (major, number, answer) => {
  expect(refusesSecondLink(major, number)).toBe(answer)
})
