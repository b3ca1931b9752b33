import { describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { readInputs } from '../../../src/inputs/inputs.js'
import { InputError, messageOf } from '../../../src/errors.js'

const minimal = {
  'source-url': 'postgresql://pg%40old@old.example.com',
  'target-url': 'host=new.example.com user=pg sslmode=allow',
}

function read(given: Readonly<Record<string, string>>) {
  return readInputs(
    (name) => given[name] ?? '',
    (name) => Object.hasOwn(given, name),
  )
}

function problemsOf(given: Readonly<Record<string, string>>) {
  try {
    read(given)
  } catch (error) {
    if (error instanceof InputError) return error.problems.map(({ input }) => input)
    throw error
  }
  return []
}

describe('readInputs', () => {
  it('fills in every default of action.yml', () => {
    const inputs = read(minimal)
    expect(inputs).toMatchObject({
      mode: 'upgrade',
      method: 'auto',
      databases: { items: ['*'], areNames: false },
      excludeDatabases: { items: [], areNames: false },
      roles: 'auto',
      existingDatabase: 'refuse',
      validate: 'counts',
      validationQueries: [],
      analyze: true,
      clientVersion: undefined,
      clientSource: 'auto',
    })
    expect(inputs.jobs.from).toBe('cpus')
  })

  it('reads both forms of a URL, with the sslmode of the URL before the input', () => {
    const { source, target } = read({ ...minimal, sslmode: 'prefer' })
    expect(source).toMatchObject({
      host: 'old.example.com',
      port: 5432,
      user: 'pg@old',
      database: 'postgres',
      sslmode: 'prefer',
    })
    expect(target).toMatchObject({ user: 'pg', sslmode: 'allow' })
  })

  it.each([
    ['upgrade', []],
    ['check', []],
    ['rehearse', []],
    ['validate', ['freeze-source']],
    ['plan', ['freeze-source']],
  ])('takes freeze-source in mode %s or refuses it: %j', (mode, refused) => {
    expect(problemsOf({ ...minimal, mode, 'freeze-source': 'true' })).toEqual(refused)
  })

  it.each([
    ['1', []],
    ['256', []],
    ['257', ['matrix-jobs']],
    ['0', ['matrix-jobs']],
    ['auto', ['matrix-jobs']],
  ])('takes %j for matrix-jobs, or refuses it: %j', (jobs, refused) => {
    expect(problemsOf({ ...minimal, 'matrix-jobs': jobs })).toEqual(refused)
  })

  it.each([
    ['copy (select 1) to stdout', ['validation-queries']],
    ['select 1; /* so */ -- far\n Commit', ['validation-queries']],
    ['start  transaction; select 1', ['validation-queries']],
    ['-- All.\ninsert into t values (1)', ['validation-queries']],
    ['Create temp table t (); drop table t', ['validation-queries', 'validation-queries']],
    ['select created, updated from t; analyze t', []],
    ["set timezone = 'UTC'; select now() - now(); table beginners", []],
    ["select 'begin; commit'; prepare p as select 1; execute p", []],
  ])('takes %j for validation-queries, or refuses it: %j', (script, refused) => {
    expect(problemsOf({ ...minimal, 'validation-queries': script })).toEqual(refused)
  })

  const utf16 = Buffer.from('\ufeffselect 1', 'utf16le')
  it.each<[string, string | Buffer, string]>([
    ['UTF-8 with a mark', '\ufeffselect 1', 'select 1'],
    ['UTF-16', utf16, 'is not UTF-8 text; save it as UTF-8'],
    ['UTF-16 without a mark', utf16.subarray(2), 'is not UTF-8 text'],
    ['LATIN1', Buffer.from("select 'é'", 'latin1'), 'is not UTF-8 text'],
    ['nothing', '', 'holds no query'],
    ['comments', '-- todo\n/* later */;', 'holds no query'],
  ])('reads a file of validation-queries in UTF-8 with queries: %s', (_, content, outcome) => {
    const folder = mkdtempSync(join(tmpdir(), 'queries-'))
    const told = (file: string) => {
      try {
        const { validationQueries } = read({ ...minimal, 'validation-queries': file })
        return validationQueries.map(({ sql }) => sql).join()
      } catch (error) {
        return String(error)
      }
    }
    try {
      const file = join(folder, 'queries.sql')
      writeFileSync(file, content)
      expect(told(file)).toContain(outcome)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('refuses a folder, and text without a query, for validation-queries', () => {
    expect(() => read({ ...minimal, 'validation-queries': tmpdir() })).toThrow(
      /- validation-queries: .* is not a file that can be read: EISDIR/,
    )
    expect(problemsOf({ ...minimal, 'validation-queries': '-- to do' })).toEqual([
      'validation-queries',
    ])
    expect(read({ ...minimal, 'validation-queries': ' ' }).validationQueries).toEqual([])
  })

  it('tells every problem at once', () => {
    expect(
      problemsOf({
        'source-url': 'postgresql://a,b/x',
        method: 'fast',
        analyze: 'yes',
        jobs: '0',
        sslrootcert: '/no/such/file',
        'pg-dump-args': '--format=tar\nfoo',
        'validation-queries': '/no/such.sql',
      }),
    ).toEqual([
      'source-url',
      'sslrootcert',
      'target-url',
      'method',
      'jobs',
      'validation-queries',
      'analyze',
      'pg-dump-args',
      'pg-dump-args',
    ])
  })

  it.each(['databases', 'exclude-databases'])('reads %s as JSON, or as names and globs', (name) => {
    const listOf = (given: string) => {
      const { databases, excludeDatabases } = read({ ...minimal, [name]: given })
      return name === 'databases' ? databases : excludeDatabases
    }
    expect(listOf('["a,b", "*"]')).toEqual({ items: ['a,b', '*'], areNames: true })
    expect(listOf('shop, crm\nx_*\n')).toEqual({ items: ['shop', 'crm', 'x_*'], areNames: false })
    expect(listOf('{shop,crm}_old, [ab]*, x')).toEqual({
      items: ['{shop,crm}_old', '[ab]*', 'x'],
      areNames: false,
    })
  })

  it('takes an empty array for nothing to leave out, and refuses it for what is to be moved', () => {
    expect(problemsOf({ ...minimal, databases: '[]', 'exclude-databases': '[]' })).toEqual([
      'databases',
    ])
  })

  it.each([
    ...['[1, 2]', '[["a"]]', '{"a": "b"}', '["a",]', '["a"', '[shop,crm]'],
    ...['{shop,crm', 'shop]', '{a,{b,c}}', 'a, b['],
  ])('refuses %s, with which no databases can be meant', (given) => {
    for (const name of ['databases', 'exclude-databases']) {
      expect(new Set(problemsOf({ ...minimal, [name]: given }))).toEqual(new Set([name]))
    }
  })

  it.each(['', ' ', '\n'])('refuses the mode %j, which nobody has asked for', (mode) => {
    expect(problemsOf({ ...minimal, mode })).toEqual(['mode'])
  })

  describe('of a matrix job', () => {
    const job = {
      ...minimal,
      mode: 'upgrade',
      databases: '["shop"]',
      roles: 'skip',
      plan: '0a1b2c3d/2',
    }

    it('takes what its plan says', () => {
      expect(read(job)).toMatchObject({
        databases: { items: ['shop'], areNames: true },
        roles: 'skip',
        part: { plan: '0a1b2c3d', job: 2 },
      })
    })

    it.each([
      ['databases', ''],
      ['databases', ' '],
      ['databases', '*'],
      ['databases', 'shop'],
      ['roles', ''],
      ['mode', ''],
    ])('refuses %s that is %j, which no plan says', (name, value) => {
      expect(problemsOf({ ...job, [name]: value })).toEqual([name])
    })
  })

  it('names the allowed values of a choice and of a boolean', () => {
    expect(() => read({ ...minimal, method: 'fast' })).toThrow(
      'method: "fast" is not one of auto, plain, custom, stream, parallel',
    )
    expect(() => read({ ...minimal, analyze: 'yes' })).toThrow(
      'analyze: "yes" is not a boolean; write true or false.',
    )
  })

  it('takes the password from the URL, but refuses two different ones', () => {
    const url = { ...minimal, 'source-url': 'postgresql://u:one@h' }
    expect(read(url).source.password).toBe('one')
    expect(problemsOf({ ...url, 'source-password': 'two' })).toEqual(['source-password'])
    expect(problemsOf({ ...url, 'source-password': 'one' })).toEqual([])
  })

  it.each([
    ['white space at either end', ' two words ', ' two words '],
    ['one line break at the end', 'secret\n', 'secret'],
    ['one of Windows', 'secret \r\n', 'secret '],
    ['nothing but a line break', '\n', undefined],
  ])('takes a password with %s', (_what, given, password) => {
    expect(read({ ...minimal, 'source-password': given }).source.password).toBe(password)
  })

  it.each([
    ['an input', { 'source-password': 'hunter\n2' }, 'source-password'],
    ['a URI', { 'source-url': 'postgresql://u:hunter%0A2@h' }, 'source-url'],
    ['key=value pairs', { 'source-url': "host=h user=u password='hunter\n2'" }, 'source-url'],
    ['an input with two at its end', { 'source-password': 'hunter\n\n' }, 'source-password'],
  ])('refuses a line break in the password of %s, without showing it', (_what, given, input) => {
    expect(problemsOf({ ...minimal, ...given })).toEqual([input])
    expect(() => read({ ...minimal, ...given })).not.toThrow(/hunter/)
  })

  it('never puts a password into the message of a problem', () => {
    const given = { ...minimal, 'source-url': 'postgresql://u:hunter2@h:x/d' }
    expect(() => read(given)).toThrow(/source-url/)
    expect(() => read(given)).not.toThrow(/hunter2/)
  })

  it.each([
    ['sslcrl=/etc/crl.pem', /sslcrl is not carried out/],
    ['sslcrldir=/etc/crl', /sslcrldir is not carried out/],
    ['sslsni=0', /sslsni=0 is not carried out/],
    ['gssencmode=require', /gssencmode=require is not carried out/],
    ['channel_binding=always', /channel_binding "always" is not one of/],
    ['require_auth=gss', /leaves no method/],
    ['require_auth=scram', /is not a list of methods/],
    ['require_auth=md5,!password', /is not a list of methods/],
    ['ssl_min_protocol_version=SSLv3', /is not one of TLSv1,/],
    ['target_session_attrs=read-only', /cannot be checked/],
    ['sslnegotiation=direct sslmode=prefer', /needs sslmode require/],
  ])('refuses %s, which it cannot carry out', (keyword, said) => {
    expect(() => read({ ...minimal, 'source-url': `host=h user=u ${keyword}` })).toThrow(said)
  })

  it('takes what it can carry out, and what protects nothing', () => {
    const url =
      'postgresql://u@h/d?channel_binding=require&require_auth=!password,!md5&ssl_min_protocol_version=tlsv1.3&target_session_attrs=read-write&gssencmode=prefer&sslcrl='
    expect(read({ ...minimal, 'source-url': url }).source).toMatchObject({
      channelBinding: 'require',
      requireAuth: '!password,!md5',
      sslMinProtocolVersion: 'TLSv1.3',
      targetSessionAttrs: 'primary',
    })
  })

  it.each([
    ['pg-dump-args', '--exclude-table-data=big', 'check'],
    ['pg-dump-args', '--exclude-table-data=big', 'upgrade'],
    ['pg-restore-args', '--disable-triggers', 'upgrade'],
  ])('refuses %s %s, which method copy cannot honour, in mode %s', (name, argument, mode) => {
    const given = { ...minimal, mode, [name]: argument }
    expect(problemsOf({ ...given, method: 'copy' })).toEqual([name])
    expect(problemsOf({ ...given, method: 'auto' })).toEqual([])
  })

  it('takes arguments that method copy can honour', () => {
    expect(problemsOf({ ...minimal, method: 'copy', 'pg-dump-args': '--no-comments' })).toEqual([])
  })

  it.each([
    ['pg-dump-args', '--clean\n--create'],
    ['pg-restore-args', '-c\n-xOC'],
  ])('refuses %s that reach beyond the staging database: %j', (name, given) => {
    expect(problemsOf({ ...minimal, mode: 'rehearse', [name]: given })).toEqual([name, name])
  })

  it('wants a certificate where sslmode verifies', () => {
    expect(problemsOf({ ...minimal, sslmode: 'verify-ca' })).toEqual(['sslrootcert'])
  })

  it('reads root certificates as libpq does, and tells what is wrong with others', async () => {
    const { cert } = await generate([{ name: 'commonName', value: 'authority' }])
    const problemOf = (sslrootcert: string, sslmode = 'verify-ca') => {
      const given = { ...minimal, sslmode, sslrootcert }
      try {
        read({ ...given, 'target-url': 'host=h user=u' })
        return undefined
      } catch (error) {
        return messageOf(error).replace(/^The inputs cannot be used:\n- sslrootcert: /, '')
      }
    }
    const other = cert.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE')
    const bundle = `# ours\n${cert}\n# theirs\n${other}`
    expect([cert, bundle, bundle.replaceAll('\n', '\r\n')].map((pem) => problemOf(pem))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(problemOf(cert.replaceAll('\n', ' '))).toMatch(/^has lost its line breaks/)
    expect(problemOf(cert.trim().replaceAll('\n', '\\n'))).toMatch(/^has lost its line breaks/)
    const cutOff = bundle.slice(0, -100)
    expect(problemOf(cutOff)).toMatch(/^holds a certificate that is cut off \(number 2\)/)
    expect(problemOf(cutOff + bundle)).toMatch(/cannot be read \(number 2\)/)
    expect(problemOf(bundle.replaceAll('\n', '\n  '))).toMatch(/cannot be read \(number 1\)/)
    expect(problemOf('-----BEGIN PRIVATE KEY-----')).toMatch(/^holds no certificate in PEM/)
    expect(problemOf(import.meta.filename)).toMatch(/^names the file ".*", which /)
    expect(problemOf('-----BEGIN CERTIFICATE-----', 'disable')).toBeUndefined()
  })

  it('asks a side without TLS for no certificate, and names the side whose sslmode does not fit', () => {
    const given = { ...minimal, sslmode: 'verify-full', sslrootcert: '/no/such/file' }
    const urls = {
      'source-url': 'host=h user=u sslmode=disable',
      'target-url': 'postgresql://u@h?sslmode=disable&sslrootcert=system',
    }
    const { source, target } = read({ ...given, ...urls })
    expect([source, target]).toEqual([
      expect.not.objectContaining({ sslrootcert: expect.anything() }),
      expect.not.objectContaining({ trustsSystem: true }),
    ])
    expect(() =>
      read({ ...minimal, ...urls, 'source-url': 'host=h user=u sslrootcert=system' }),
    ).toThrow(/source-url: sslrootcert "system" needs .* for the source it is require/)
  })

  it.each([
    'sslrootcert',
    'sslcert',
    'sslkey',
    'ssl_min_protocol_version',
    'require_auth',
    'options',
  ])('takes an empty %s in a URL for none, as libpq does', (keyword) => {
    expect(problemsOf({ ...minimal, 'source-url': `postgresql://u@h?${keyword}=` })).toEqual([])
  })

  it.each(['sslmode', 'channel_binding', 'sslnegotiation', 'target_session_attrs'])(
    'refuses an empty %s, as libpq does',
    (keyword) => {
      const url = `postgresql://u@h?${keyword}=`
      expect(problemsOf({ ...minimal, 'source-url': url })).toEqual(['source-url'])
    },
  )

  it('names the file of a client certificate that is not there', () => {
    const url = `host=h user=u sslcert=/no/such.crt sslkey=${import.meta.filename}`
    expect(() => read({ ...minimal, 'source-url': url })).toThrow(/sslcert.*\/no\/such\.crt/)
    expect(problemsOf({ ...minimal, 'source-url': `${url} sslmode=disable` })).toEqual([])
  })

  it.each(['sslcert', 'sslkey'])('refuses a %s without its other half', (keyword) => {
    const url = `host=h user=u ${keyword}=${import.meta.filename}`
    expect(problemsOf({ ...minimal, 'target-url': url })).toEqual(['target-url'])
    expect(problemsOf({ ...minimal, 'target-url': `${url} sslmode=disable` })).toEqual([])
  })

  it('takes a mirror of the project for the client tools', () => {
    const url = 'https://mirror.example.com/pgdg'
    expect(read({ ...minimal, 'client-repository': url }).clientRepository).toBe(url)
  })

  it.each([
    ['no URL', { 'client-repository': 'mirror.example.com' }],
    ['a file', { 'client-repository': 'file:///srv/mirror' }],
    ['two addresses', { 'client-repository': 'https://a.example https://b.example' }],
    ['a password', { 'client-repository': 'https://me:secret@mirror.example.com' }],
    [
      'a source that does not use it',
      { 'client-repository': 'https://mirror.example.com', 'client-source': 'debian' },
    ],
  ])('refuses a client-repository with %s, without repeating it', (_title, given) => {
    expect(problemsOf({ ...minimal, ...given })).toEqual(['client-repository'])
    expect(() => read({ ...minimal, ...given })).not.toThrow('secret')
  })
})
