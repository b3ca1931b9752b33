/** What a connection string asks for so that nobody comes between: carried out, or refused, and never passed over. */
import {
  acceptedMethods,
  tlsVersions,
  type ConnectionParameters,
  type ServerSide,
  type SslMode,
  type TlsVersion,
} from '../server/index.js'
import type { InputReader } from './input-reader.js'

export type Protection = Pick<
  ConnectionParameters,
  | 'channelBinding'
  | 'requireAuth'
  | 'sslnegotiation'
  | 'sslMinProtocolVersion'
  | 'sslMaxProtocolVersion'
  | 'targetSessionAttrs'
>

/** Reads the keywords of a connection string that protect it; problems go to the reader. */
export function readProtection(
  reader: InputReader,
  side: ServerSide,
  keywords: Readonly<Record<string, string>>,
  sslmode: SslMode,
): Protection {
  const refuse = (message: string) => {
    reader.refuse(`${side}-url`, message)
  }
  const given = (key: string) => keywords[key]
  const choice = <T extends string>(key: string, allowed: readonly T[]): T | undefined => {
    const value = given(key)
    if (value === undefined) return undefined
    const found = allowed.find((item) => item === value)
    if (found === undefined) {
      refuse(`${key} ${JSON.stringify(value)} is not one of ${allowed.join(', ')}.`)
    }
    return found
  }
  for (const key of ['sslcrl', 'sslcrldir']) {
    if (given(key) !== undefined) {
      refuse(`${key} is not carried out: revocation lists are not read. Leave it out.`)
    }
  }
  if (given('sslsni') === '0') {
    refuse('sslsni=0 is not carried out: the name of the host is sent. Leave it out.')
  }
  if (choice('gssencmode', ['disable', 'prefer', 'require']) === 'require') {
    refuse('gssencmode=require is not carried out: GSSAPI is not used. Leave it out, and use TLS.')
  }
  const sslnegotiation = choice('sslnegotiation', ['postgres', 'direct'])
  if (sslnegotiation === 'direct' && ['disable', 'allow', 'prefer'].includes(sslmode)) {
    refuse(`sslnegotiation=direct needs sslmode require or stricter, as in libpq, not ${sslmode}.`)
  }
  return {
    sslnegotiation,
    channelBinding: choice('channel_binding', ['disable', 'prefer', 'require']),
    requireAuth: readRequireAuth(given('require_auth'), refuse),
    sslMinProtocolVersion: readTlsVersion('ssl_min_protocol_version', given, refuse),
    sslMaxProtocolVersion: readTlsVersion('ssl_max_protocol_version', given, refuse),
    targetSessionAttrs: readSessionAttrs(given('target_session_attrs'), refuse),
  }
}

type Refuse = (message: string) => void

function readRequireAuth(text: string | undefined, refuse: Refuse): string | undefined {
  if (text === undefined) return undefined
  const accepted = acceptedMethods(text)
  if (accepted === undefined) {
    refuse(
      `require_auth ${JSON.stringify(text)} is not a list of methods, each with or each without "!".`,
    )
  } else if (accepted.size === 0) {
    refuse(
      `require_auth ${JSON.stringify(text)} leaves no method that this action can do: password, md5, scram-sha-256, none.`,
    )
  }
  return text
}

/** Any case, as in libpq. */
function readTlsVersion(
  key: string,
  given: (key: string) => string | undefined,
  refuse: Refuse,
): TlsVersion | undefined {
  const text = given(key)
  if (text === undefined) return undefined
  const found = tlsVersions.find((version) => version.toLowerCase() === text.toLowerCase())
  if (found === undefined) {
    refuse(`${key} ${JSON.stringify(text)} is not one of ${tlsVersions.join(', ')}.`)
  }
  return found
}

function readSessionAttrs(
  text: string | undefined,
  refuse: Refuse,
): ConnectionParameters['targetSessionAttrs'] {
  switch (text) {
    case undefined:
    case 'any':
    case 'prefer-standby':
      return undefined
    case 'primary':
    case 'read-write':
      return 'primary'
    case 'standby':
      return 'standby'
    default:
      refuse(
        `target_session_attrs ${JSON.stringify(text)} cannot be checked; write any, primary, read-write, standby or prefer-standby.`,
      )
      return undefined
  }
}
