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

export const serverChecks: readonly ServerCheck[] = [createDatabase, standby, psql]
