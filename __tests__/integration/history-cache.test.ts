/** The history of runs in the cache that GitHub keeps between jobs. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openHistory } from '../../src/history.js'
import { silentLog } from '../../src/log.js'
import { startCacheService, type CacheService } from '../support/cache-service.js'
import { rehearsalReport } from '../support/reports.js'

let folder = ''
let service: CacheService
let variables: Readonly<Record<string, string>>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'history-cache-'))
  service = await startCacheService()
  variables = { ...service.environment, RUNNER_TEMP: folder, GITHUB_RUN_ID: '77' }
  Object.assign(process.env, variables)
})
afterAll(async () => {
  for (const name of Object.keys(variables)) Reflect.deleteProperty(process.env, name)
  await service.stop()
  await rm(folder, { recursive: true, force: true })
})

test('every job of a workflow run is kept', async () => {
  const warnings: string[] = []
  const log = { ...silentLog, warning: (text: string) => warnings.push(text) }
  const open = () =>
    openHistory(undefined, { source: 'a', target: 'b' }, { temporary: folder, log })
  for (const seconds of [60, 70, 80]) {
    // A job has a runner of its own, and nothing of the others but the cache.
    await rm(join(folder, 'upgrade-postgres-history'), { recursive: true, force: true })
    await (await open())?.keep(rehearsalReport(1, 1e9, seconds))
  }
  expect(warnings).toEqual([])
  expect(service.entries).toHaveLength(3)
  const last = rehearsalReport(2, 1e9, 90)
  ;(await open())?.tell(last)
  expect(last.history?.runs.map(({ durationSeconds }) => durationSeconds)).toEqual([60, 70, 80, 90])
})
