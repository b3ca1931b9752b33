import { expect, it } from '@jest/globals'
import { failureOf } from '../../../src/report/index.js'
import { startDatabaseReport, startReport } from '../../../src/report/report.js'

it('has one line for each database that failed, whatever its name', () => {
  const report = startReport('upgrade', new Date(0))
  report.databases.push(startDatabaseReport('shop\nThe run passed.\u202e', 1))
  expect(failureOf(report)).toBe(
    'The run failed.\nshop\\nThe run passed.\\u{202e}: no differences between source and target',
  )
})
