/** Client certificates and keys as they are found, and as our driver and libpq can both read them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { withCertificateFiles } from '../../src/certificate-files.js'
import type { Inputs } from '../../src/inputs/inputs.js'

let folder: string
let key: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certificates-'))
  const [own, other] = await Promise.all(
    ['own', 'other'].map((value) => generate([{ name: 'commonName', value }])),
  )
  key = own?.private ?? ''
  const parsed = createPrivateKey(key)
  const files = {
    'own.crt': own?.cert,
    'cut.crt': own?.cert.slice(0, 300),
    'own.key': key,
    'own.pkcs8': parsed.export({ type: 'pkcs8', format: 'der' }),
    'own.pkcs1': parsed.export({ type: 'pkcs1', format: 'der' }),
    'other.key': other?.private,
  }
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content ?? '')
  }
})
afterAll(() => rm(folder, { recursive: true }))

async function filesOf(sslcert: string, sslkey: string) {
  const directory = await mkdtemp(join(folder, 'work-'))
  const server = {
    sslmode: 'require',
    sslcert: join(folder, sslcert),
    sslkey: join(folder, sslkey),
  }
  const inputs = { source: { sslmode: 'disable' }, target: server } as unknown as Inputs
  return (await withCertificateFiles(inputs, directory)).target
}

test.each(['own.key', 'own.pkcs8', 'own.pkcs1'])(
  'the key in %s is written as PEM',
  async (name) => {
    const { sslcert, sslkey } = await filesOf('own.crt', name)
    const written = createPrivateKey(await readFile(sslkey ?? '', 'utf8'))
    expect(written.equals(createPrivateKey(key))).toBe(true)
    expect(await readFile(sslcert ?? '')).toEqual(await readFile(join(folder, 'own.crt')))
  },
)

test.each([
  ['own.crt', 'other.key', /the private key in sslkey does not belong to the certificate/],
  ['own.crt', 'own.crt', /the file in sslkey holds no private key/],
  ['own.key', 'own.key', /the file in sslcert holds no certificate in PEM/],
  ['cut.crt', 'own.key', /the file in sslcert holds a certificate that is cut off/],
])('%s with %s is refused with the reason', async (sslcert, sslkey, reason) => {
  await expect(filesOf(sslcert, sslkey)).rejects.toThrow(reason)
})
