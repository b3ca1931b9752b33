/** Certificates and keys in the form that both our driver and libpq can read. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeCertificate, type CertificateKeyword } from './cleanup/index.js'
import { InputError, messageOf } from './errors.js'
import type { Inputs } from './inputs/inputs.js'
import { damageOfPem } from './inputs/pem.js'
import type { ConnectionParameters, ServerSide } from './server/index.js'

/**
 * The inputs with files in the private folder for all certificates and keys, which libpq reads from files only: with the rights that it
 * wants, by absolute paths, and a key with a passphrase without it. Fails with an `InputError` for a file that cannot be
 * read, for a key that the passphrase does not open, and for one that belongs to another certificate.
 */
export async function withCertificateFiles(inputs: Inputs, directory: string): Promise<Inputs> {
  const withFiles = async (side: ServerSide): Promise<ConnectionParameters> => {
    const { sslcert, sslkey, sslpassword, ...others } = inputs[side]
    const { sslmode, sslrootcert, sslrootcertPem: root } = others
    const write = async (keyword: CertificateKeyword, content: string | Buffer | undefined) =>
      content === undefined ? undefined : writeCertificate(directory, side, keyword, content)
    const read = (keyword: CertificateKeyword, file: string | undefined) =>
      file === undefined || sslmode === 'disable' ? undefined : readClientFile(side, keyword, file)
    const certificate = read('sslcert', sslcert)
    const key = read('sslkey', sslkey)
    return {
      ...others,
      sslrootcert: (await write('sslrootcert', root)) ?? sslrootcert,
      sslcert: await write('sslcert', certificate),
      sslkey: await write('sslkey', key && keyOf(side, certificate, key, sslpassword)),
    }
  }
  return { ...inputs, source: await withFiles('source'), target: await withFiles('target') }
}

function readClientFile(side: ServerSide, keyword: CertificateKeyword, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    const message = `names a file in ${keyword} that cannot be read: ${messageOf(error)}.`
    throw new InputError([{ input: `${side}-url`, message }])
  }
}

/** The key as PEM without a passphrase; proven to be the certificate's. */
function keyOf(
  side: ServerSide,
  certificate: Buffer | undefined,
  key: Buffer,
  passphrase: string | undefined,
): string | Buffer {
  const refuse = (message: string) => new InputError([{ input: `${side}-url`, message }])
  if (passphrase === undefined && isLocked(key)) {
    throw refuse('the file in sslkey is locked with a passphrase, which sslpassword has to say.')
  }
  const damage = certificate && damageOfPem(certificate.toString('latin1'))
  if (damage !== undefined) throw refuse(`the file in sslcert ${damage}`)
  const parsed = parseKey(key, passphrase, (reason) =>
    refuse(
      passphrase === undefined
        ? `the file in sslkey holds no private key that can be read: ${reason}.`
        : `the file in sslkey cannot be read with the passphrase in sslpassword: ${reason}.`,
    ),
  )
  if (certificate && !new X509Certificate(certificate).checkPrivateKey(parsed)) {
    throw refuse(
      'the private key in sslkey does not belong to the certificate in sslcert; name the two that were made for each other.',
    )
  }
  const isAsItIs = passphrase === undefined && isPem(key)
  return isAsItIs ? key : parsed.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** libpq takes a key in DER as well, in whatever of the three forms; Node.js wants to be told which. */
function parseKey(
  key: Buffer,
  passphrase: string | undefined,
  refuse: (reason: string) => InputError,
): KeyObject {
  const forms = isPem(key)
    ? [{ format: 'pem' } as const]
    : (['pkcs8', 'pkcs1', 'sec1'] as const).map((type) => ({ format: 'der', type }) as const)
  let reason = ''
  for (const form of forms) {
    try {
      return createPrivateKey({ key, ...form, ...(passphrase === undefined ? {} : { passphrase }) })
    } catch (error) {
      reason = messageOf(error)
    }
  }
  throw refuse(reason)
}

function isPem(content: Buffer): boolean {
  return content.includes('-----BEGIN')
}

/** PKCS#8 says so in its first line, the older form in a header (RFC 7468, RFC 1421). */
function isLocked(key: Buffer): boolean {
  return /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(
    key.toString('latin1'),
  )
}
