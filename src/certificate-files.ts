/** Certificates and keys in the form that both our driver and libpq can read. */
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeCertificate, type CertificateKeyword } from './cleanup/index.js'
import { InputError, messageOf } from './errors.js'
import type { Inputs } from './inputs/inputs.js'
import type { ConnectionParameters, ServerSide } from './server/index.js'

/**
 * The inputs with files in the private folder for all certificates and keys, which libpq reads from files only: with the rights that it
 * wants, by absolute paths, and a key with a passphrase without it. Fails with an `InputError` for a file that cannot be
 * read, and for a key that the passphrase does not open.
 */
export async function withCertificateFiles(inputs: Inputs, directory: string): Promise<Inputs> {
  const withFiles = async (side: ServerSide): Promise<ConnectionParameters> => {
    const { sslcert, sslkey, sslpassword, ...others } = inputs[side]
    const { sslmode, sslrootcert, sslrootcertPem: root } = others
    const write = async (keyword: CertificateKeyword, content: string | Buffer | undefined) =>
      content === undefined ? undefined : writeCertificate(directory, side, keyword, content)
    const read = (keyword: CertificateKeyword, file: string | undefined) =>
      file === undefined || sslmode === 'disable' ? undefined : readClientFile(side, keyword, file)
    const key = read('sslkey', sslkey)
    return {
      ...others,
      sslrootcert: (await write('sslrootcert', root)) ?? sslrootcert,
      sslcert: await write('sslcert', read('sslcert', sslcert)),
      sslkey: await write('sslkey', key && unlockedKey(side, key, sslpassword)),
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

function unlockedKey(side: ServerSide, key: Buffer, passphrase: string | undefined) {
  const refuse = (message: string) => new InputError([{ input: `${side}-url`, message }])
  if (passphrase === undefined) {
    if (isLocked(key)) {
      throw refuse('the file in sslkey is locked with a passphrase, which sslpassword has to say.')
    }
    return key
  }
  try {
    const unlocked = createPrivateKey({ key, passphrase })
    return unlocked.export({ type: 'pkcs8', format: 'pem' }).toString()
  } catch (error) {
    throw refuse(
      `the file in sslkey cannot be read with the passphrase in sslpassword: ${messageOf(error)}.`,
    )
  }
}

/** PKCS#8 says so in its first line, the older form in a header (RFC 7468, RFC 1421). */
function isLocked(key: Buffer): boolean {
  return /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(
    key.toString('latin1'),
  )
}
