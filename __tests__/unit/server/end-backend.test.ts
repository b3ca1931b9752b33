import { expect, test } from '@jest/globals'
import { endBackend, type Session } from '../../../src/server/index.js'

/** A session whose server finds the process so many times. */
function sessionThatFinds(times: number): Session {
  let left = times
  const query = () => Promise.resolve(left-- > 0 ? [{}] : [])
  return { side: 'target', database: 'shop', query } as unknown as Session
}

test('a process is waited for until it is gone', async () => {
  await expect(endBackend(sessionThatFinds(2), 7, 'run')).resolves.toBeUndefined()
})

test('a process that does not end is an error that is no lost connection', async () => {
  await expect(endBackend(sessionThatFinds(Infinity), 7, 'run', 0)).rejects.toMatchObject({
    code: 'transaction-undecided',
    side: 'target',
  })
})
