import { expect, test } from '@jest/globals'
import { explainConnectionFailure } from '../../../src/server/connection/connection-failure.js'
import { isLostConnection } from '../../../src/server/session/lost-connection.js'

const parameters = {
  host: '127.0.0.1',
  port: 5432,
  user: 'postgres',
  database: 'postgres',
  sslmode: 'disable',
  connectTimeoutSeconds: 10,
} as const

test('a password that was accepted before is told to have expired or to have been changed', () => {
  const hintOf = (wasReached: boolean) => {
    const failure = Object.assign(new Error('no'), { code: '28P01' })
    const attempt = { side: 'target', parameters, database: 'shop', wasReached } as const
    const { code, hint } = explainConnectionFailure(failure, attempt)
    expect(code).toBe('wrong-password')
    return hint
  }
  expect(hintOf(false)).toContain('"target-password"')
  expect(hintOf(true)).toMatch(
    /^The target has accepted .* "postgres" before .* expired .* changed it\. Run again/,
  )
})

test('of a password outside ASCII it is told that this may be why, and of no other', () => {
  const hintOf = (password: string) => {
    const failure = Object.assign(new Error('no'), { code: '28P01' })
    const own = { ...parameters, password }
    const attempt = {
      side: 'target',
      parameters: own,
      database: 'shop',
      wasReached: false,
    } as const
    return explainConnectionFailure(failure, attempt).hint
  }
  expect(hintOf('ﬁ😀ȡ')).toMatch(/ where psql is let in .* a password in ASCII/)
  expect(hintOf('plain')).not.toContain('ASCII')
})

test.each([
  ['a server that refuses connections', 'ECONNREFUSED'],
  ['a machine that is not there', 'EHOSTUNREACH'],
  ['a socket that is not there', 'ENOENT'],
  ['a line without an answer', 'ETIMEDOUT'],
  ['a server that recovers from a crash', '57P03'],
])('%s is told by whether the run had reached it before', (_what, code) => {
  const explain = (wasReached: boolean) => {
    const failure = Object.assign(new Error('no'), { code })
    const attempt = { side: 'target', parameters, database: 'shop', wasReached } as const
    return explainConnectionFailure(failure, attempt)
  }
  expect(explain(false)).toMatchObject({ code: 'unreachable', side: 'target' })
  expect(explain(true)).toMatchObject({ code: 'connection-lost', side: 'target' })
  expect(explain(false).hint).toContain('firewall')
  expect(explain(true).hint).toMatch(/reached earlier in this run.* its log .* its disk is/)
  expect([false, true].map(explain).every(isLostConnection)).toBe(true)
})

test.each([
  ['read ECONNRESET', { code: 'ECONNRESET' }],
  ['write EPIPE', { code: 'EPIPE' }],
  ['Connection terminated unexpectedly', {}],
  [
    'Client network socket disconnected before secure TLS connection was established',
    { code: 'ECONNRESET' },
  ],
])(
  'a line that is closed while connecting is lost where the server was reached: %s',
  (message, fields) => {
    const explain = (wasReached: boolean) => {
      const failure = Object.assign(new Error(message), fields)
      return explainConnectionFailure(failure, {
        side: 'target',
        parameters,
        database: 'shop',
        wasReached,
      })
    }
    expect(explain(true)).toMatchObject({
      code: 'connection-lost',
      hint: expect.stringContaining('its log') as unknown,
    })
    expect(explain(false).code).toMatch(/^(?:connection-failed|tls-failed)$/)
  },
)

/** The fields are those that PostgreSQL 15 with its German translation sends; the context is in the words of PL/pgSQL's. */
test.each([
  [
    { code: '28000', routine: 'InitializeSessionUserId' },
    'Rolle »postgres« hat keine Berechtigung zum Einloggen',
    'not-allowed-by-server',
    'alter role "postgres" login;',
  ],
  [
    { code: '28000', routine: 'ClientAuthentication' },
    'pg_hba.conf lehnt Verbindung ab für Host »127.0.0.1«, Benutzer »postgres«, Datenbank »shop«, keine Verschlüsselung',
    'not-allowed-by-server',
    'pg_hba.conf, whose rules',
  ],
  [
    { code: '42501', routine: 'CheckMyDatabase' },
    'keine Berechtigung für Datenbank »shop«',
    'not-allowed-by-server',
    'grant connect on database "shop" to "postgres";',
  ],
  [
    { code: '53300', routine: 'CheckMyDatabase' },
    'zu viele Verbindungen für Datenbank »shop«',
    'too-many-connections',
    'alter database "shop" connection limit -1;',
  ],
  [
    { code: '53300', routine: 'InitializeSessionUserId' },
    'zu viele Verbindungen von Rolle »postgres«',
    'too-many-connections',
    'alter role "postgres" connection limit -1;',
  ],
  [
    { code: '0A000', routine: 'InitializeClientEncoding' },
    'Umwandlung zwischen UTF8 und MULE_INTERNAL wird nicht unterstützt',
    'encoding',
    '"shop" is one that the server cannot convert to it. Leave it out with "exclude-databases"',
  ],
  [
    { code: '53300', routine: 'InitProcess' },
    'tut mir leid, schon zu viele Verbindungen',
    'too-many-connections',
    'raise max_connections',
  ],
  [
    {
      code: '42501',
      routine: 'aclcheck_error',
      where: 'PL/pgSQL-Funktion public.noted() Zeile 1 bei SQL-Anweisung',
    },
    'keine Berechtigung für Tabelle logins',
    'login-trigger',
    'public.noted()',
  ],
])('a refusal in another language is known by %j', (fields, message, code, said) => {
  const failure = Object.assign(new Error(message), fields)
  const attempt = { side: 'target', parameters, database: 'shop', wasReached: false } as const
  const explained = explainConnectionFailure(failure, attempt)
  expect(explained.code).toBe(code)
  expect(explained.hint).toContain(said)
})

test.each([
  ['ERR_TLS_CERT_ALTNAME_INVALID', {}, /DNS:db\.example\.com.*hostaddr.*"verify-ca"/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', { trustsSystem: true }, /DNS:db\.example\.com.*0\.5"\)\.$/],
  ['CERT_HAS_EXPIRED', {}, /Renew it on the target.*clock/],
  ['CERT_NOT_YET_VALID', {}, /clock/],
  ['SELF_SIGNED_CERT_IN_CHAIN', {}, /No authority in "sslrootcert".*its authority/],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', { trustsSystem: true }, /No authority .* machine trusts/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', {}, /signed itself: give it itself.*"target-url"/],
  ['EPROTO', {}, /^sslmode is "require"\. If/],
])('the TLS failure %s is told with what helps against it: %j', (code, changes, hint) => {
  const failure = Object.assign(new Error('certificate'), {
    code,
    cert: { subjectaltname: 'DNS:db.example.com' },
  })
  const own = { ...parameters, sslmode: 'require', ...changes } as const
  const attempt = { side: 'target', parameters: own, database: 'shop', wasReached: false } as const
  const told = explainConnectionFailure(failure, attempt)
  expect(told.code).toBe('tls-failed')
  expect(told.hint).toMatch(hint)
})
