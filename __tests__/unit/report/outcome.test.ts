import { describe, expect, it } from '@jest/globals'
import { outcomeOf } from '../../../src/report/outcome.js'
import { startDatabaseReport, type DatabaseReport } from '../../../src/report/report.js'

const table = {
  schema: 's',
  name: 't',
  sourceRows: 1200,
  targetRows: 1200,
  equal: true,
  checksum: null,
}

function entry(changes: Partial<DatabaseReport>): DatabaseReport {
  return { ...startDatabaseReport('shop', 1), result: 'passed', ...changes }
}

describe('outcomeOf', () => {
  it('says what was compared', () => {
    expect(outcomeOf(entry({ tables: [table] }), 'upgrade')).toBe(
      'shop: published; 1 table with 1,200 rows equal on both sides.',
    )
  })

  it('says that a database without tables was validated, where it was', () => {
    const validate = { name: 'validate', side: 'both', startedAt: '', durationSeconds: 1 } as const
    expect(outcomeOf(entry({ phases: [validate] }), 'upgrade')).toBe(
      'shop: published; validated, there are no tables.',
    )
  })

  it('never claims a publication or a comparison that was not made', () => {
    expect(outcomeOf(entry({}), 'rehearse')).toBe(
      'shop: rehearsed, nothing published; not validated.',
    )
    const differences = [{ kind: 'rows', object: 't', source: '1', target: '0' }]
    expect(outcomeOf(entry({ result: 'failed', differences }), 'upgrade')).toMatch(/not published/)
  })
})
