/** Says why a server could not be reached, and what to change. */
import { ConnectionError, limitHint, messageOf } from '../../errors.js'
import { tellable } from '../../telling/tellable.js'
import { quoteIdentifier } from '../quote.js'
import { attemptCode, closed } from './attempt-code.js'
import { authenticationRefused } from './authentication.js'
import type { ServerFacts } from '../facts.js'
import { describeHost, type ConnectionParameters, type ServerSide } from '../server.js'
import { tlsHint, type TlsFailure } from './tls-failure.js'

interface Attempt {
  readonly side: ServerSide
  readonly parameters: ConnectionParameters
  readonly database: string
  /** The run has had a session on this server before. */
  readonly wasReached: boolean
}

interface Failure extends TlsFailure {
  /** The functions that were at work, as the server says. */
  readonly context: string
  /** The server's own function that refused, the same in every language. */
  readonly routine: string
}

interface Explanation {
  readonly code: string
  readonly when: (error: Failure, attempt: Attempt) => boolean
  readonly hint: (attempt: Attempt, error: Failure) => string
}

/** Nobody is there who would let anybody in; 57P03 is a server that is starting up or shutting down. */
function isUnreachable({ code, message }: Failure): boolean {
  return (
    code === '57P03' ||
    ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ENOENT'].includes(code) ||
    /timeout/i.test(message)
  )
}

/** Somebody was there and has hung up: at the first attempt it may as well be the wrong port, or one that wants TLS. */
function isClosed({ code }: Failure): boolean {
  return closed.some((each) => each === code)
}

/** The functions of the server that look at the role and at the database of a login, from 10 to 18. */
const looksAtRole = 'InitializeSessionUserId'
const looksAtDatabase = 'CheckMyDatabase'
const looksAtEncoding = 'InitializeClientEncoding'

/** Refused by that function, in whatever language, or in those words: a pooler in between names no function. */
function isRefusal(sqlState: string, by: string, words: RegExp): Explanation['when'] {
  return ({ code, routine, message }) =>
    (code === sqlState && routine === by) || words.test(message)
}

/** What an event trigger of users said to a session that logs in. */
export const loginTrigger = 'login-trigger'

function isAscii(text: string): boolean {
  return !/[\u{80}-\u{10ffff}]/u.test(text)
}

