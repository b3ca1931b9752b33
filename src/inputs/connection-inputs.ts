/** The inputs that say how one server is reached: URL, password, TLS. */
import { accessSync, constants } from 'node:fs'
import { messageOf } from '../errors.js'
import {
  ConnectionStringError,
  parseConnectionString,
  sslModes,
  type ConnectionParameters,
  type ConnectionString,
  type KeptCertificates,
  type ServerSide,
} from '../server/index.js'
import type { InputReader } from './input-reader.js'
import { readProtection } from './protection-inputs.js'
import { readRootCertificates } from './root-certificates.js'

const defaultConnectTimeoutSeconds = 30

/**
 * Reads `SIDE-url`, `SIDE-password`, `sslmode` and `sslrootcert`; problems go to the reader. What a run has kept of
 * certificates and keys stands in for the files that they were read from.
 */
export function readConnection(
  reader: InputReader,
  side: ServerSide,
  kept: KeptCertificates = {},
): ConnectionParameters {
  const parsed = parse(reader, side)
  const password = readPassword(reader, side, parsed)
  const sslmode = readSslMode(reader, side, parsed)
  const { sslrootcert } = parsed.other
  checkClientPair(reader, side, parsed, sslmode)
  return {
    host: parsed.host ?? parsed.hostaddr ?? 'localhost',
    hostaddr: parsed.hostaddr,
    port: parsed.port ?? 5432,
    user: parsed.user ?? '',
    password,
    database: parsed.database ?? 'postgres',
    sslmode,
    ...readRootCertificates(reader, side, sslrootcert, sslmode, kept.sslrootcertPem),
    sslcert: kept.sslcert ?? readClientFile(reader, side, 'sslcert', parsed, sslmode),
    sslkey: kept.sslkey ?? readClientFile(reader, side, 'sslkey', parsed, sslmode),
    sslpassword: parsed.other['sslpassword'],
    ...readProtection(reader, side, parsed.other, sslmode),
    options: parsed.other['options'],
    connectTimeoutSeconds: readConnectTimeout(reader, side, parsed.other['connect_timeout']),
  }
}

function parse(reader: InputReader, side: ServerSide): ConnectionString {
  const url = reader.required(`${side}-url`)
  try {
    const parsed = parseConnectionString(url)
    if (parsed.user === undefined && url !== '') {
      reader.refuse(`${side}-url`, 'names no user; write postgresql://user@host/… or user=….')
    }
    return parsed
  } catch (error) {
    if (!(error instanceof ConnectionStringError)) throw error
    if (url !== '') reader.refuse(`${side}-url`, `cannot be used: ${messageOf(error)}.`)
    return { other: {} }
  }
}

function readConnectTimeout(
  reader: InputReader,
  side: ServerSide,
  text: string | undefined,
): number {
  if (text === undefined) return defaultConnectTimeoutSeconds
  if (/^\d+$/.test(text) && Number(text) > 0) return Number(text)
  reader.refuse(
    `${side}-url`,
    `connect_timeout ${JSON.stringify(text)} is not a number of seconds.`,
  )
  return defaultConnectTimeoutSeconds
}

function readPassword(
  reader: InputReader,
  side: ServerSide,
  parsed: ConnectionString,
): string | undefined {
  const password = reader.secret(`${side}-password`)
  if (password !== undefined && parsed.password !== undefined && password !== parsed.password) {
    reader.refuse(
      `${side}-password`,
      `differs from the password in "${side}-url"; leave the one in the URL out.`,
    )
  }
  const chosen = password ?? parsed.password
  if (chosen !== undefined && unwritable.test(chosen)) {
    reader.refuse(
      password === undefined ? `${side}-url` : `${side}-password`,
      'holds a password with a line break or a zero byte, which no password file of the client tools can hold; give the role another password, or correct the secret.',
    )
  }
  return chosen
}

/** libpq reads a password file line by line, and takes a carriage return for the end of one only at its end. */
const unwritable = /[\n\0]|\r$/

function readSslMode(
  reader: InputReader,
  side: ServerSide,
  parsed: ConnectionString,
): ConnectionParameters['sslmode'] {
  const inUrl = parsed.other['sslmode']
  const sslmode = reader.choice('sslmode', sslModes, 'require')
  if (inUrl === undefined) return sslmode
  const found = sslModes.find((mode) => mode === inUrl)
  if (found === undefined) {
    reader.refuse(
      `${side}-url`,
      `sslmode ${JSON.stringify(inUrl)} is not one of ${sslModes.join(', ')}.`,
    )
  }
  return found ?? sslmode
}

/** Otherwise every connection would fail, as if it were the server's fault. */
function readClientFile(
  reader: InputReader,
  side: ServerSide,
  keyword: 'sslcert' | 'sslkey',
  { other }: ConnectionString,
  sslmode: ConnectionParameters['sslmode'],
): string | undefined {
  const file = other[keyword]
  if (file === undefined || sslmode === 'disable') return file
  try {
    accessSync(file, constants.R_OK)
  } catch (error) {
    reader.refuse(
      `${side}-url`,
      `names a file in ${keyword} that cannot be read: ${messageOf(error)}.`,
    )
  }
  return file
}

/** libpq would look for the other one in the user's home, or send no certificate at all. */
function checkClientPair(
  reader: InputReader,
  side: ServerSide,
  { other: { sslcert, sslkey } }: ConnectionString,
  sslmode: ConnectionParameters['sslmode'],
): void {
  if (sslmode === 'disable' || (sslcert === undefined) === (sslkey === undefined)) return
  reader.refuse(
    `${side}-url`,
    sslkey === undefined
      ? 'names a client certificate in sslcert without its private key; name the key in sslkey.'
      : 'names a private key in sslkey without its client certificate; name the certificate in sslcert.',
  )
}
