import { expect, test } from '@jest/globals'
import { tablesSection } from '../../../src/report/contents/tables.js'
import { failedReport } from '../../support/reports.js'

test('tables with as many rows come in the order of their names, which is the same on every machine', () => {
  const report = failedReport()
  const tables = ['a', 'B', 'ä', 'Z'].map((name) => ({
    schema: 'app',
    name,
    sourceRows: 1,
    targetRows: 1,
    equal: true,
    checksum: null,
  }))
  const databases = report.databases.slice(0, 1).map((each) => ({ ...each, tables }))
  const section = tablesSection(
    { ...report, databases },
    {
      entries: 100,
      ofOneKind: 100,
      characters: 100,
      prose: 100,
      rest: '',
    },
  )
  const names = JSON.stringify(section?.blocks).match(/app\.\p{L}/gu)
  expect(names).toEqual(['app.B', 'app.Z', 'app.a', 'app.ä'])
})
