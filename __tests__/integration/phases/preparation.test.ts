/** What a run begins with: arguments that the tools refuse, and more findings of one kind than anybody reads. */
import { expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  startServer,
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

test('of several databases each line of a finding says which it is about, and no remedy stands for that of another', async () => {
  const [source, target] = await Promise.all([sharedServer(11), sharedServer(18)])
  const databases = [await createDatabase(source, 'twin'), await createDatabase(source, 'twin')]
  for (const name of databases) await runSql(source, name, 'create table t (c abstime)')
  const lines: string[] = []
  const record = (line: string) => lines.push(line)
  const check = (names: readonly string[]) =>
    runUpgrade(
      {
        mode: 'check',
        databases: names,
        source: connectionParameters(source),
        target: connectionParameters(target),
      },
      undefined,
      { log: { ...silentLog, info: record, warning: record } },
    )
  const { error, findings } = await check(databases)
  const blocking = findings.filter(({ severity }) => severity === 'blocking')
  expect(blocking.map(({ database }) => database).toSorted()).toEqual(databases.toSorted())
  expect(error?.message.split('\n').slice(1)).toEqual(
    blocking.map(({ database = '', message }) => `- ${database}: removed-type: ${message}`),
  )
  for (const { database = '', message, remedy = '' } of blocking) {
    const index = lines.indexOf(`${database}: removed-type: ${message}`)
    expect(lines[index + 1]).toBe(`${database}:\n${remedy}`)
  }
  expect(error?.hint).toBe(
    'What to do about each of them stands with it in the log, the job summary and the report.',
  )

  lines.length = 0
  const alone = await check(databases.slice(0, 1))
  const [only] = alone.findings.filter(({ severity }) => severity === 'blocking')
  expect(lines).toContain(`removed-type: ${only?.message}`)
  expect(alone.error?.hint).toBe(only?.remedy)
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

test('a plan whose matrix GitHub would drop, because it holds a password, ends before roles are moved', async () => {
  const [source, target] = await Promise.all([sharedServer(15), sharedServer(18)])
  const { password } = source
  const database = await createDatabase(source, `app ${password}`)
  const plan = (secretsAreMasked: boolean) =>
    runUpgrade(
      {
        mode: 'plan',
        databases: [database],
        source: connectionParameters(source),
        target: connectionParameters(target),
      },
      undefined,
      { secretsAreMasked },
    )
  const { error, phases } = await plan(true)
  expect(phases.map(({ name }) => name)).toEqual(['connect', 'databases'])
  expect(error?.code).toBe('invalid-input')
  expect(error?.message).toMatch(/^- source-password: a password for the source/m)
  expect(error?.message).not.toMatch(/target-password/)
  expect(error?.message).not.toContain(password)
  // A terminal passes everything on.
  expect(await plan(false)).toMatchObject({ result: 'passed', plan: { jobs: [{ job: 1 }] } })
})

test('the database postgres is moved where an extension keeps rows of users in it, as pg_cron does', async () => {
  const [source, target] = [await startServer(17), await sharedServer(18)]
  const lines: string[] = []
  const check = () =>
    runUpgrade(
      {
        mode: 'check',
        source: connectionParameters(source),
        target: connectionParameters(target),
      },
      undefined,
      { log: { ...silentLog, info: (line: string) => lines.push(line) } },
    )
  await runSql(
    source,
    'postgres',
    `begin; create extension tcn; create table jobs (id int); alter extension tcn add table jobs;
     update pg_extension set extconfig = array['jobs'::regclass]::oid[], extcondition = '{""}' where extname = 'tcn'; commit`,
  )
  await check()
  await runSql(source, 'postgres', 'insert into jobs values (1)')
  await check()
  await source.stop()
  expect(lines.filter((line) => /to move/i.test(line))).toEqual([
    'No database to move.',
    'To move, biggest first: postgres',
  ])
})

test.each([
  ['validate', 'To compare, biggest first: '],
  ['check', 'To move, biggest first: '],
] as const)('the databases of mode %s are told as what becomes of them', async (mode, line) => {
  const [source, target] = await Promise.all([sharedServer(17), sharedServer(18)])
  const database = await createDatabase(source)
  const lines: string[] = []
  await runUpgrade(
    {
      mode,
      databases: [database],
      source: connectionParameters(source),
      target: connectionParameters(target),
    },
    undefined,
    { log: { ...silentLog, info: (told: string) => lines.push(told) } },
  )
  expect(lines).toContain(`${line}${database}`)
})
