import { expect, test } from '@jest/globals'
import { annotationsLeftOut } from '../../../src/action/annotations.js'

test.each([
  [0, 10, undefined],
  [10, 10, undefined],
  [0, 11, '11 warnings'],
  [12, 3, '12 errors'],
  [11, 1200, '11 errors and 1,200 warnings'],
])('of %i errors and %i warnings the line at the end tells of %s', (errors, warnings, told) => {
  expect(annotationsLeftOut({ errors, warnings })?.split(', of which')[0]).toBe(
    told === undefined ? undefined : `There are ${told}`,
  )
})
