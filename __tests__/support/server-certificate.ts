/** A self-signed certificate for a test server. */
import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import type { Identity } from './server-folder.js'

/** Writes `server.crt` and `server.key`: for the address 127.0.0.1 alone, so that any other name must fail `verify-full`. */
export async function writeCertificate(
  folder: string,
  identity: Identity | undefined,
): Promise<void> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  })
  await writeFile(join(folder, 'server.crt'), cert)
  const keyFile = join(folder, 'server.key')
  // The server refuses a key that others may read, or that is not its own.
  await writeFile(keyFile, key, { mode: 0o600 })
  if (identity !== undefined) await chown(keyFile, identity.uid, identity.gid)
}
