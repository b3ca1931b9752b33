import { expect, test } from '@jest/globals'
import { findReports } from '../../../src/matrix/index.js'

test('a place that cannot be searched is told like one without a report, and hides no other', async () => {
  const found = await findReports(['package.json/*.json', 'nowhere/*.json'])
  expect(found).toEqual([
    { where: 'package.json/*.json', damage: expect.stringContaining('ENOTDIR') },
    { where: 'nowhere/*.json', damage: 'there is no report' },
  ])
})
