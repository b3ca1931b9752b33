/** Reads libpq's two forms of a connection string (manual section 34.1.1): `key=value` pairs and URIs. */
import { describeForeign } from './foreign-keywords.js'

/** What one connection string says; every field but `other` is optional, as in libpq. */
export interface ConnectionString {
  readonly host?: string
  readonly hostaddr?: string
  readonly port?: number
  readonly user?: string
  readonly password?: string
  readonly database?: string
  /** The remaining libpq keywords, as given: sslmode, sslrootcert, options, connect_timeout, … */
  readonly other: Readonly<Record<string, string>>
}

/** Raised for a string that libpq would refuse, or that means something this action cannot do. */
export class ConnectionStringError extends Error {}

/** libpq keywords that are understood here; anything else is a spelling mistake, as it is to libpq. */
const passedOn = new Set([
  'application_name',
  'channel_binding',
  'client_encoding',
  'connect_timeout',
  'fallback_application_name',
  'gssdelegation',
  'gssencmode',
  'gsslib',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
  'krbsrvname',
  'load_balance_hosts',
  'max_protocol_version',
  'options',
  'require_auth',
  'ssl_max_protocol_version',
  'ssl_min_protocol_version',
  'sslcert',
  'sslcompression',
  'sslcrl',
  'sslcrldir',
  'sslkey',
  'sslmode',
  'sslnegotiation',
  'sslpassword',
  'sslrootcert',
  'sslsni',
  'target_session_attrs',
  'tcp_user_timeout',
])

/** With an empty value libpq refuses these, and takes the others for not given that mean anything here. */
const wantsValue = new Set([
  'channel_binding',
  'connect_timeout',
  'gssencmode',
  'sslmode',
  'sslnegotiation',
  'target_session_attrs',
])

const refused: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    service: 'service files are not read; write host, port, user and dbname out',
    servicefile: 'service files are not read; write host, port, user and dbname out',
    passfile: 'password files are not read; use the password input',
    requirepeer: 'requirepeer is not carried out; leave it out',
    sslcertmode:
      'sslcertmode is not carried out; leave it out, a client certificate is sent where sslcert names it',
    sslkeylogfile: 'sslkeylogfile would write the keys of the connection to a file; leave it out',
    scram_client_key: 'keys of SCRAM are not used; use the password input',
    scram_server_key: 'keys of SCRAM are not used; use the password input',
    oauth_issuer: 'OAuth is not carried out; use a password',
    oauth_client_id: 'OAuth is not carried out; use a password',
    oauth_client_secret: 'OAuth is not carried out; use a password',
    oauth_scope: 'OAuth is not carried out; use a password',
    min_protocol_version: 'the version of the protocol is 3.0 and cannot be chosen; leave it out',
    replication: 'a replication connection cannot run queries; leave "replication" out',
  }),
)

/** Parses either form. Throws `ConnectionStringError`, whose message never repeats the string (it may hold a password). */
export function parseConnectionString(text: string): ConnectionString {
  return interpret(readPairs(text))
}

/** Whether it names a password that is not empty, as a server asks of a subscription's. One that cannot be read here is taken to. */
export function holdsPassword(text: string): boolean {
  try {
    return (readPairs(text).get('password') ?? '') !== ''
  } catch (error) {
    if (!(error instanceof ConnectionStringError)) throw error
    return true
  }
}

function readPairs(text: string): Map<string, string> {
  const trimmed = text.trim()
  return /^postgres(ql)?:\/\//.test(trimmed) ? readUri(trimmed) : readConninfo(trimmed)
}

function interpret(pairs: ReadonlyMap<string, string>): ConnectionString {
  const other: Record<string, string> = {}
  for (const [key, value] of pairs) {
    if (['host', 'hostaddr', 'port', 'user', 'password', 'dbname'].includes(key)) continue
    const reason = refused.get(key)
    if (reason !== undefined) throw new ConnectionStringError(reason)
    if (!passedOn.has(key)) {
      throw new ConnectionStringError(describeUnknown(key, pairs))
    }
    if (value !== '' || wantsValue.has(key)) other[key] = value
  }
  const host = pairs.get('host') ?? ''
  const hostaddr = pairs.get('hostaddr') ?? ''
  const port = pairs.get('port') ?? ''
  if ([host, hostaddr, port].some((value) => value.includes(','))) {
    throw new ConnectionStringError(
      'it names several hosts; an upgrade needs exactly one server on each side, so name the primary alone',
    )
  }
  if (host.includes('@') && !host.startsWith('/')) {
    throw new ConnectionStringError(
      'the host contains "@"; in a URI the "@" inside a user name (user@server) or a password is written %40',
    )
  }
  return {
    ...given('host', host),
    ...given('hostaddr', hostaddr),
    ...(port === '' ? {} : { port: readPort(port) }),
    ...given('user', pairs.get('user')),
    ...given('password', pairs.get('password')),
    ...given('database', pairs.get('dbname')),
    other,
  }
}

