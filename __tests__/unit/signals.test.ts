/** What ends a run before its time, and what its report says of it. */
import { expect, test } from '@jest/globals'
import { reportedError } from '../../src/run.js'
import { cancelOnSignals } from '../../src/signals.js'

test('an error that nobody caught ends the run, and is what the report tells', () => {
  const before = process.listeners('uncaughtException')
  const signal = cancelOnSignals({ signals: [], onCancel: () => undefined })
  const [listener] = process.listeners('uncaughtException').filter((each) => !before.includes(each))
  if (listener === undefined) throw new Error('nobody listens')
  process.off('uncaughtException', listener)
  listener(
    new RangeError('Cannot create a string longer than 0x1fffffe8 characters'),
    'uncaughtException',
  )
  expect(signal.aborted).toBe(true)
  expect(reportedError(new Error('the connection was lost'), signal)).toEqual({
    code: 'unexpected',
    message:
      'Something unexpected happened, and the run was cancelled: Cannot create a string longer than 0x1fffffe8 characters',
    hint: expect.stringContaining('512 MB in one piece'),
  })
})

test('of a run that a signal has cancelled, the report tells that', () => {
  expect(reportedError(new Error('the connection was lost'), AbortSignal.abort())).toMatchObject({
    code: 'cancelled',
    message: 'The run was cancelled.',
  })
})
