/** libpq's sslmode for our own driver: which connections are tried, and how far the certificate is verified. */
import { readFileSync } from 'node:fs'
import { createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls'

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
  /** A file with root certificates; absent for none. */
  readonly sslrootcert?: string | undefined
  /** The same as PEM text; stands in for a file. */
  readonly sslrootcertPem?: string | undefined
  readonly sslcert?: string | undefined
  readonly sslkey?: string | undefined
  /** The passphrase of that key. */
  readonly sslpassword?: string | undefined
  readonly sslMinProtocolVersion?: TlsVersion | undefined
  readonly sslMaxProtocolVersion?: TlsVersion | undefined
  readonly host: string
  /** What is dialled instead; the certificate must carry the name of the host. */
  readonly hostaddr?: string | undefined
}

/** What inputs name in files, and a run keeps until it has cleared up. */
export type KeptCertificates = Pick<TlsParameters, 'sslrootcertPem' | 'sslcert' | 'sslkey'>

/** False is without TLS. */
export type TlsAttempt = ConnectionOptions | false

/** Of each server: to parse a list of authorities takes longer than to connect, and a run opens many sessions. */
const made = new WeakMap<TlsParameters, readonly TlsAttempt[]>()

/**
 * The TLS options of each connection to try, in order (manual section 34.19.1).
 * As in libpq, every mode with a root certificate verifies, at least like `verify-ca` (so that `prefer` goes on without
 * TLS where the certificate does not fit), and a unix socket never uses TLS.
 */
export function tlsAttempts(parameters: TlsParameters): readonly TlsAttempt[] {
  const attempts = made.get(parameters) ?? makeAttempts(parameters)
  made.set(parameters, attempts)
  return attempts
}

function makeAttempts(parameters: TlsParameters): readonly TlsAttempt[] {
  if (parameters.host.startsWith('/') || parameters.sslmode === 'disable') return [false]
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
  const { sslmode, sslrootcert, sslrootcertPem, host, hostaddr } = parameters
  const ca = sslrootcertPem ?? (sslrootcert === undefined ? undefined : readFileSync(sslrootcert))
  const verifies = sslmode === 'verify-full' || sslmode === 'verify-ca' || ca !== undefined
  return {
    ...(hostaddr === undefined ? {} : { servername: host }),
    rejectUnauthorized: verifies,
    ...(verifies && sslmode !== 'verify-full' ? { checkServerIdentity: () => undefined } : {}),
    secureContext: secureContext(parameters, ca),
  }
}

function secureContext(parameters: TlsParameters, ca: string | Buffer | undefined): SecureContext {
  const { sslcert, sslkey, sslpassword: passphrase } = parameters
  const { sslMinProtocolVersion: minVersion, sslMaxProtocolVersion: maxVersion } = parameters
  return createSecureContext({
    ...(ca === undefined ? {} : { ca }),
    ...(sslcert === undefined ? {} : { cert: readFileSync(sslcert) }),
    ...(sslkey === undefined ? {} : { key: readFileSync(sslkey) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
  })
}
