import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  ConnectionStringError,
  formatConninfo,
  holdsPassword,
  parseConnectionString,
} from '../../../src/server/connection/connection-string.js'

describe('holdsPassword', () => {
  it.each([
    ['host=a password=x', true],
    ["host=a password = 'x y'", true],
    ["host='password=x'", false],
    ['host=a passfile=/x', false],
    ["host=a password=''", false],
    ['host=a,b port=1,2 password=x', true],
    ['postgresql://u:x@a,b/d', true],
    ['postgresql://u@a/d', false],
    ['postgresql://a/d?password=x', true],
    // What cannot be read here is for the server to judge.
    ['postgresql://u@a/d?x', true],
  ])('%s: %s', (text, expected) => {
    expect(holdsPassword(text)).toBe(expected)
  })
})

describe('parseConnectionString', () => {
  it.each([
    [
      'postgresql://app:s%40crt@db.example.com:5433/shop?sslmode=verify-full',
      {
        host: 'db.example.com',
        port: 5433,
        user: 'app',
        password: 's@crt',
        database: 'shop',
        other: { sslmode: 'verify-full' },
      },
    ],
    [
      'postgres://pg%40pg-95@pg-95.example.com',
      { host: 'pg-95.example.com', user: 'pg@pg-95', other: {} },
    ],
    ['postgresql://[::1]:5432/x', { host: '::1', port: 5432, database: 'x', other: {} }],
    [
      'postgresql:///x?host=/var/run/postgresql',
      { host: '/var/run/postgresql', database: 'x', other: {} },
    ],
    ['postgresql://%2Fvar%2Frun/x', { host: '/var/run', database: 'x', other: {} }],
    ['postgresql://h?ssl=true', { host: 'h', other: { sslmode: 'require' } }],
    [
      String.raw`host=h port = 5432 user='pg@pg-95' dbname='it\'s a \\ b' password=a\ b`,
      {
        host: 'h',
        port: 5432,
        user: 'pg@pg-95',
        database: String.raw`it's a \ b`,
        password: 'a b',
        other: {},
      },
    ],
  ])('reads %s as libpq does', (text, expected) => {
    expect(parseConnectionString(text)).toEqual(expected)
  })

  it.each([
    "host=h port = 5432 user='pg@pg-95' dbname='it''s'",
    'host=a,b user=x',
    'postgresql://a:5432,b:5433/x',
    'postgresql://pg@pg-95@host/x',
    'postgresql://h:port/x',
    'postgresql://h/x?sslmod=require',
    'postgresql://h/100%',
    'service=prod',
    'constructor=x',
    'db.example.com',
  ])('refuses %s', (text) => {
    expect(() => parseConnectionString(text)).toThrow(ConnectionStringError)
  })

  it('never repeats the string in its error, because it may hold a password', () => {
    expect(() => parseConnectionString('postgresql://u:hunter2@h:x/d')).not.toThrow(/hunter2/)
  })

  it.each([
    'host=h user=u password=two S3cret=x',
    'postgresql://u@h/d?password=two&S3cret=x',
    'postgresql://u:two@h/d?S3cret=x',
  ])(
    'does not show the unknown keyword of %s, because it may be a piece of the password',
    (text) => {
      expect(() => parseConnectionString(text)).toThrow(/single quotes/)
      expect(() => parseConnectionString(text)).not.toThrow(/S3cret/)
    },
  )

  it.each([
    'postgresql://u:p/S3cret?S3cret=1@h/x',
    'postgresql://u:12/?S3cret@h/db',
    'postgresql://u:12/b?sslmode=S3cret@h/db',
    'postgresql://u:12/S3cret@h/db',
    'postgresql://u:12@S3cret/S3cret@h/db',
    'postgresql://u:p/S3cret?%zz=S3cret@h',
  ])('shows nothing of %s, whose password holds a "/" or "?"', (text) => {
    expect(() => parseConnectionString(text)).toThrow(ConnectionStringError)
    expect(() => parseConnectionString(text)).not.toThrow(/S3cret/)
  })

  it.each([
    ['pgbouncer=true&connection_limit=1', /^"pgbouncer" is a parameter of another driver.*pooler/],
    ['schema=public', /^"schema" .* all schemas are moved$/],
    ['sslaccept=strict', /write sslmode=verify-full/],
    ['ssl=no-verify', /^"ssl" .* sslmode=require$/],
  ])('says what to do about ?%s, which other drivers want, beside a password', (query, said) => {
    expect(() => parseConnectionString(`postgresql://u:hunter2@h/d?${query}`)).toThrow(said)
  })

  it.each(['requirepeer=postgres', 'sslcertmode=require', 'min_protocol_version=3.2'])(
    'does not take %s, which libpq knows, for a mistake, and refuses it',
    (pair) => {
      expect(() => parseConnectionString(`host=h ${pair}`)).toThrow(/; leave it out/)
    },
  )

  it('takes an "@" in the query where the user is named', () => {
    expect(parseConnectionString('postgresql://h/d?user=pg@server').user).toBe('pg@server')
  })

  it('shows an unknown keyword where there is no password', () => {
    expect(() => parseConnectionString('host=h usr=u')).toThrow('"usr" is not a libpq')
  })

  it('reads back whatever formatConninfo writes', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
        const text = formatConninfo({ host: 'h', dbname: name })
        expect(parseConnectionString(text).database).toBe(name)
      }),
    )
  })
})
