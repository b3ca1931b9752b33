/** Certificates and keys in the form that both our driver and libpq can read. */
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeCertificate, writeClientKey } from './cleanup/index.js'
import { InputError, messageOf } from './errors.js'
import type { Inputs } from './inputs/inputs.js'
import type { ConnectionParameters, ServerSide } from './server/index.js'

/**
 * The inputs with files in the private folder for what libpq reads from files only: root certificates that were given as
 * text, and client keys with a passphrase, which are written without it. Fails with an `InputError` for a key that the
 * passphrase does not open.
 */
export async function withCertificateFiles(inputs: Inputs, directory: string): Promise<Inputs> {
  const withFile = async (side: ServerSide): Promise<ConnectionParameters> => {
    const { sslrootcertPem: root, sslkey, sslpassword, ...others } = inputs[side]
    const isLocked =
      sslkey !== undefined && sslpassword !== undefined && others.sslmode !== 'disable'
    return {
      ...others,
      sslrootcertPem: root,
      ...(root === undefined ? {} : { sslrootcert: await writeCertificate(directory, side, root) }),
      sslkey: isLocked
        ? await writeClientKey(directory, side, unlockedKey(side, sslkey, sslpassword))
        : sslkey,
    }
  }
  return { ...inputs, source: await withFile('source'), target: await withFile('target') }
}

function unlockedKey(side: ServerSide, file: string, passphrase: string): string {
  try {
    const key = createPrivateKey({ key: readFileSync(file), passphrase })
    return key.export({ type: 'pkcs8', format: 'pem' }).toString()
  } catch (error) {
    const message = `the file in sslkey cannot be read with the passphrase in sslpassword: ${messageOf(error)}.`
    throw new InputError([{ input: `${side}-url`, message }])
  }
}
