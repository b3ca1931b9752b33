/** What the limits of this machine refuse is told as such, wherever it arises. */
import { expect, test } from '@jest/globals'
import { toolsNotFound } from '../../src/client/prepare.js'
import { reportedError } from '../../src/run.js'
import { explainConnectionFailure } from '../../src/server/connection/connection-failure.js'

const failed = (code: string, message: string) => Object.assign(new Error(message), { code })
const { signal } = new AbortController()

test('client tools that cannot be started for want of descriptors are not to be installed', () => {
  const hintOf = (reason: string) => toolsNotFound(17, ['installed (there are none)', reason], [])
  expect(hintOf('cache (/bin/psql does not run: spawn /bin/psql EMFILE)')).toMatchObject({
    code: 'client-tools-not-found',
    hint: expect.stringMatching(/^(?!.*Install).*"ulimit -n".*fewer "jobs"/) as unknown,
  })
  expect(hintOf('cache (empty)').hint).toMatch(/^Install postgresql-client-17/)
})

test.each(['EMFILE', 'ENFILE'])('a connection that fails with %s says what to raise', (code) => {
  const failure = explainConnectionFailure(failed(code, `connect ${code} 127.0.0.1:5432`), {
    side: 'target',
    parameters: {
      host: '127.0.0.1',
      port: 5432,
      user: 'postgres',
      database: 'postgres',
      sslmode: 'disable',
      connectTimeoutSeconds: 10,
    },
    database: 'postgres',
    wasReached: true,
  })
  expect(failure.hint).toContain('"ulimit -n"')
})

test.each([
  ['EMFILE: too many open files, open', '"ulimit -n"'],
  ['EFBIG: file too large, write', '"ulimit -f"'],
])('any other work that fails with "%s" says so', (message, limit) => {
  const [code = ''] = message.split(':')
  expect(reportedError(failed(code, message), signal)).toMatchObject({
    code: 'unexpected',
    message,
    hint: expect.stringContaining(limit) as unknown,
  })
  expect(reportedError(failed('EIO', 'EIO: i/o error'), signal).hint).toBeUndefined()
})
