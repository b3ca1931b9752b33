/** libpq's sslmode for our own driver: which connections are tried, and how far the certificate is verified. */
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'

export const sslModes = [
  'disable',
  'allow',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
] as const
export type SslMode = (typeof sslModes)[number]

/** In the words of libpq, which are Node's as well. */
export const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
export type TlsVersion = (typeof tlsVersions)[number]

export interface TlsParameters {
  readonly sslmode: SslMode
  /** A file with root certificates, or `system`; absent for none. */
  readonly sslrootcert?: string | undefined
  /** The same as PEM text; stands in for a file. */
  readonly sslrootcertPem?: string | undefined
  readonly sslcert?: string | undefined
  readonly sslkey?: string | undefined
  /** The passphrase of that key. */
  readonly sslpassword?: string | undefined
  readonly sslMinProtocolVersion?: TlsVersion | undefined
  readonly sslMaxProtocolVersion?: TlsVersion | undefined
  /** The name that the certificate must carry when a `hostaddr` is dialled. */
  readonly servername?: string | undefined
}

/** What inputs name in files, and a run keeps until it has cleared up. */
export type KeptCertificates = Pick<TlsParameters, 'sslrootcertPem' | 'sslcert' | 'sslkey'>

/**
 * The TLS options of each connection to try, in order; false means without TLS (manual section 34.19.1).
 * As in libpq, every mode with a root certificate verifies, at least like `verify-ca` (so that `prefer` goes on without
 * TLS where the certificate does not fit), and a unix socket never uses TLS.
 */
export function tlsAttempts(
  parameters: TlsParameters,
  isUnixSocket: boolean,
): (ConnectionOptions | false)[] {
  if (isUnixSocket || parameters.sslmode === 'disable') return [false]
  const options = tlsOptions(parameters)
  switch (parameters.sslmode) {
    case 'allow':
      return [false, options]
    case 'prefer':
      return [options, false]
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return [options]
  }
}

function tlsOptions(parameters: TlsParameters): ConnectionOptions {
  const { sslmode, sslrootcert, sslrootcertPem, sslcert, servername } = parameters
  const { sslkey, sslpassword: passphrase } = parameters
  const { sslMinProtocolVersion: minVersion, sslMaxProtocolVersion: maxVersion } = parameters
  const identity: ConnectionOptions = {
    ...(sslcert === undefined ? {} : { cert: readFileSync(sslcert) }),
    ...(sslkey === undefined ? {} : { key: readFileSync(sslkey) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(servername === undefined ? {} : { servername }),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
  }
  const verifies =
    sslmode === 'verify-full' ||
    sslmode === 'verify-ca' ||
    (sslrootcert ?? sslrootcertPem) !== undefined
  if (!verifies) return { ...identity, rejectUnauthorized: false }
  return {
    ...identity,
    rejectUnauthorized: true,
    ...rootCertificates(sslrootcert, sslrootcertPem),
    ...(sslmode === 'verify-full' || sslrootcert === 'system'
      ? {}
      : { checkServerIdentity: () => undefined }),
  }
}

/** Without any, the driver trusts the authorities that Node.js and the system trust. */
function rootCertificates(file: string | undefined, pem: string | undefined): ConnectionOptions {
  if (pem !== undefined) return { ca: pem }
  return file === undefined || file === 'system' ? {} : { ca: readFileSync(file) }
}
