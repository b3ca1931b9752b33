import { expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { tellFindings } from '../../../src/phases/tell-findings.js'
import { startReport, type Finding } from '../../../src/report/index.js'
import type { Run } from '../../../src/run.js'

const ofTarget = '-- on the target\ncreate role "app";'
const ofServer = '-- on the target\ndrop database "shop";'
const ofSource = '-- on the source\ndrop view v;'

test.each<[Finding['check'], string, number, string]>([
  ['view-recursive', ofSource, 2, `In database "shop":\n${ofSource}`],
  ['view-recursive', ofSource, 1, ofSource],
  // It could not be run there: the target has no such database, or it is the one that is to go.
  ['role-missing', ofTarget, 2, `For database "shop":\n${ofTarget}`],
  ['database-not-empty', ofServer, 2, `For database "shop":\n${ofServer}`],
  [
    'database-refuses-connections',
    '-- on the source\nalter …',
    2,
    'For database "shop":\n-- on the source\nalter …',
  ],
])('the remedy of %s (%j), of %i databases, says where it is run', (check, remedy, count, hint) => {
  const run = { log: silentLog, report: startReport('check', new Date(0)) } as unknown as Run
  const finding = { check, severity: 'blocking', database: 'shop', message: 'Oh.', remedy } as const
  const tell = () => {
    tellFindings(run, [finding], count)
  }
  expect(tell).toThrow(expect.objectContaining({ code: check, hint }))
})
