import { expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { PROGRESS_INTERVAL_MS } from '../../../src/report/progress.js'
import { watchProgress } from '../../../src/transfer/progress.js'
import { createHandClock } from '../../support/hand-clock.js'

test('of what is being done at the same time, the line names what began first, until it has ended', () => {
  const clock = createHandClock()
  const lines: string[] = []
  const watch = watchProgress({
    target: { withSession: () => new Promise(() => undefined) },
    database: 'shop',
    stagingDatabase: 'shop_1',
    sourceBytes: 1,
    log: { ...silentLog, info: (line) => lines.push(line) },
    clock,
  })
  const told = () => {
    clock.pass(PROGRESS_INTERVAL_MS)
    return lines.at(-1)?.replace(/^.* gone/, '')
  }
  watch.onActivity('creating the definitions')
  expect(told()).toBe('; creating the definitions')
  const big = watch.onStep('copy "big"')
  const small = watch.onStep('copy "small"')
  expect(told()).toBe('; copy "big"')
  big()
  expect(told()).toBe('; copy "small"')
  small()
  expect(told()).toBe('')
  watch.stop()
  expect(clock.running()).toBe(0)
})
