/** The folder for dumps is looked at before anything is touched, and may be given as seen from the workspace. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { carryOut } from '../../src/carry-out.js'
import { readInputs } from '../../src/inputs/inputs.js'
import { silentLog } from '../../src/log.js'
import type { Report } from '../../src/report/report.js'
import { createDatabase, runSql, sharedServer } from '../support/servers.js'
import { cacheFolder } from '../support/server-binaries.js'

const source = await sharedServer(15)
const target = await sharedServer(18)
const folder = await mkdtemp(join(tmpdir(), 'dump-directory-'))
const before = process.cwd()
beforeAll(() => {
  process.chdir(folder)
})
afterAll(async () => {
  process.chdir(before)
  await rm(folder, { recursive: true })
})

async function rehearse(given: Readonly<Record<string, string>>): Promise<Report> {
  const url = ({ host, port, user }: typeof source) =>
    `postgresql://${user}@${host}:${port}/postgres?sslmode=disable`
  const inputs: Readonly<Record<string, string>> = {
    'source-url': url(source),
    'target-url': url(target),
    'source-password': source.password,
    'target-password': target.password,
    mode: 'rehearse',
    roles: 'skip',
    history: join(folder, 'history.json'),
    ...given,
  }
  const told: Report[] = []
  await carryOut(
    readInputs((name) => inputs[name] ?? ''),
    {
      log: silentLog,
      signal: new AbortController().signal,
      temporary: folder,
      reportDirectory: join(folder, 'report'),
      toolCache: join(cacheFolder(), 'tool-cache'),
      onStart: () => undefined,
      tell: (report) => {
        told.push(report)
        return Promise.resolve()
      },
    },
  )
  const [report] = told
  if (report === undefined) throw new Error('Nothing was told.')
  return report
}

test.each(['custom', 'parallel'])('method %s takes a relative dump-directory', async (method) => {
  const databases = await createDatabase(source, 'relative')
  await runSql(source, databases, 'create table t as select 1 as a')
  const report = await rehearse({ databases, method, 'dump-directory': `dumps of ${method}` })
  expect(report).toMatchObject({ result: 'passed', databases: [{ name: databases }] })
})

test('a file in the place of dump-directory ends the run before anything else', async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  for (const path of [file, join(file, 'below')]) {
    const report = await rehearse({ method: 'copy', 'dump-directory': path })
    expect(report).toMatchObject({ result: 'failed', phases: [], databases: [] })
    expect(report.error?.code).toBe('invalid-input')
    expect(report.error?.message).toContain(`dump-directory: ${path} cannot be used`)
  }
})
