import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandLine, failOnTerminal, toolCache } from '../../../src/command-line/main.js'
import { startReport, type Report } from '../../../src/report/report.js'
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
