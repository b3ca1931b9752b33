/** A URL as hosted servers print it, with all that protects the connection, leads through the whole upgrade. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { serverInputs } from '../support/action-inputs.js'
import { runAction } from '../support/runner.js'
import { runSql, startServer, type TestServer } from '../support/servers.js'

let source: TestServer
let target: TestServer

beforeAll(async () => {
  const tls = { tls: true }
  ;[source, target] = await Promise.all([startServer(15, tls), startServer(18, tls)])
  await runSql(source, 'postgres', 'create database shop')
  await runSql(source, 'shop', 'create table t as select 1 as a')
})

afterAll(async () => {
  await Promise.all([source.stop(), target.stop()])
})

it.each(['stream', 'copy'])(
  'moves a database with method %s under channel_binding=require and require_auth',
  async (method) => {
    const inputs = serverInputs(source, target)
    const keywords =
      'sslmode=require&channel_binding=require&require_auth=scram-sha-256&ssl_min_protocol_version=TLSv1.3'
    const run = await runAction({
      ...inputs,
      'source-url': `${inputs['source-url'] ?? ''}?${keywords}`,
      'target-url': `${inputs['target-url'] ?? ''}?${keywords}`,
      mode: 'rehearse',
      roles: 'skip',
      databases: 'sho?',
      method,
    })
    expect(run.commands.filter(({ name }) => name === 'error')).toEqual([])
    expect(run.report?.databases).toEqual([
      expect.objectContaining({ name: 'shop', result: 'passed' }),
    ])
  },
)

it.each(['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'])(
  'trusts the authorities of %s in its own sessions and in those of the client tools, with sslrootcert=system',
  async (variable) => {
    const inputs = serverInputs(source, target)
    const own = `?sslmode=verify-ca&sslrootcert=${source.certificateFile ?? ''}`
    const none = { SSL_CERT_FILE: '/no/such', SSL_CERT_DIR: '/no/such' }
    const run = await runAction(
      {
        ...inputs,
        'source-url': `${inputs['source-url'] ?? ''}${own}`,
        sslmode: 'verify-full',
        sslrootcert: 'system',
        mode: 'rehearse',
        roles: 'skip',
        databases: 'sho?',
        method: 'stream',
      },
      { environment: { ...none, [variable]: target.certificateFile ?? '' } },
    )
    expect(run.commands.filter(({ name }) => name === 'error')).toEqual([])
    expect(run.outputs['result']).toBe('passed')
  },
)
