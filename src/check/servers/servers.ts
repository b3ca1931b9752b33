/** What the servers and the client tools are, where that alone is a finding. */
import { isSafePsql } from '../../client/safe-psql.js'
import { quoteIdentifier, type Server, type Session } from '../../server/index.js'
import type { Found, ServerCheck } from '../check.js'

const createDatabase: ServerCheck = {
  name: 'target-cannot-create-databases',
  scope: 'server',
  subject: 'whether the role of the target may create databases',
  worst: 'blocking',
  run({ target }) {
    if (target.facts.canCreateDatabases) return Promise.resolve([])
    return Promise.resolve([
      {
        severity: 'blocking',
        message: `The role ${quoteIdentifier(target.facts.user)} may not create databases on the target.`,
        remedy: `-- on the target, as an administrator\nalter role ${quoteIdentifier(target.facts.user)} createdb;`,
      },
    ])
  },
}

const standby: ServerCheck = {
  name: 'source-is-standby',
  scope: 'server',
  subject: 'whether the source is a standby',
  worst: 'blocking',
  run({ source, freezeSource }) {
    if (!source.facts.isStandby) return Promise.resolve([])
    return Promise.resolve([
      {
        severity: freezeSource ? 'blocking' : 'warning',
        message: freezeSource
          ? 'The source is a standby: it cannot be frozen, and its primary goes on writing.'
          : 'The source is a standby: long reads may be cancelled when they conflict with what it replays.',
        remedy: freezeSource
          ? 'Name the primary in "source-url", or set "freeze-source" to false.'
          : '-- on the standby\nalter system set max_standby_streaming_delay = -1;\nselect pg_reload_conf();',
      },
    ])
  },
}

const psql: ServerCheck = {
  name: 'psql-unsafe',
  scope: 'server',
  subject: 'the version of psql',
  worst: 'blocking',
  run({ method, toolVersion }) {
    if (method !== 'plain' || toolVersion === undefined || isSafePsql(toolVersion)) {
      return Promise.resolve([])
    }
    return Promise.resolve([
      {
        severity: 'blocking',
        message: `psql ${toolVersion} runs commands on this machine that a malicious source hides in a plain dump (CVE-2026-18408).`,
        remedy:
          'Set "method" to "stream", which does not use psql, or install the newest minor of the client tools.',
      },
    ])
  },
}

const language: ServerCheck = {
  name: 'server-messages-language',
  scope: 'server',
  subject: 'the language in which the servers answer',
  worst: 'warning',
  run({ source, target }) {
    return Promise.resolve(
      [source, target]
        .filter(({ facts }) => !facts.saysEnglish)
        .map(({ side, facts: { user } }) => ({
          severity: 'warning',
          object: side,
          message: `The ${side} answers in another language than English, and the role ${quoteIdentifier(user)} may not choose the language. What values of rows stand in an error is known by the English words alone: errors of the ${side} will be told without details and without what they quote, and their causes will not be known.`,
          remedy: `-- on the ${side}, as a superuser\nalter role ${quoteIdentifier(user)} set lc_messages = 'C';`,
        })),
    )
  },
}

/** Whoever gives a root certificate wants to know whom the rows go to, and these modes give it up without a word. */
const encryption: ServerCheck = {
  name: 'connection-not-encrypted',
  scope: 'server',
  subject: 'whether the connections are encrypted where "sslrootcert" is given',
  worst: 'warning',
  async run({ source, target, sourceSession, targetSession }) {
    return [
      ...(await findUnencrypted(source, sourceSession)),
      ...(await findUnencrypted(target, targetSession)),
    ]
  },
}

async function findUnencrypted({ side, parameters }: Server, session: Session): Promise<Found[]> {
  const { sslmode, sslrootcert, sslrootcertPem, host } = parameters
  const mayDoWithout = sslmode === 'allow' || sslmode === 'prefer'
  const isMeantToVerify = (sslrootcert ?? sslrootcertPem) !== undefined && !host.startsWith('/')
  if (!mayDoWithout || !isMeantToVerify) return []
  const [own] = await session.query<{ ssl: boolean }>(
    'select ssl from pg_catalog.pg_stat_ssl where pid = pg_catalog.pg_backend_pid()',
  )
  if (own?.ssl !== false) return []
  const why =
    sslmode === 'allow'
      ? 'which tries it without TLS first'
      : 'which goes on without TLS where the server has none, where its pg_hba.conf refuses it, or where no authority in "sslrootcert" has signed its certificate'
  return [
    {
      severity: 'warning',
      object: side,
      message: `The connection to the ${side} is not encrypted although "sslrootcert" is given: sslmode is "${sslmode}", ${why}. All rows pass in clear text, and nothing proves that this is the ${side}.`,
      remedy: `Set sslmode in "${side}-url" to "require" or stricter, and let its sslrootcert name a file with the authority of this server. Where clear text is all right, set it to "disable" there.`,
    },
  ]
}

export const serverChecks: readonly ServerCheck[] = [
  createDatabase,
  standby,
  psql,
  language,
  encryption,
]
