import { expect, it } from '@jest/globals'
import { tlsAttempts } from '../../../src/server/connection/tls.js'

it('reads a list of authorities once for all connections to a server', () => {
  const parameters = { host: 'h', sslmode: 'prefer' } as const
  const [first] = tlsAttempts(parameters)
  expect(first).toHaveProperty('secureContext')
  expect(tlsAttempts(parameters)[0]).toBe(first)
  expect(tlsAttempts({ ...parameters })[0]).not.toBe(first)
})
