import { afterEach, expect, jest, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanUp, emptyEntries, startTimeOf } from '../../../src/cleanup/index.js'
import { silentLog } from '../../../src/log.js'

afterEach(() => {
  jest.restoreAllMocks()
})

test('a child that ends just before its signal does not keep the others from theirs', async () => {
  const children = [1, 2].map(() => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']))
  const ended = Promise.all(children.map((child) => once(child, 'exit')))
  const [first = 0] = children.map(({ pid = 0 }) => pid)
  const kill = process.kill.bind(process)
  jest.spyOn(process, 'kill').mockImplementation((processId, signal) => {
    kill(processId, signal)
    if (processId === first) throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' })
    return true
  })
  const unused = () => Promise.reject(new Error('no server is needed'))
  const { failures } = await cleanUp({
    entries: {
      ...emptyEntries('upgrade-postgres test'),
      children: children.map(({ pid = 0 }) => ({ processId: pid, startTime: startTimeOf(pid) })),
    },
    wasCutOff: false,
    workDirectory: await mkdtemp(join(tmpdir(), 'clean-up-')),
    isTriedAgain: false,
    openSource: unused,
    openTarget: unused,
    log: silentLog,
  })
  expect(failures).toEqual([])
  expect((await ended).map(([, signal]: unknown[]) => signal)).toEqual(['SIGTERM', 'SIGTERM'])
})
