/** The authorities that the system trusts, as one list for our driver and the client tools, which each have lists of their own otherwise. */
import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import * as tls from 'node:tls'
import { readableCertificates } from './pem.js'

/** The first that is there counts: of Debian and Alpine, Red Hat, SUSE; OpenSSL's own default, which macOS has too. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]
const folders = ['/etc/ssl/certs', '/etc/pki/tls/certs']

/** Under any other name OpenSSL finds no certificate in a folder. */
const hashed = /^[0-9a-f]{8}\.\d+$/

/**
 * As PEM text, each once; undefined where there are none. The variables mean what they do to OpenSSL and Node.js:
 * `SSL_CERT_FILE` and `SSL_CERT_DIR` stand in for the system's, and `NODE_EXTRA_CA_CERTS` adds to them.
 */
export function systemAuthorities(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { SSL_CERT_FILE: file = '', SSL_CERT_DIR: directories = '' } = environment
  const texts = [
    file === '' ? firstOf(bundles) : read(file),
    ...(directories === '' ? folders : directories.split(delimiter)).flatMap(hashedIn),
    ...(file === '' && directories === '' ? keptByPlatform() : []),
    read(environment['NODE_EXTRA_CA_CERTS'] ?? ''),
  ]
  const found = new Map<string, string>()
  for (const certificate of texts.flatMap(readableCertificates)) {
    found.set(new X509Certificate(certificate).fingerprint256, certificate.trim())
  }
  return found.size === 0 ? undefined : `${[...found.values()].join('\n')}\n`
}

function firstOf(files: readonly string[]): string {
  return files.map(read).find((text) => text !== '') ?? ''
}

function hashedIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => hashed.test(name))
      .map((name) => read(join(folder, name)))
  } catch {
    return []
  }
}

/** What is not there is no list, as to OpenSSL. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** macOS and Windows keep them where only the system's own calls read them; Node.js passes these on from 22.15. */
function keptByPlatform(): readonly string[] {
  if (process.platform === 'linux') return []
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system') => string[] }
  return getCACertificates?.('system') ?? []
}
