/** Whose signature on a server's certificate is trusted: PEM text, a file, or the system's authorities. */
import { readFileSync } from 'node:fs'
import type { ConnectionParameters, ServerSide, SslMode } from '../server/index.js'
import type { InputReader } from './input-reader.js'
import { damageOfPem } from './pem.js'
import { systemAuthorities } from './system-authorities.js'

export type RootCertificates = Pick<
  ConnectionParameters,
  'sslrootcert' | 'sslrootcertPem' | 'trustsSystem'
>

/**
 * Reads `sslrootcert`, of the URL before that of the input, as text, because a file may be gone before the last session
 * is opened; `kept` is what a run has kept of it. Problems go to the reader. A side without TLS has no use for it.
 */
export function readRootCertificates(
  reader: InputReader,
  side: ServerSide,
  inUrl: string | undefined,
  sslmode: SslMode,
  kept: string | undefined,
): RootCertificates {
  if (sslmode === 'disable') return {}
  const given = inUrl ?? reader.text('sslrootcert')
  if (given === undefined) {
    checkIsNotNeeded(reader, side, sslmode)
    return {}
  }
  const refuse = (message: string) => {
    if (inUrl === undefined) reader.refuse('sslrootcert', message)
    else reader.refuse(`${side}-url`, `sslrootcert ${message}`)
  }
  if (given === 'system') {
    if (sslmode !== 'verify-full') {
      refuse(
        `"system" needs sslmode verify-full, as in libpq; for the ${side} it is ${sslmode}. Set it to verify-full, or, where that server has no TLS, to disable in "${side}-url".`,
      )
    }
    return { sslrootcertPem: kept ?? readSystem(refuse), trustsSystem: true }
  }
  if (given.includes('-----BEGIN')) {
    return { sslrootcertPem: kept ?? checked(given, '', refuse) }
  }
  return { sslrootcert: given, sslrootcertPem: kept ?? readRootFile(given, refuse) }
}

type Refuse = (message: string) => void

function checkIsNotNeeded(reader: InputReader, side: ServerSide, sslmode: SslMode): void {
  if (sslmode !== 'verify-ca' && sslmode !== 'verify-full') return
  reader.refuse(
    'sslrootcert',
    `is needed because sslmode is ${sslmode} for the ${side}: give PEM text, a path, or "system" for the system's authorities.`,
  )
}

function readSystem(refuse: Refuse): string | undefined {
  const pem = systemAuthorities(process.env)
  if (pem === undefined) {
    refuse(
      '"system" is given, and this machine has no list of authorities: install the package ca-certificates, let SSL_CERT_FILE name a list, or give the certificate of the authority as PEM text or a path.',
    )
  }
  return pem
}

function readRootFile(file: string, refuse: Refuse): string | undefined {
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch {
    refuse(`is neither PEM text nor a file that can be read (${JSON.stringify(file)}).`)
    return undefined
  }
  return checked(pem, `names the file ${JSON.stringify(file)}, which `, refuse)
}

function checked(pem: string, where: string, refuse: Refuse): string {
  const damage = damageOfPem(pem)
  if (damage !== undefined) refuse(where + damage)
  return pem
}