const explanations: readonly Explanation[] = [
  {
    code: loginTrigger,
    // Nothing else has a context before a session has begun.
    when: ({ context }) => context !== '',
    hint: ({ side, database }, { context }) =>
      `An event trigger for logins fails in the database ${JSON.stringify(database)} on the ${side} (${tellable(context)}). The sessions of a run have pg_catalog alone as their search_path, and write nothing on the source; those of a superuser switch such triggers off. Use a superuser in "${side}-url", or disable the trigger there for the run with "ALTER EVENT TRIGGER name DISABLE"; of the source, it arrives disabled.`,
  },
  {
    code: authenticationRefused,
    when: ({ code }) => code === authenticationRefused,
    hint: ({ side }) =>
      `The password was not sent. Make sure that "${side}-url" leads to the server and to nobody in between; if it does, let the server ask for what the URL wants (pg_hba.conf, password_encryption), or change "require_auth" or "channel_binding" in it.`,
  },
  {
    code: 'wrong-password',
    when: ({ code, message }) =>
      code === '28P01' ||
      /password must be a string|SASL.*password|password authentication/i.test(message),
    hint: ({ side, parameters: { user, password = '' }, wasReached }) =>
      wasReached
        ? `The ${side} has accepted this password of the role ${quoteIdentifier(user)} before in this run: it has expired since (VALID UNTIL), or somebody has changed it. Run again with a password that is valid for the whole run.`
        : `Check the user in "${side}-url" and the secret behind "${side}-password".${password === password.trim() ? '' : ' The password begins or ends with white space, which is taken as a part of it.'}${isAscii(password) ? '' : ' It has characters outside ASCII: where psql is let in with it, give the role a password in ASCII, because this action may prepare some of them otherwise than psql (SASLprep).'} Azure Single Server wants user@server as the user, Flexible Server the plain name.`,
  },
  {
    code: 'database-not-found',
    when: ({ code }) => code === '3D000',
    hint: ({ side, parameters, database }) =>
      database === parameters.database
        ? `Check the database name in "${side}-url"; without one, "postgres" is used to connect.`
        : `Somebody has dropped or renamed the database on the ${side} while the run was at work. Run again, and leave databases that begin with "upgrade_postgres_" alone.`,
  },
  {
    // MULE_INTERNAL; for all others a server has the conversion.
    code: 'encoding',
    when: isRefusal('0A000', looksAtEncoding, /conversion between .* is not supported/i),
    hint: ({ side, parameters, database }) =>
      database === parameters.database
        ? `The action reads names and definitions in UTF8, and the encoding of the database ${JSON.stringify(database)} is one that the server cannot convert to it. Name another database in "${side}-url".`
        : `The action reads names and definitions in UTF8, and the encoding of the database ${JSON.stringify(database)} is one that the server cannot convert to it. Leave it out with "exclude-databases", and move it by hand: create it on the target in the same encoding, then run pg_dump and psql, which convert nothing.`,
  },
  {
    code: 'pooler',
    when: ({ message }) => /unsupported startup parameter/i.test(message),
    hint: ({ side }) =>
      `This looks like a connection pooler (PgBouncer). Name the PostgreSQL server itself in "${side}-url": dumps need sessions of their own.`,
  },
  {
    code: 'not-allowed-by-server',
    when: isRefusal('28000', looksAtRole, /is not permitted to log in/i),
    hint: ({ side, parameters }) =>
      `Use a role that exists and may log in, or let this one:\n-- on the ${side}, as an administrator\nalter role ${quoteIdentifier(parameters.user)} login;`,
  },
  {
    code: 'not-allowed-by-server',
    when: isRefusal('42501', looksAtDatabase, /permission denied for database/i),
    hint: ({ side, parameters, database }) =>
      `The role lacks CONNECT on the database.\n-- on the ${side}, as its owner or a superuser\ngrant connect on database ${quoteIdentifier(database)} to ${quoteIdentifier(parameters.user)};`,
  },
  {
    code: 'not-allowed-by-server',
    when: ({ code, message }) =>
      code === '28000' || /pg_hba\.conf|SSL connection is required/i.test(message),
    hint: ({ parameters: { sslmode } }) =>
      `The server refuses this host, user, database or encryption: check sslmode, which is "${sslmode}" (most hosted servers want "require"; where pg_hba.conf wants no TLS, "disable"), pg_hba.conf, whose rules may name databases, and the provider's firewall rules for the runner's address.`,
  },
  {
    code: 'connection-lost',
    // Before TLS is blamed: that it was cut off in the middle says nothing of it where it has worked.
    when: (error, { wasReached }) => wasReached && (isUnreachable(error) || isClosed(error)),
    hint: ({ side }) =>
      `The ${side} was reached earlier in this run, and is gone since: it was stopped, it crashed (often because its disk or its memory is full), or the network to it was cut. See its log for that moment, and how full its disk is. Run again when it lets sessions in.`,
  },
  {
    code: 'tls-failed',
    when: ({ code, message }) =>
      /does not support SSL|SSL|TLS|certificate|self.signed|altname/i.test(`${code} ${message}`),
    hint: ({ side, parameters }, error) => tlsHint(side, parameters, error),
  },
  {
    code: 'unknown-host',
    when: ({ code }) => code === 'ENOTFOUND' || code === 'EAI_AGAIN',
    hint: ({ side }) =>
      `Check the spelling of the host in "${side}-url", and that the runner can resolve it (private endpoints resolve only inside their network).`,
  },
  {
    code: 'unreachable',
    when: isUnreachable,
    hint: () =>
      'Check that the server runs, that host and port are right, and that a firewall lets the runner in.',
  },
  {
    code: 'too-many-connections',
    when: isRefusal('53300', looksAtDatabase, /too many connections for database/i),
    hint: ({ side, database }) =>
      `The database has a CONNECTION LIMIT, and no room is left in it.\n-- on the ${side}, as its owner or a superuser\nalter database ${quoteIdentifier(database)} connection limit -1;`,
  },
  {
    code: 'too-many-connections',
    when: isRefusal('53300', looksAtRole, /too many connections for role/i),
    hint: ({ side, parameters }) =>
      `The role has a CONNECTION LIMIT, and no room is left in it.\n-- on the ${side}, as an administrator\nalter role ${quoteIdentifier(parameters.user)} connection limit -1;`,
  },
  {
    code: 'too-many-connections',
    when: ({ code }) => code === '53300',
    hint: () => 'Free some connections, raise max_connections, or lower "jobs".',
  },
]

/** A `ConnectionError` for a failed attempt to connect; without the password. */
export function explainConnectionFailure(error: unknown, attempt: Attempt): ConnectionError {
  const { side, parameters, database } = attempt
  const [inner] = (error as { errors?: unknown[] }).errors ?? [error]
  const { where, routine } = inner as { where?: unknown; routine?: unknown }
  const { cert } = inner as { cert?: { subjectaltname?: unknown } }
  const names = cert?.subjectaltname
  const known = {
    code: attemptCode(inner) ?? '',
    message: messageOf(inner),
    context: typeof where === 'string' ? where : '',
    routine: typeof routine === 'string' ? routine : '',
    certifiedNames: typeof names === 'string' ? names : '',
  }
  const found = explanations.find((explanation) => explanation.when(known, attempt))
  const sqlState = /^[0-9A-Z]{5}$/.test(known.code) ? known.code : undefined
  return new ConnectionError(
    `Could not connect to the ${side} ${describeHost(parameters)}, database ${JSON.stringify(database)}, as ${JSON.stringify(parameters.user)}: ${tellable(messageOf(error))}`,
    {
      code: found?.code ?? 'connection-failed',
      side,
      hint: found?.hint(attempt, known) ?? limitHint(known.message),
      sqlState,
      cause: error,
    },
  )
}

/** The error for a server that is not what `target_session_attrs` asks for; undefined where it is. */
export function explainWrongRole(
  side: ServerSide,
  parameters: ConnectionParameters,
  { isStandby }: Pick<ServerFacts, 'isStandby'>,
): ConnectionError | undefined {
  const { targetSessionAttrs } = parameters
  if (targetSessionAttrs === undefined || (targetSessionAttrs === 'standby') === isStandby) {
    return undefined
  }
  return new ConnectionError(
    `The ${side} ${describeHost(parameters)} is a ${isStandby ? 'standby' : 'primary'}, and target_session_attrs asks for a ${targetSessionAttrs}.`,
    {
      code: 'session-attributes',
      side,
      hint: `Name the ${targetSessionAttrs} in "${side}-url", or leave target_session_attrs out.`,
    },
  )
}
