/** What the servers and the client tools are, where that alone is a finding. */
import { isSafePsql } from '../client/safe-psql.js'
import { quoteIdentifier } from '../server/index.js'
import type { ServerCheck } from './check.js'

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
  run({ method, psqlVersion }) {
    if (method !== 'plain' || psqlVersion === undefined || isSafePsql(psqlVersion)) {
      return Promise.resolve([])
    }
    return Promise.resolve([
      {
        severity: 'blocking',
        message: `psql ${psqlVersion} runs commands on this machine that a malicious source hides in a plain dump (CVE-2026-18408).`,
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

export const serverChecks: readonly ServerCheck[] = [createDatabase, standby, psql, language]
