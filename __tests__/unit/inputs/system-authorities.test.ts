import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { readInputs } from '../../../src/inputs/inputs.js'
import { systemAuthorities } from '../../../src/inputs/system-authorities.js'

const folder = mkdtempSync(join(tmpdir(), 'authorities-'))
const none = {
  SSL_CERT_FILE: join(folder, 'none'),
  SSL_CERT_DIR: join(folder, 'none'),
  NODE_EXTRA_CA_CERTS: '',
}
const certificates: string[] = []

function fileOf(name: string, content: string): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

beforeAll(async () => {
  for (const value of ['one', 'two', 'three']) {
    const { cert } = await generate([{ name: 'commonName', value }])
    certificates.push(cert.replaceAll('\r', '').trim())
  }
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

it('are one list of the file, of the folder and of NODE_EXTRA_CA_CERTS, each once', () => {
  const [one = '', two = '', three = ''] = certificates
  fileOf('0a1b2c3d.0', `${one}\n${two}\n`)
  fileOf('not-hashed.pem', three)
  const list = { SSL_CERT_FILE: fileOf('list', `# ours\n${one}\n`), SSL_CERT_DIR: folder }
  expect(systemAuthorities(list)).toBe(`${one}\n${two}\n`)
  const extra = { NODE_EXTRA_CA_CERTS: fileOf('extra', three) }
  expect(systemAuthorities({ ...list, ...extra })).toBe(`${one}\n${two}\n${three}\n`)
  expect(systemAuthorities({ ...none, ...extra })).toBe(`${three}\n`)
})

it('leave out what cannot be read, with which libpq would take nothing of the list', () => {
  const [one = '', two = ''] = certificates
  const damaged = one.replace(/\n.+\n/, '\n')
  const list = { ...none, SSL_CERT_FILE: fileOf('damaged', `${damaged}\n${two}\n`) }
  expect(systemAuthorities(list)).toBe(`${two}\n`)
})

it('are asked for before anything is connected to, and given to both sides', () => {
  const given: Readonly<Record<string, string>> = {
    'source-url': 'host=old user=pg',
    'target-url': 'host=new user=pg',
    sslmode: 'verify-full',
    sslrootcert: 'system',
  }
  const readWith = (variables: Readonly<Record<string, string>>) => {
    const before = { ...process.env }
    Object.assign(process.env, variables)
    try {
      return readInputs((name) => given[name] ?? '')
    } finally {
      process.env = before
    }
  }
  const [one = ''] = certificates
  const { source, target } = readWith({ ...none, SSL_CERT_FILE: fileOf('own', one) })
  for (const { sslrootcert, sslrootcertPem, trustsSystem } of [source, target]) {
    expect([sslrootcert, sslrootcertPem, trustsSystem]).toEqual([undefined, `${one}\n`, true])
  }
  expect(() => readWith(none)).toThrow(/sslrootcert: "system" is given.*ca-certificates/)
})
