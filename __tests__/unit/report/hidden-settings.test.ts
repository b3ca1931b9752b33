/** What the log says of how many server parameters differ. */
import { expect, test } from '@jest/globals'
import { notVisible, toldCounts } from '../../../src/report/hidden-settings.js'

const setting = (target: string) => ({ name: 'work_mem', source: '4MB', target, note: '' })

test.each([
  [['8MB'], '1 server parameter differs.'],
  [['8MB', '9MB'], '2 server parameters differ.'],
  [[], '0 server parameters differ.'],
  [
    ['8MB', notVisible],
    '1 server parameter differs; 1 more is hidden from a role of the run, as the report says.',
  ],
  [
    [notVisible, notVisible],
    '0 server parameters differ; 2 more are hidden from a role of the run, as the report says.',
  ],
])('counts %j', (targets, told) => {
  expect(toldCounts(targets.map(setting))).toBe(told)
})
