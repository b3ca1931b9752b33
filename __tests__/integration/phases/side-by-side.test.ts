/** Databases that are moved with the method copy share the jobs; each one keeps its own story. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DatabaseReport, Report } from '../../../src/report/report.js'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade, type UpgradeInputs } from '../../support/upgrade-run.js'

let source: TestServer
let target: TestServer

beforeAll(async () => {
  source = await sharedServer(11)
  target = await sharedServer(18)
})

const tables = `do $$ begin for n in 1..4 loop
  execute format('create table t%s as select i, md5(i::text) as t from generate_series(1, 40000) i', n);
  execute format('create index on t%s (t)', n);
end loop; end $$`

async function filledDatabase(more = ''): Promise<string> {
  const name = await createDatabase(source, 'beside')
  await runSql(source, name, `${tables}; ${more}`)
  return name
}

function move(databases: string[], more: Partial<UpgradeInputs> = {}): Promise<Report> {
  return runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target),
    databases,
    roles: 'skip',
    method: 'copy',
    jobs: { value: 2, from: 'input' },
    ...more,
  })
}

async function drop(databases: readonly string[]): Promise<void> {
  for (const name of databases) {
    await runSql(source, 'postgres', `drop database "${name}"`)
    await runSql(target, 'postgres', `drop database if exists "${name}"`)
  }
}

const endOf = ({
  startedAt,
  durationSeconds,
}: Pick<DatabaseReport, 'startedAt' | 'durationSeconds'>) =>
  Date.parse(startedAt ?? '') + Math.round((durationSeconds ?? 0) * 1000)

/** What the engine does on its workers; the validation numbers its own. */
const kinds = new Set(['copy', 'index', 'constraint'])

/** The steps of all databases on one worker, in order of time. */
function stepsOf(report: Report, worker: number) {
  return report.databases
    .flatMap(({ name, spans }) => spans.map((span) => ({ ...span, database: name })))
    .filter(({ worker: number, kind }) => number === worker && kinds.has(kind))
    .map((span) => ({ database: span.database, from: Date.parse(span.startedAt), to: endOf(span) }))
    .toSorted((a, b) => a.from - b.from || a.to - b.to)
}

describe('three databases with two jobs', () => {
  let databases: string[]
  let report: Report

  beforeAll(async () => {
    databases = [await filledDatabase(), await filledDatabase(), await filledDatabase()]
    report = await move(databases)
  })
  afterAll(() => drop(databases))

  test('all arrive', () => {
    expect(report.error).toBeNull()
    const results = report.databases.map(({ name, result, error, tables }) => ({
      name,
      result,
      error,
      tables: tables.length,
    }))
    expect(results.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual(
      databases
        .toSorted((a, b) => a.localeCompare(b))
        .map((name) => ({ name, result: 'passed', error: null, tables: 4 })),
    )
  })

  test('two are moved at the same time, and the third when one of them has ended', () => {
    const [first, second, third] = report.databases
    if (first === undefined || second === undefined || third === undefined) throw new Error('none')
    const starts = report.databases.map(({ startedAt }) => Date.parse(startedAt ?? ''))
    expect(starts[1]).toBeLessThan(endOf(first))
    expect(starts[2]).toBeGreaterThanOrEqual(Math.min(endOf(first), endOf(second)))
  })

  test('there are no more workers than jobs, and each does one thing at a time', () => {
    const workers = new Set(
      report.databases.flatMap(({ spans }) => spans.map(({ worker }) => worker)),
    )
    expect([...workers].filter((worker) => worker > 1)).toEqual([])
    expect(workers.size).toBeGreaterThan(0)
    for (const worker of workers) {
      const steps = stepsOf(report, worker)
      const overlaps = steps.filter(({ from }, index) => from < (steps[index - 1]?.to ?? 0))
      expect(overlaps).toEqual([])
    }
  })
})

test('a database that fails neither stops nor hides the other', async () => {
  const failing = await filledDatabase(
    `create function since18(i int) returns int language plpgsql immutable as $$
       begin
         if current_setting('server_version_num')::int >= 180000 then raise 'not on this server'; end if;
         return i;
       end $$;
     create index broken on t1 (since18(i))`,
  )
  const good = await filledDatabase()
  const report = await move([failing, good])
  const byName = new Map(report.databases.map((database) => [database.name, database]))
  expect(report.result).toBe('failed')
  expect(byName.get(good)?.result).toBe('passed')
  expect(byName.get(failing)?.result).toBe('failed')
  expect(byName.get(failing)?.error?.message).toMatch(/"broken".*not on this server/s)
  const there = await runSql<{ datname: string }>(
    target,
    'postgres',
    `select datname from pg_database where datname in ('${failing}', '${good}')`,
  )
  expect(there).toEqual([{ datname: good }])
  await drop([failing, good])
})

test('with another method one database follows the other', async () => {
  const databases = [await filledDatabase(), await filledDatabase()]
  const report = await move(databases, { method: 'stream', validate: 'none', analyze: false })
  const [first, second] = report.databases
  if (first === undefined || second === undefined) throw new Error('none')
  expect(report.result).toBe('passed')
  expect(Date.parse(second.startedAt ?? '')).toBeGreaterThanOrEqual(endOf(first))
  await drop(databases)
})
