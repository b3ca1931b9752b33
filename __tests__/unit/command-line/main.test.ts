import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandLine, failOnTerminal, toolCache } from '../../../src/command-line/main.js'
import { startReport, writeReport, type Report } from '../../../src/report/index.js'
import { passedReport } from '../../support/reports.js'

const moved = passedReport()
const databases = moved.databases.map(({ name }) => name)
const plan: Report = {
  ...startReport('plan', new Date(moved.startedAt)),
  result: 'passed',
  source: moved.source,
  target: moved.target,
  plan: { id: '0a1b2c3d', mode: 'upgrade', roles: 'skip', jobs: [{ job: 1, databases, bytes: 9 }] },
}

let folder: string
const before = process.exitCode

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'command-line-'))
  process.exitCode = undefined
  jest.spyOn(process.stdout, 'write').mockReturnValue(true)
  jest.spyOn(process.stderr, 'write').mockReturnValue(true)
})

afterEach(async () => {
  jest.restoreAllMocks()
  process.exitCode = before
  await rm(folder, { recursive: true })
})

async function putTogether(): Promise<void> {
  const job: Report = { ...moved, part: { plan: '0a1b2c3d', job: 1 } }
  for (const [number, report] of [plan, job].entries()) {
    await writeFile(join(folder, `${number}.json`), JSON.stringify(report))
  }
  return commandLine([
    '--mode=report',
    `--reports=${folder}/*.json`,
    `--report-directory=${folder}/report`,
    `--history=${folder}/history.json`,
  ])
}

test('a run that passed ends with 0', async () => {
  await putTogether()
  expect(process.exitCode).toBe(0)
})

test('an error that nobody caught fails the process, though the run says that it passed', async () => {
  const running = putTogether()
  failOnTerminal(new Error('nobody caught this'))
  await running
  expect(process.exitCode).toBe(1)
})

test('an empty XDG_CACHE_HOME is none', () => {
  const given = process.env['XDG_CACHE_HOME']
  try {
    process.env['XDG_CACHE_HOME'] = '/caches'
    expect(toolCache()).toBe('/caches/upgrade-postgres/tool-cache')
    process.env['XDG_CACHE_HOME'] = ''
    expect(toolCache()).toBe(join(homedir(), '.cache/upgrade-postgres/tool-cache'))
  } finally {
    if (given === undefined) delete process.env['XDG_CACHE_HOME']
    else process.env['XDG_CACHE_HOME'] = given
  }
})

const reportDirectory = () => `--report-directory=${folder}`

test.each([
  ['an input', () => ['--validate=checksum', reportDirectory()], []],
  ['an option', () => [reportDirectory(), '--valdate=checksums'], []],
  ['the reports to put together', () => ['--mode=report', reportDirectory()], ['html', 'json']],
])(
  'where %s is refused, a report of an earlier run stays only where it may be wanted',
  async (_, given, left) => {
    await writeReport(folder, moved)
    await commandLine(given())
    expect(process.exitCode).toBe(2)
    const files = await readdir(folder)
    expect(files.filter((name) => name.startsWith('report.'))).toEqual(
      left.map((kind) => `report.${kind}`),
    )
  },
)

test('out of the usual folder a run that is refused takes the report of an earlier one, and a slip that is no run does not', async () => {
  const usual = join(folder, 'upgrade-postgres-report')
  const start = process.cwd()
  await writeReport(usual, moved)
  try {
    process.chdir(folder)
    await commandLine(['--hlep'])
    expect(await readdir(usual)).toHaveLength(2)
    await commandLine(['--mode=check'])
    expect(await readdir(usual)).toEqual([])
  } finally {
    process.chdir(start)
  }
})

test('says of a folder that is none that no report could be taken out of it', async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
  await commandLine(['--validate=checksum', `--report-directory=${file}`])
  expect(process.exitCode).toBe(2)
  const said = stderr.mock.calls.map(([text]) => String(text))
  expect(said.join('')).toContain(`could not be taken out of ${file}: ENOTDIR`)
})
