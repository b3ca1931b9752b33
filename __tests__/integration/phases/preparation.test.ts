/** What a run begins with: arguments that the tools refuse, and more findings of one kind than anybody reads. */
import { expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

test('the report has every finding; the log and the error show the first twenty and count the rest', async () => {
  const [source, target] = await Promise.all([sharedServer(11), sharedServer(18)])
  const database = await createDatabase(source, 'kinds')
  const tables = Array.from({ length: 25 }, (_, index) => `t${index + 10}`)
  await runSql(
    source,
    database,
    tables.map((table) => `create table ${table} (c abstime)`).join('; '),
  )
  const lines: string[] = []
  const record = (line: string) => lines.push(line)
  const report = await runUpgrade(
    {
      mode: 'check',
      databases: [database],
      source: connectionParameters(source),
      target: connectionParameters(target),
    },
    undefined,
    { log: { ...silentLog, info: record, warning: record } },
  )
  const blocking = report.findings.filter(({ check }) => check === 'removed-type')
  expect(blocking.map(({ object }) => object)).toEqual(
    tables.map((table) => expect.stringContaining(table) as unknown),
  )
  const rest = `removed-type: … and 5 more in database ${database}, in report.json with the remedy of each.`
  expect(lines.filter((line) => line.startsWith('removed-type: '))).toHaveLength(21)
  expect(lines).toContain(rest)
  expect(report.error?.message).toMatch(/^25 findings must be settled first/)
  expect(report.error?.message.split('\n')).toHaveLength(22)
  expect(report.error?.message).toContain(`\n- ${rest}`)
})

test.each(['check', 'plan', 'upgrade'] as const)(
  'mode %s refuses what a tool does not take before roles are moved and the source is frozen',
  async (mode) => {
    const [source, target] = await Promise.all([sharedServer(15), sharedServer(18)])
    const database = await createDatabase(source, 'arguments')
    const report = await runUpgrade({
      mode,
      method: 'custom',
      databases: [database],
      freezeSource: mode === 'upgrade',
      pgRestoreArguments: ['--no-comment', '--no-such-option'],
      source: connectionParameters(source),
      target: connectionParameters(target),
    })
    expect(report.phases.map(({ name }) => name)).toEqual(['connect', 'client-tools'])
    expect(report.error).toMatchObject({
      code: 'invalid-input',
      message: expect.stringMatching(
        /^- pg-restore-args: pg_restore 18\.\d+ .*unrecognized option '--no-such-option'\.$/m,
      ) as unknown,
    })
  },
)