/** Behind a password that has a blank and no quotes, what is taken for a keyword may be the rest of it. */
function describeUnknown(key: string, pairs: ReadonlyMap<string, string>): string {
  const foreign = describeForeign(key)
  if (foreign !== undefined) return foreign
  return pairs.has('password')
    ? 'it holds a word that is not a libpq connection keyword; a password with blanks stands in single quotes, and in a URI special characters are percent-encoded'
    : `${JSON.stringify(key)} is not a libpq connection keyword`
}

function given<Key extends string>(
  key: Key,
  value: string | undefined,
): Partial<Record<Key, string>> {
  return value === undefined || value === '' ? {} : ({ [key]: value } as Record<Key, string>)
}

function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) {
    throw new ConnectionStringError(
      'the port is not a number from 1 to 65535 (in a URI, special characters of a password must be percent-encoded, and an IPv6 address stands in brackets)',
    )
  }
  return port
}

/** `key = value` pairs; values may be quoted with ', and \ escapes one character inside and outside quotes. */
function readConninfo(text: string): Map<string, string> {
  const pairs = new Map<string, string>()
  const pattern = /\s*([^\s='\\]+)\s*=\s*('(?:[^'\\]|\\[^])*'|(?:[^\s'\\]|\\[^])*)(?=\s|$)/y
  while (text.slice(pattern.lastIndex).trim() !== '') {
    const match = pattern.exec(text)
    if (match === null) {
      throw new ConnectionStringError(
        "it is neither a URI (postgresql://user@host:port/database) nor key=value pairs; a value with spaces or quotes stands in single quotes, with \\' for a quote",
      )
    }
    const [, key = '', raw = ''] = match
    const value = raw.startsWith("'") ? raw.slice(1, -1) : raw
    pairs.set(key, value.replace(/\\([^])/g, '$1'))
  }
  return pairs
}

function readUri(text: string): Map<string, string> {
  const match =
    /^postgres(?:ql)?:\/\/(?:([^:@/?#]*)(?::([^@/]*))?@)?((?:\[[^\]]*\]|[^/?[\]:])*)(?::([^/?]*))?(?:\/([^?]*))?(?:\?(.*))?$/s.exec(
      text,
    )
  if (match === null) {
    throw new ConnectionStringError(
      'the URI cannot be read; its form is postgresql://user@host:port/database?key=value, with special characters percent-encoded and an IPv6 address in brackets',
    )
  }
  const [, user, password, host, port, database, query] = match
  const pairs = new Map<string, string>()
  const set = (key: string, value: string | undefined) => {
    if (value !== undefined && value !== '') pairs.set(key, decodePercent(value))
  }
  set('user', user)
  set('password', password)
  set('host', host?.replace(/^\[(.*)\]$/, '$1'))
  set('port', port)
  set('dbname', database)
  for (const part of (query ?? '').split('&').filter((piece) => piece !== '')) {
    const separator = part.indexOf('=')
    if (separator <= 0) {
      throw new ConnectionStringError('a parameter after "?" has no "=" or no name')
    }
    const key = decodePercent(part.slice(0, separator))
    const value = part.slice(separator + 1)
    // JDBC's spelling, which libpq accepts as well.
    if (key === 'ssl' && value === 'true') pairs.set('sslmode', 'require')
    else pairs.set(key, decodePercent(value))
  }
  refuseLateAt(pairs, database, query)
  return pairs
}

/** Where the user's own "@" comes late, what is taken for host, database or keyword is the rest of a password: nothing of it may be told. */
function refuseLateAt(
  pairs: ReadonlyMap<string, string>,
  database: string | undefined,
  query: string | undefined,
): void {
  const isLate = !pairs.has('user') && query?.includes('@') === true
  if (!isLate && database?.includes('@') !== true) return
  throw new ConnectionStringError(
    'an "@" stands behind a "/" or "?"; in a URI special characters of a user name, password or database are percent-encoded: @ as %40, / as %2F, ? as %3F, # as %23',
  )
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new ConnectionStringError(
      'it contains a "%" that is not followed by two hexadecimal digits; write a literal "%" as %25',
    )
  }
}

/** Writes key=value pairs that libpq reads back unchanged; values of any shape. */
export function formatConninfo(pairs: Readonly<Record<string, string | number>>): string {
  return Object.entries(pairs)
    .map(([key, value]) => `${key}='${String(value).replace(/[\\']/g, '\\$&')}'`)
    .join(' ')
}
