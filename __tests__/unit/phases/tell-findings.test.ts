import { expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { tellFindings } from '../../../src/phases/tell-findings.js'
import { startReport, type Finding } from '../../../src/report/index.js'
import type { Run } from '../../../src/run.js'

const ofTarget = '-- on the target\ncreate role "app";'
const ofServer = '-- on the target\ndrop database "shop";'
const ofSource = '-- on the source\ndrop view v;'

test.each<[Finding['check'], string, boolean, number, string]>([
  ['view-recursive', ofSource, true, 2, `In database "shop":\n${ofSource}`],
  ['view-recursive', ofSource, true, 1, ofSource],
  // It could not be run there: the target has no such database, or it is the one that is to go.
  ['role-missing', ofTarget, false, 2, `For database "shop":\n${ofTarget}`],
  ['database-not-empty', ofServer, false, 2, `For database "shop":\n${ofServer}`],
  [
    'database-refuses-connections',
    '-- on the source\nalter …',
    false,
    2,
    'For database "shop":\n-- on the source\nalter …',
  ],
])(
  'the remedy of %s (%j, in the database: %j), of %i databases, says where it is run',
  (check, remedy, remedyInDatabase, count, hint) => {
    const run = { log: silentLog, report: startReport('check', new Date(0)) } as unknown as Run
    const finding = {
      check,
      severity: 'blocking',
      database: 'shop',
      message: 'Oh.',
      remedy,
    } as const
    const tell = () => {
      tellFindings(run, [{ ...finding, remedyInDatabase }], count)
    }
    expect(tell).toThrow(expect.objectContaining({ code: check, hint }))
    expect(run.report.findings).toStrictEqual([{ ...finding, object: undefined }])
  },
)
