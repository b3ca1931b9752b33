/** What to change where TLS with a server fails. */
import { tellable } from '../../telling/tellable.js'
import type { ConnectionParameters, ServerSide } from '../server.js'

export interface TlsFailure {
  /** As Node.js gives it: of its own, of OpenSSL's verification, or none. */
  readonly code: string
  readonly message: string
  /** The names for which the server's certificate is, where another was dialled: `DNS:db.example.com, IP Address:10.0.0.5`. */
  readonly certifiedNames: string
}

/** Of what OpenSSL says of a chain that ends with nobody who is trusted. */
const unknownAuthority =
  /^(?:UNABLE_TO_(?:GET_ISSUER_CERT(?:_LOCALLY)?|VERIFY_LEAF_SIGNATURE)|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT)$/

export function tlsHint(
  side: ServerSide,
  { sslmode, trustsSystem: isSystem = false }: ConnectionParameters,
  { code, message, certifiedNames }: TlsFailure,
): string {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = certifiedNames === '' ? 'no names' : tellable(certifiedNames)
    const otherwise = isSystem
      ? ''
      : ' Or set sslmode to "verify-ca", which asks for the authority alone and not for the name.'
    return `The certificate of the ${side} is for another name (it has: ${names}), which another sslrootcert does not change. Write a name that it has as the host in "${side}-url", and where that name leads elsewhere, the address as hostaddr ("host=name hostaddr=10.0.0.5").${otherwise}`
  }
  if (code === 'CERT_HAS_EXPIRED') {
    return `The certificate of the ${side} has expired, or that of its authority. Renew it on the ${side}; give "sslrootcert" anew only where it is the authority's. Where neither has, the clock of this machine is wrong.`
  }
  if (code === 'CERT_NOT_YET_VALID') {
    return `The certificate of the ${side}, or that of its authority, is not valid yet: see whether the clock of this machine is right.`
  }
  if (unknownAuthority.test(code)) {
    const authorities = isSystem
      ? 'No authority that this machine trusts has signed the certificate of the'
      : 'No authority in "sslrootcert" has signed the certificate of the'
    const itself =
      code === 'DEPTH_ZERO_SELF_SIGNED_CERT'
        ? 'It has signed itself: give it itself in sslrootcert.'
        : isSystem
          ? "Add that authority to the system's, or give its certificate in sslrootcert, with those between where the server does not send them."
          : 'Give the certificate of its authority in sslrootcert, with those between where the server does not send them.'
    return `${authorities} ${side}; sslmode is "${sslmode}", and with sslrootcert every sslmode but "disable" verifies. ${itself} Where the two servers have different authorities, name a file in the sslrootcert of "${side}-url", or give both in one.`
  }
  if (message.includes('does not support SSL')) {
    return `The ${side} has no TLS, and sslmode is "${sslmode}". Switch TLS on there (ssl = on), or set sslmode in "${side}-url" to "disable", with which everything passes in clear text.`
  }
  return `sslmode is "${sslmode}". If the server has no TLS, only "disable" or "prefer" can work; if its certificate cannot be verified, give its authority in "sslrootcert".`
}
